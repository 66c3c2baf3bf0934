// The answers of the V2 metadata, config and index routes, from plain facts.
import { jsonSafe } from '../../base/json-safe.ts'
import { type Signature, specWireShape, type TensorSpec } from '../../schema/signature.ts'
import { factsOf } from '../../tensor/datatype.ts'

/** Triton's name for ONNX models; clients compare it. */
const platform = 'onnxruntime_onnx'

/** Only what is really provided; names as Triton lists them. */
export const extensions = [
  'binary_tensor_data',
  'classification',
  'model_configuration',
  'model_repository',
  'model_repository(unload_dependents)',
  'parameters',
  'schedule_policy',
  'statistics'
]

export interface MetadataFacts {
  readonly name: string
  readonly versions: readonly number[]
  readonly signature: Signature
  readonly description: string | undefined
  /** The model card as model.yaml has it. */
  readonly card: Readonly<Record<string, unknown>> | undefined
  /** The version that each label means. */
  readonly labels: ReadonlyMap<string, number>
}

/**
 * The protocol's keys, and Kedge's own beside them: clients with typed answers (kserve, MLServer) pass over keys that they do not
 * know, while `parameters` hold texts, numbers and booleans only.
 */
export function modelMetadata({ name, versions, signature, description, card, labels }: MetadataFacts) {
  const labelled = [...labels].map(([label, version]) => [label, String(version)] as const)
  return {
    name,
    versions: versions.map(String),
    platform,
    inputs: signature.inputs.map(tensorMetadata),
    outputs: signature.outputs.map(tensorMetadata),
    ...(description === undefined ? {} : { description }),
    ...(card === undefined ? {} : { card: jsonSafe(card) }),
    ...(labelled.length === 0 ? {} : { labels: Object.fromEntries(labelled) })
  }
}

function tensorMetadata(spec: TensorSpec) {
  return { name: spec.name, datatype: spec.datatype, shape: specWireShape(spec) }
}

export interface ConfigFacts {
  readonly name: string
  readonly version: number
  readonly signature: Signature
  readonly versionPolicy: {
    readonly policy: string
    readonly count?: number
    readonly versions?: readonly number[]
  }
  readonly instances: number
  readonly file: string
  /** Kedge's own facts, shown as they are. */
  readonly parameters: Readonly<Record<string, string>>
}

/** Triton's ModelConfig with its proto's field names. `max_batch_size` 0 says that dims are the full shape. */
export function modelConfig(facts: ConfigFacts) {
  const { policy, count, versions } = facts.versionPolicy
  const choices: Readonly<Record<string, Record<string, unknown>>> = {
    latest: { latest: { num_versions: count } },
    all: { all: {} },
    specific: { specific: { versions } }
  }
  return {
    name: facts.name,
    platform,
    backend: 'onnxruntime',
    version_policy: choices[policy] ?? {},
    max_batch_size: 0,
    input: facts.signature.inputs.map(configTensor),
    output: facts.signature.outputs.map(configTensor),
    instance_group: [{ name: `${facts.name}_${facts.version}`, kind: 'KIND_CPU', count: facts.instances }],
    default_model_filename: facts.file,
    parameters: Object.fromEntries(
      Object.entries(facts.parameters).map(([key, value]) => [key, { string_value: value }])
    )
  }
}

function configTensor(spec: TensorSpec) {
  const { kind } = factsOf(spec.datatype)
  return {
    name: spec.name,
    data_type: kind === 'string' ? 'TYPE_STRING' : `TYPE_${spec.datatype}`,
    dims: specWireShape(spec)
  }
}

export interface IndexRow {
  readonly model: string
  readonly version: number | undefined
  readonly state: 'LOADING' | 'READY' | 'UNLOADING' | 'UNAVAILABLE'
  readonly reason: string | undefined
}

/** Triton's repository index: one row a version, a model without versions has a row without one. */
export function repositoryIndex(rows: readonly IndexRow[], readyOnly: boolean) {
  return rows
    .filter(row => !readyOnly || row.state === 'READY')
    .map(row => ({
      name: row.model,
      ...(row.version === undefined ? {} : { version: String(row.version) }),
      state: row.state,
      ...(row.reason === undefined ? {} : { reason: row.reason })
    }))
}
