// The bodies of KServe V1 and of TensorFlow Serving's REST interface, which share their paths and their row form.
// https://kserve.github.io/website/docs/concepts/architecture/data-plane/v1-protocol and
// https://www.tensorflow.org/tfx/serving/api_rest
import { z } from 'zod'

export const predictRequestSchema = z
  .strictObject(
    {
      signature_name: z
        .literal(['serving_default', ''], { error: 'expected serving_default: a graph has one signature' })
        .optional(),
      instances: z
        .array(z.unknown(), { error: 'expected a list of rows' })
        .min(1, { error: 'expected at least one row' })
        .optional()
        .meta({
          description:
            'One entry a row: its value for a model with one input, an object by input, or an object by feature.'
        }),
      inputs: z.unknown().optional().meta({
        description:
          'The whole value for a model with one input, an object by input, or lists of values by feature.'
      }),
      outputs: z
        .array(z.string({ error: 'expected a name' }), { error: 'expected names of outputs' })
        .optional()
        .meta({ description: 'The outputs wanted; all where absent.' }),
      classes: z.boolean({ error: 'expected true or false' }).optional().meta({
        description:
          'Labels by their name and probabilities as objects by class, where model.yaml names classes. Outputs then go by their roles.'
      })
    },
    { error: issue => (issue.code === 'invalid_type' ? 'expected an object' : undefined) }
  )
  .meta({ id: 'PredictRequest', description: 'Holds exactly one of instances and inputs.' })

z.looseObject({
  predictions: z.array(z.unknown()).optional().meta({ description: 'One entry a row, for instances.' }),
  outputs: z.unknown().optional().meta({ description: 'Whole values, for inputs.' })
}).meta({ id: 'PredictResponse' })

const versionStatus = z.looseObject({
  version: z.string(),
  state: z.enum(['START', 'LOADING', 'AVAILABLE', 'UNLOADING', 'END']),
  status: z.looseObject({ error_code: z.string(), error_message: z.string() })
})

z.looseObject({
  name: z.string(),
  ready: z.boolean(),
  model_version_status: z.array(versionStatus)
}).meta({ id: 'V1ModelStatus', description: "The union of KServe's answer and TensorFlow Serving's." })

z.looseObject({
  model_spec: z.looseObject({ name: z.string(), signature_name: z.string(), version: z.string() }),
  metadata: z.looseObject({ signature_def: z.record(z.string(), z.unknown()) })
}).meta({ id: 'V1ModelMetadata', description: "TensorFlow Serving's form." })
