// Tensors, and the types of an inference request and its response.
import type { Datatype, TensorData } from './datatype.ts'
import type { Shape } from './shape.ts'

/** Row-major data with its datatype and shape. `data.length` is always the product of `shape`. */
export interface Tensor {
  readonly datatype: Datatype
  readonly shape: Shape
  readonly data: TensorData
}

export interface NamedTensor extends Tensor {
  readonly name: string
}

export type ParameterValue = string | number | boolean

/** A decoded request: tensors by name, not yet checked against a signature. */
export interface InferenceRequest {
  /** The caller's own id, given back in the response. */
  readonly id?: string | undefined
  readonly inputs: readonly NamedTensor[]
  /** Names of the outputs that the caller wants; undefined means all. */
  readonly outputs?: readonly string[] | undefined
  /** How long the caller waits; undefined leaves it to the model. */
  readonly timeoutMs?: number | undefined
  /** From 1, the most urgent, to 9; undefined leaves it to the model. */
  readonly priority?: number | undefined
  readonly parameters: Readonly<Record<string, ParameterValue>>
  /** Values that lie outside of what model.yaml expects, and were let through or moved into it. */
  readonly outOfRange?: number | undefined
}

export interface InferenceResponse {
  readonly id?: string | undefined
  readonly model: string
  readonly version: number
  readonly outputs: readonly NamedTensor[]
}

/** Rows are what the first dimension counts; a scalar is one row. */
export function rowsOf(tensor: Tensor | undefined): number {
  return tensor?.shape[0] ?? 1
}

/** Bytes that the data occupies; strings count their UTF-16 units twice. */
export function bytesOf(tensor: Tensor): number {
  if (!Array.isArray(tensor.data)) return tensor.data.byteLength
  let bytes = 0
  for (const text of tensor.data) bytes += text.length * 2
  return bytes
}
