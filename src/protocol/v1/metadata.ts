// What V1 clients are told of a model: the union of KServe's and TensorFlow Serving's answers, and the latter's metadata.
import type { Signature, TensorSpec } from '../../schema/signature.ts'
import type { Datatype } from '../../tensor/datatype.ts'

/** TensorFlow Serving's states by the public ones. */
const states = {
  LOADING: 'LOADING',
  READY: 'AVAILABLE',
  UNLOADING: 'UNLOADING',
  UNAVAILABLE: 'END'
} as const

export interface V1Status {
  readonly version: number
  readonly state: keyof typeof states
  readonly reason: string | undefined
}

export function v1Status(name: string, ready: boolean, versions: readonly V1Status[]) {
  return {
    name,
    ready,
    model_version_status: versions.map(({ version, state, reason }) => ({
      version: String(version),
      state: states[state],
      status: {
        error_code: state === 'UNAVAILABLE' ? 'UNKNOWN' : 'OK',
        error_message: state === 'UNAVAILABLE' ? (reason ?? '') : ''
      }
    }))
  }
}

const dtypes: Readonly<Record<Datatype, string>> = {
  BOOL: 'DT_BOOL',
  UINT8: 'DT_UINT8',
  UINT16: 'DT_UINT16',
  UINT32: 'DT_UINT32',
  UINT64: 'DT_UINT64',
  INT8: 'DT_INT8',
  INT16: 'DT_INT16',
  INT32: 'DT_INT32',
  INT64: 'DT_INT64',
  FP16: 'DT_HALF',
  FP32: 'DT_FLOAT',
  FP64: 'DT_DOUBLE',
  BYTES: 'DT_STRING'
}

/** TensorFlow Serving's metadata with the one signature that a graph has. */
export function v1Metadata(model: string, version: number, { inputs, outputs }: Signature) {
  const signature = {
    inputs: infos(inputs),
    outputs: infos(outputs),
    method_name: 'tensorflow/serving/predict'
  }
  return {
    model_spec: { name: model, signature_name: '', version: String(version) },
    metadata: { signature_def: { signature_def: { serving_default: signature } } }
  }
}

function infos(specs: readonly TensorSpec[]) {
  return Object.fromEntries(
    specs.map(({ name, datatype, shape }) => [
      name,
      {
        dtype: dtypes[datatype],
        tensor_shape: {
          dim: (shape ?? []).map(size => ({
            size: typeof size === 'number' ? String(size) : '-1',
            name: typeof size === 'string' ? size : ''
          })),
          unknown_rank: shape === undefined
        },
        name
      }
    ])
  )
}
