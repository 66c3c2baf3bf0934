// The bodies of MLflow's scoring server: https://mlflow.org/docs/latest/ml/deployment/deploy-model-locally
import { z } from 'zod'

const columnNames = z.array(z.string({ error: 'expected a name' }), { error: 'expected names of columns' })

export const invocationsSchema = z
  .strictObject(
    {
      dataframe_split: z
        .strictObject(
          {
            index: z.array(z.unknown(), { error: 'expected a list' }).optional(),
            columns: columnNames
              .optional()
              .meta({ description: 'Features; in the order of the model where absent.' }),
            data: z.array(z.array(z.unknown(), { error: 'expected a list of values' }), {
              error: 'expected a list of rows'
            })
          },
          {
            error: issue =>
              issue.code === 'invalid_type' ? 'expected an object with columns and data' : undefined
          }
        )
        .optional()
        .meta({ description: "pandas' to_dict(orient='split')." }),
      dataframe_records: z
        .array(z.record(z.string(), z.unknown(), { error: 'expected an object by feature' }), {
          error: 'expected a list of rows'
        })
        .optional()
        .meta({ description: "pandas' to_dict(orient='records')." }),
      instances: z
        .array(z.unknown(), { error: 'expected a list of rows' })
        .optional()
        .meta({ description: 'One entry a row, as in V1.' }),
      inputs: z
        .unknown()
        .optional()
        .meta({ description: 'The whole value, or an object by input or by feature, as in V1.' }),
      params: z
        .record(z.string(), z.unknown(), { error: 'expected an object' })
        .nullable()
        .optional()
        .meta({ description: 'None: a graph takes no parameters.' })
    },
    { error: issue => (issue.code === 'invalid_type' ? 'expected an object' : undefined) }
  )
  .meta({
    id: 'InvocationsRequest',
    description: 'Holds exactly one of dataframe_split, dataframe_records, instances and inputs.'
  })

export type InvocationsEnvelope = z.output<typeof invocationsSchema>

z.looseObject({
  predictions: z.unknown().meta({ description: 'One entry a row, or whole values for inputs.' })
}).meta({ id: 'InvocationsResponse' })

z.looseObject({
  error_code: z.string(),
  message: z.string(),
  code: z.string().meta({ description: 'Stable; docs/errors.md lists all.' }),
  request_id: z.string().optional(),
  details: z.array(z.looseObject({ path: z.string(), problem: z.string() })).optional()
}).meta({ id: 'MlflowError' })
