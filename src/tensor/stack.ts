// Joining tensors along their first dimension, and cutting the result apart again. Cutting copies nothing: parts are views.
import { invariant } from '../base/invariant.ts'
import { allocate, type TensorData } from './datatype.ts'
import type { Tensor } from './tensor.ts'

/** One tensor with the rows of all, in order. They agree in datatype and every other dimension; their memory stays theirs. */
export function stack(parts: readonly Tensor[]): Tensor {
  const [first] = parts
  invariant(first !== undefined, 'there is something to stack')
  let rows = 0
  let elements = 0
  for (const { shape, data } of parts) {
    rows += shape[0]!
    elements += data.length
  }
  const data = allocate(first.datatype, elements)
  let at = 0
  for (const part of parts) {
    copyInto(data, part.data, at)
    at += part.data.length
  }
  return { datatype: first.datatype, shape: [rows, ...first.shape.slice(1)], data }
}

/** The parts of `tensor` with so many rows each, in order. Together they are all rows that it has. */
export function cut(tensor: Tensor, rows: readonly number[]): Tensor[] {
  const { datatype, shape, data } = tensor
  const total = shape[0]!
  const perRow = total === 0 ? 0 : data.length / total
  const inner = shape.slice(1)
  let at = 0
  const parts = rows.map(count => {
    const end = at + count * perRow
    const part = { datatype, shape: [count, ...inner], data: view(data, at, end) }
    at = end
    return part
  })
  invariant(at === data.length, 'the parts are the whole')
  return parts
}

function copyInto(target: TensorData, source: TensorData, at: number): void {
  if (Array.isArray(target))
    for (const [index, text] of (source as string[]).entries()) target[at + index] = text
  // Both have the same type, which the compiler cannot know.
  else (target as Uint8Array).set(source as Uint8Array, at)
}

function view(data: TensorData, start: number, end: number): TensorData {
  return Array.isArray(data) ? data.slice(start, end) : data.subarray(start, end)
}
