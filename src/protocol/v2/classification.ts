// The classification extension: a tensor of scores → its best classes as texts `value:index` or `value:index:label`, best first.
// Equal values come in the order of their indexes, NaN comes last.
import type { Datatype, TensorData } from '../../tensor/datatype.ts'
import { float32Text } from '../../tensor/float32-text.ts'
import { numberFromHalf } from '../../tensor/half.ts'
import { numberJson } from '../../tensor/json-write.ts'
import type { NamedTensor, ParameterValue } from '../../tensor/tensor.ts'

/** Names of the classes of an output, by index; there may be fewer than classes. */
export type ClassLabels = readonly ParameterValue[]

/**
 * The best `classesMax` classes, or all where there are fewer. From two dimensions on, the first one counts rows with classes of
 * their own, `[rows,k]`; otherwise the whole tensor is one row, `[k]`.
 */
export function classified(tensor: NamedTensor, classesMax: number, labels: ClassLabels = []): NamedTensor {
  const { name, shape, datatype } = tensor
  const values = comparable(tensor)
  const rows = shape.length > 1 ? shape[0]! : 1
  const classes = rows === 0 ? rowElements(shape) : values.length / rows
  const count = Math.min(classesMax, classes)
  const texts: string[] = []
  for (let row = 0; row < rows; row++) {
    for (const at of best(values, row * classes, (row + 1) * classes, count)) {
      const value = values[at]!
      const index = at - row * classes
      const label = labels[index]
      const text = valueText(value, datatype)
      texts.push(label === undefined ? `${text}:${index}` : `${text}:${index}:${label}`)
    }
  }
  return { name, datatype: 'BYTES', shape: shape.length > 1 ? [rows, count] : [count], data: texts }
}

type Values = Exclude<TensorData, string[]>

function comparable({ datatype, data }: NamedTensor): Values {
  return datatype === 'FP16' ? Float64Array.from(data as Uint16Array, numberFromHalf) : (data as Values)
}

/** Elements of one row, for a tensor that has no rows to count them in. */
function rowElements(shape: readonly number[]): number {
  return shape.slice(1).reduce((product, size) => product * size, 1)
}

/** As in JSON, but for the quotes of NaN and the infinities. */
function valueText(value: number | bigint, datatype: Datatype): string {
  if (typeof value === 'bigint' || !Number.isFinite(value)) return String(value)
  return datatype === 'FP32' ? float32Text(value) : numberJson(value)
}

/** Positions of the best `count` values from `start` to `end`: a heap whose top is the worst that is kept, then sorted. */
function best(values: Values, start: number, end: number, count: number): number[] {
  const before = (a: number, b: number): boolean => {
    const left = values[a]!
    const right = values[b]!
    if (left > right) return true
    if (left < right) return false
    const missing = Number(Number.isNaN(left)) - Number(Number.isNaN(right))
    return missing === 0 ? a < b : missing < 0
  }
  if (count === 0) return []
  const heap: number[] = []
  for (let at = start; at < end; at++) {
    if (heap.length < count) rise(heap, at, before)
    else if (before(at, heap[0]!)) sink(heap, at, before)
  }
  return heap.sort((a, b) => (before(a, b) ? -1 : 1))
}

type Before = (a: number, b: number) => boolean

function rise(heap: number[], item: number, before: Before): void {
  let at = heap.push(item) - 1
  while (at > 0) {
    const parent = (at - 1) >> 1
    if (!before(heap[parent]!, item)) break
    heap[at] = heap[parent]!
    at = parent
  }
  heap[at] = item
}

/** Replaces the top. */
function sink(heap: number[], item: number, before: Before): void {
  let at = 0
  for (;;) {
    let child = 2 * at + 1
    if (child >= heap.length) break
    if (child + 1 < heap.length && before(heap[child]!, heap[child + 1]!)) child++
    if (!before(item, heap[child]!)) break
    heap[at] = heap[child]!
    at = child
  }
  heap[at] = item
}
