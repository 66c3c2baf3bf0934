// What a version takes and gives: tensors with names, datatypes and shapes. Nothing here knows where it was read from.
import { type Datatype, factsOf } from '../tensor/datatype.ts'
import { type Dimension, describePattern, wireShape } from '../tensor/shape.ts'

export interface TensorSpec {
  readonly name: string
  readonly datatype: Datatype
  /** Undefined where the graph leaves even the rank open. */
  readonly shape: readonly Dimension[] | undefined
}

export interface Signature {
  readonly inputs: readonly TensorSpec[]
  readonly outputs: readonly TensorSpec[]
}

/** True when a request may hold integers that JSON.parse would round. */
export function takesWideIntegers(signature: Signature): boolean {
  return signature.inputs.some(input => factsOf(input.datatype).kind === 'bigint')
}

/** The shape as metadata routes show it; an open rank shows as one free dimension. */
export function specWireShape(spec: TensorSpec): number[] {
  return spec.shape === undefined ? [-1] : wireShape(spec.shape)
}

/** `FP32 [batch,4]`, for messages. */
export function describeSpec(spec: TensorSpec): string {
  return `${spec.datatype} ${spec.shape === undefined ? 'of any rank' : describePattern(spec.shape)}`
}
