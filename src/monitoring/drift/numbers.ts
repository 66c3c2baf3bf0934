// Elements of a tensor as numbers, for every datatype that has any: one tight loop a kind of array.
import { numberFromHalf } from '../../tensor/half.ts'
import { rowsOf, type Tensor } from '../../tensor/tensor.ts'

/** Rows `first`, `first + stride`, … of a request: `count` of them. */
export interface Pick {
  readonly first: number
  readonly stride: number
  readonly count: number
}

/** Elements that one row has. */
export function rowElements(tensor: Tensor): number {
  const rows = rowsOf(tensor)
  return rows === 0 ? 0 : tensor.data.length / rows
}

/** Writes `count` elements from `start` on, `step` apart, to `into` from `to` on. Texts become NaN. */
export function copyNumbers(
  { data, datatype }: Tensor,
  start: number,
  step: number,
  count: number,
  into: Float64Array,
  to = 0
): void {
  let at = start
  if (data instanceof Float32Array) {
    for (let index = 0; index < count; index++, at += step) into[to + index] = data[at]!
  } else if (data instanceof Float64Array) {
    for (let index = 0; index < count; index++, at += step) into[to + index] = data[at]!
  } else if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    for (let index = 0; index < count; index++, at += step) into[to + index] = Number(data[at])
  } else if (datatype === 'FP16') {
    for (let index = 0; index < count; index++, at += step)
      into[to + index] = numberFromHalf((data as Uint16Array)[at]!)
  } else if (Array.isArray(data)) {
    into.fill(Number.NaN, to, to + count)
  } else {
    const integers = data as Int32Array
    for (let index = 0; index < count; index++, at += step) into[to + index] = integers[at]!
  }
}
