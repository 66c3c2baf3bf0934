// The bodies of the Open Inference Protocol V2 with Triton's extensions, as zod schemas: the envelope that decode.ts checks, and
// the source of the OpenAPI document. `data` is checked element by element in tensor/json-read.ts, not here.
// https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/inference_rest.md
import { z } from 'zod'
import { datatypeNames } from '../../tensor/datatype.ts'

const nameMax = 1024
const name = z
  .string({ error: 'expected a name' })
  .max(nameMax, { error: `expected at most ${nameMax} characters` })

/** The reader of 64-bit integers gives bigint for numbers beyond 2^53; no parameter needs their last digits. */
const plainNumber = z.preprocess(value => (typeof value === 'bigint' ? Number(value) : value), z.number())

/** Own keys only: a key `__proto__` is refused rather than looked through. */
const parametersSchema = z
  .record(
    z.string(),
    z.union([z.string(), plainNumber, z.boolean()], { error: 'expected text, a number, true or false' }),
    {
      error: 'expected an object'
    }
  )
  .meta({ id: 'Parameters', description: 'Values are strings, numbers or booleans.' })

const datatype = z
  .enum(datatypeNames, { error: `expected one of ${datatypeNames.join(', ')}` })
  .meta({ id: 'Datatype' })
const shape = z.array(z.number(), { error: 'expected a list of sizes' })

/** Loose on purpose: numbers of `shape` and the whole of `data` are checked by hand, with better words. */
export const inferRequestSchema = z
  .strictObject({
    id: name.optional(),
    parameters: parametersSchema.optional(),
    inputs: z.array(
      z.strictObject({
        name,
        shape,
        datatype,
        parameters: parametersSchema.optional(),
        data: z
          .unknown()
          .optional()
          .meta({
            description:
              'Nested to match the shape, or flat in row-major order. Absent where parameters.binary_data_size says how many ' +
              'bytes after the JSON are the data.'
          })
      }),
      { error: 'expected a list of inputs' }
    ),
    outputs: z
      .array(z.strictObject({ name, parameters: parametersSchema.optional() }), {
        error: 'expected a list of outputs'
      })
      .optional()
      .meta({ description: 'The outputs wanted; all where absent.' }),
    // Some clients repeat the model's name in the body; the path decides.
    model_name: z.string().optional(),
    model_version: z.string().optional()
  })
  .meta({ id: 'InferRequest' })

export type InferEnvelope = z.output<typeof inferRequestSchema>

const tensorMetadata = z
  .object({
    name: z.string(),
    datatype,
    shape: z.array(z.number().int()).meta({ description: '-1 is a free dimension.' })
  })
  .meta({ id: 'TensorMetadata' })

export const inferResponseSchema = z
  .object({
    id: z.string().optional(),
    model_name: z.string(),
    model_version: z.string(),
    outputs: z.array(
      z.object({
        name: z.string(),
        shape: z.array(z.number().int()),
        datatype,
        parameters: z
          .object({ binary_data_size: z.number().int() })
          .optional()
          .meta({ description: 'Where the data follows the JSON as bytes.' }),
        data: z
          .array(z.unknown())
          .optional()
          .meta({ description: 'Flat, row-major. NaN and infinities are strings.' })
      })
    )
  })
  .meta({ id: 'InferResponse' })

export const serverMetadataSchema = z
  .object({ name: z.string(), version: z.string(), extensions: z.array(z.string()) })
  .meta({ id: 'ServerMetadata' })

export const modelMetadataSchema = z
  .object({
    name: z.string(),
    versions: z.array(z.string()),
    platform: z.string(),
    inputs: z.array(tensorMetadata),
    outputs: z.array(tensorMetadata),
    description: z.string().optional(),
    card: z
      .record(z.string(), z.unknown())
      .optional()
      .meta({ description: 'The model card, as model.yaml has it.' }),
    labels: z
      .record(z.string(), z.string())
      .optional()
      .meta({ description: 'The version that each label means.' })
  })
  .meta({ id: 'ModelMetadata' })

const configTensor = z.object({ name: z.string(), data_type: z.string(), dims: z.array(z.number().int()) })

export const modelConfigSchema = z
  .object({
    name: z.string(),
    platform: z.string(),
    backend: z.string(),
    version_policy: z.record(z.string(), z.unknown()),
    max_batch_size: z.number().int(),
    input: z.array(configTensor),
    output: z.array(configTensor),
    instance_group: z.array(z.object({ name: z.string(), kind: z.string(), count: z.number().int() })),
    default_model_filename: z.string(),
    parameters: z.record(z.string(), z.object({ string_value: z.string() }))
  })
  .meta({
    id: 'ModelConfig',
    description: "Triton's ModelConfig; facts of Kedge's own are under parameters."
  })

export const modelListSchema = z.object({ models: z.array(z.string()) }).meta({ id: 'ModelList' })

export const indexRequestSchema = z
  .strictObject(
    { ready: z.boolean({ error: 'expected true or false' }).optional() },
    { error: 'expected an object' }
  )
  .meta({ id: 'RepositoryIndexRequest' })

export const indexSchema = z
  .array(
    z.object({
      name: z.string(),
      version: z.string().optional(),
      state: z.enum(['READY', 'UNAVAILABLE', 'LOADING', 'UNLOADING']),
      reason: z.string().optional()
    })
  )
  .meta({ id: 'RepositoryIndex' })

const count = z.number().int().min(0)
const timing = z
  .object({ count, ns: z.number().min(0) })
  .meta({ id: 'Timing', description: 'How often, and how long in all.' })

export const statisticsSchema = z
  .object({
    model_stats: z.array(
      z.object({
        name: z.string(),
        version: z.string(),
        last_inference: count.meta({ description: 'Milliseconds since 1970; 0 where there was none.' }),
        inference_count: count.meta({ description: 'Rows.' }),
        execution_count: count.meta({ description: 'Runs; several rows may share one.' }),
        inference_stats: z.object({
          success: timing,
          fail: timing,
          queue: timing,
          compute_input: timing,
          compute_infer: timing,
          compute_output: timing,
          cache_hit: timing,
          cache_miss: timing
        }),
        response_stats: z.object({}),
        batch_stats: z.array(
          z.object({
            batch_size: count,
            compute_input: timing,
            compute_infer: timing,
            compute_output: timing
          })
        ),
        memory_usage: z.array(z.object({ type: z.string(), id: z.number().int(), byte_size: count }))
      })
    )
  })
  .meta({ id: 'ModelStatistics' })

export const errorSchema = z
  .object({
    error: z.string(),
    code: z.string().meta({ description: 'Stable; docs/errors.md lists all.' }),
    request_id: z
      .string()
      .optional()
      .meta({ description: 'The same as in the x-request-id header and in the log.' }),
    details: z
      .array(
        z.object({
          path: z.string(),
          problem: z.string(),
          expected: z.string().optional(),
          got: z.string().optional(),
          hint: z.string().optional()
        })
      )
      .optional()
  })
  .meta({ id: 'Error' })
