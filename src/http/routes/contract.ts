// What a model takes and gives, as JSON Schema with an example that works, and a look at a request without running it.
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { listNames } from '../../base/describe.ts'
import { problemsError } from '../../errors/serving-error.ts'
import type { ModelVersion } from '../../lifecycle/model-version.ts'
import type { Observed } from '../../monitoring/drift/observed.ts'
import { readers } from '../../protocol/records/tasks.ts'
import { readV2Body } from '../../protocol/v2/decode.ts'
import type { Target } from '../../routing/resolve.ts'
import type { InferenceRequest } from '../../tensor/tensor.ts'
import { rowsOf } from '../../tensor/tensor.ts'
import type { Dialect } from '../dialect.ts'
import { featureFacts, modelContract, outputFacts } from '../model-contract.ts'
import { bodyOf } from '../plugins/bodies.ts'
import { documented } from '../plugins/openapi.ts'
import { type ModelParams, modelPaths } from './model-path.ts'

export interface ContractServices {
  readonly find: (target: Target) => Promise<ModelVersion>
  readonly tensorsPerRequestMax: number
  /** What the version's reference has seen of each feature, by name. */
  readonly observed: (version: ModelVersion) => ReadonlyMap<string, Observed>
}

const dialectContract = z.looseObject({
  path: z.string(),
  request: z.record(z.string(), z.unknown()).meta({ description: 'JSON Schema (2020-12) of the body.' }),
  response: z.record(z.string(), z.unknown()).meta({ description: 'JSON Schema (2020-12) of the answer.' }),
  example: z
    .unknown()
    .meta({ description: 'A body that the version has answered; absent where none is known.' })
})

z.looseObject({
  model: z.string(),
  version: z.string(),
  features: z.array(z.looseObject({ name: z.string(), input: z.string(), type: z.string() })),
  outputs: z.array(z.looseObject({ name: z.string(), datatype: z.string() })),
  v2: dialectContract,
  v1: dialectContract,
  mlflow: dialectContract
}).meta({ id: 'ModelSchema' })

z.looseObject({
  valid: z.literal(true),
  model: z.string(),
  version: z.string(),
  rows: z.number().int(),
  out_of_range: z
    .number()
    .int()
    .meta({ description: 'Values outside of what model.yaml expects, which would be let through or moved.' })
}).meta({ id: 'Valid' })

const errors = [404, 503]

export function contractRoutes(app: FastifyInstance, services: ContractServices): void {
  for (const modelPath of modelPaths) {
    const { path, suffix, params } = modelPath
    const schema = documented({
      operationId: `getModelSchema${suffix}`,
      summary: 'What the model takes and gives: JSON Schema and a working example, by dialect',
      tag: 'Models',
      answer: 'ModelSchema',
      errors,
      params
    })
    app.get<{ Params: ModelParams }>(
      `${path}/schema`,
      { config: { scope: 'read' }, schema },
      async request => {
        const version = await services.find(request.params)
        const observed = services.observed(version)
        const features = version.features.map(feature => ({
          ...featureFacts(feature),
          ...(observed.has(feature.name) && { observed: observed.get(feature.name) })
        }))
        const facts = { model: version.model, version: String(version.version) }
        return { ...facts, features, outputs: outputFacts(version), ...modelContract(version) }
      }
    )
    validateRoute(app, services, modelPath)
  }
}

function validateRoute(
  app: FastifyInstance,
  services: ContractServices,
  { path, suffix, params }: (typeof modelPaths)[number]
): void {
  const schema = documented({
    operationId: `validate${suffix}`,
    summary: 'Check a request without running it',
    tag: 'Inference',
    description: 'Answers what a prediction with this body would be refused for.',
    body: 'InferRequest',
    answer: 'Valid',
    errors: [400, 404, 413, 415, 429, 503],
    params,
    query: {
      dialect: {
        type: 'string',
        enum: ['v2', 'v1', 'mlflow'],
        default: 'v2',
        description: 'The dialect of the body.'
      }
    }
  })
  app.post<{ Params: ModelParams; Querystring: { readonly dialect?: unknown } }>(
    `${path}/validate`,
    { config: { scope: 'predict' }, schema },
    async request => {
      const version = await services.find(request.params)
      const read = readerOf(request.query.dialect ?? 'v2', services)
      const { inputs, outOfRange = 0 } = read(bodyOf(request), version)
      return {
        valid: true,
        model: version.model,
        version: String(version.version),
        rows: rowsOf(inputs[0]),
        out_of_range: outOfRange
      }
    }
  )
}

const dialects: readonly Dialect[] = ['v2', 'v1', 'mlflow']

/** Throws INVALID_REQUEST for what is no dialect. */
function readerOf(
  name: unknown,
  { tensorsPerRequestMax }: ContractServices
): (body: Uint8Array, version: ModelVersion) => InferenceRequest {
  if (name === 'v2')
    return (body, { contract }) =>
      readV2Body({ body, headerLength: undefined }, contract, tensorsPerRequestMax)
  if (name === 'v1' || name === 'mlflow') return (body, { contract }) => readers[name](body, contract)
  throw problemsError('INVALID_REQUEST', [
    {
      path: 'query dialect',
      problem: 'not a dialect',
      expected: `one of ${listNames(dialects)}`,
      got: typeof name === 'string' ? JSON.stringify(name.slice(0, 64)) : 'several'
    }
  ])
}
