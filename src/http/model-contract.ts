// One version's contract in every dialect: JSON Schemas of what it takes and gives, and an example that it has answered.
import type { ModelVersion } from '../lifecycle/model-version.ts'
import {
  mlflowExample,
  mlflowRequestSchema,
  mlflowResponseSchema
} from '../protocol/mlflow/contract-schema.ts'
import { v1Example, v1RequestSchema, v1ResponseSchema } from '../protocol/v1/contract-schema.ts'
import { v2Example, v2RequestSchema, v2ResponseSchema } from '../protocol/v2/contract-schema.ts'
import type { Feature } from '../schema/features.ts'
import type { JsonSchema } from '../schema/json-schema.ts'
import { specWireShape } from '../schema/signature.ts'
import type { Dialect } from './dialect.ts'

export interface DialectContract {
  readonly path: string
  readonly request: JsonSchema
  readonly response: JsonSchema
  /** A body that the version answers; undefined where none is known. */
  readonly example: unknown
}

export type ModelContract = Readonly<Record<Dialect, DialectContract>>

type Described = Pick<ModelVersion, 'model' | 'version' | 'contract' | 'example' | 'manifest'>

const contracts = new WeakMap<object, ModelContract>()

/** Made once a version: schemas of wide models are large. */
export function modelContract(version: Described): ModelContract {
  const known = contracts.get(version)
  if (known !== undefined) return known
  const made = makeContract(version)
  contracts.set(version, made)
  return made
}

function makeContract({ model, contract, example, manifest }: Described): ModelContract {
  const tensors = example()
  const { outputs } = manifest
  const { signature } = contract
  return {
    v2: {
      path: `/v2/models/${model}/infer`,
      request: v2RequestSchema(contract),
      response: v2ResponseSchema(signature),
      example: tensors && v2Example(tensors)
    },
    v1: {
      path: `/v1/models/${model}:predict`,
      request: v1RequestSchema(contract),
      response: v1ResponseSchema(contract, outputs),
      example: tensors && v1Example(tensors, contract)
    },
    mlflow: {
      path: '/invocations',
      request: mlflowRequestSchema(contract),
      response: mlflowResponseSchema(contract, outputs),
      example: tensors && mlflowExample(tensors, contract)
    }
  }
}

/** A feature as people are told of it. */
export function featureFacts({ name, input, column, type, rules }: Feature) {
  const { outOfRange = 'flag', ...rest } = rules
  const hasRange = rest.min !== undefined || rest.max !== undefined || rest.values !== undefined
  const isColumn = type !== 'tensor'
  return { name, input, ...(isColumn && { column }), ...rest, type, ...(hasRange && { outOfRange }) }
}

/** The outputs as people are told of them: what the graph says, and what model.yaml adds. */
export function outputFacts({ contract, manifest }: Pick<ModelVersion, 'contract' | 'manifest'>) {
  return contract.signature.outputs.map(spec => ({
    name: spec.name,
    datatype: spec.datatype,
    shape: specWireShape(spec),
    ...(Object.hasOwn(manifest.outputs, spec.name) && manifest.outputs[spec.name])
  }))
}
