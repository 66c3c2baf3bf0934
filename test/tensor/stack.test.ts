import fc from 'fast-check'
import t from 'tap'
import { allocate, datatypeNames, type TensorData } from '../../src/tensor/datatype.ts'
import { cut, stack } from '../../src/tensor/stack.ts'
import type { Tensor } from '../../src/tensor/tensor.ts'
import { tensorsOf } from '../helpers/arbitrary-tensors.ts'

const fp32 = (shape: readonly number[], ...values: number[]): Tensor => ({
  datatype: 'FP32',
  shape,
  data: Float32Array.from(values)
})

t.test('rows follow each other, every other dimension stays', async t => {
  const cases: [string, Tensor[], Tensor][] = [
    ['one', [fp32([2], 1, 2)], fp32([2], 1, 2)],
    ['vectors', [fp32([2], 1, 2), fp32([1], 3)], fp32([3], 1, 2, 3)],
    ['rows of two', [fp32([1, 2], 1, 2), fp32([2, 2], 3, 4, 5, 6)], fp32([3, 2], 1, 2, 3, 4, 5, 6)],
    ['images', [fp32([1, 1, 2, 1], 1, 2), fp32([1, 1, 2, 1], 3, 4)], fp32([2, 1, 2, 1], 1, 2, 3, 4)],
    ['no rows in between', [fp32([1, 2], 1, 2), fp32([0, 2]), fp32([1, 2], 3, 4)], fp32([2, 2], 1, 2, 3, 4)],
    ['no rows at all', [fp32([0, 3]), fp32([0, 3])], fp32([0, 3])],
    ['rows without elements', [fp32([2, 0]), fp32([3, 0])], fp32([5, 0])]
  ]
  for (const [name, parts, whole] of cases) {
    t.strictSame(stack(parts), whole, name)
    const rows = parts.map(({ shape }) => shape[0]!)
    t.strictSame(cut(whole, rows), parts, `${name}, and apart again`)
  }
})

t.test('every datatype keeps its kind of memory', async t => {
  for (const datatype of datatypeNames) {
    const part = (value: number): Tensor => {
      const data = allocate(datatype, 2)
      data[1] = datatype === 'BYTES' ? `text ${value}` : datatype.endsWith('INT64') ? BigInt(value) : value
      return { datatype, shape: [1, 2], data }
    }
    const whole = stack([part(1), part(2)])
    t.strictSame(whole.shape, [2, 2], datatype)
    t.equal(whole.data.constructor, part(1).data.constructor, datatype)
    t.strictSame(cut(whole, [1, 1]), [part(1), part(2)], datatype)
  }
})

t.test('joining copies, cutting does not', async t => {
  const parts = [fp32([1], 1), fp32([1], 2)]
  const whole = stack(parts)
  const [, second] = cut(whole, [1, 1])
  whole.data[1] = 9
  t.strictSame(parts[1]!.data, Float32Array.of(2))
  t.strictSame(second!.data, Float32Array.of(9))
  t.not(stack([parts[0]!]).data, parts[0]!.data, 'one alone is copied as well')
})

t.test(
  'parts of larger memory are joined from where they lie, and whole parts of a view are cut from it',
  async t => {
    const memory = Float32Array.of(0, 1, 2, 3, 4)
    const view: Tensor = { datatype: 'FP32', shape: [2], data: memory.subarray(1, 3) }
    t.strictSame(stack([view, { ...view, data: memory.subarray(3) }]), fp32([4], 1, 2, 3, 4))
    t.strictSame(cut(view, [1, 1]), [fp32([1], 1), fp32([1], 2)])
  }
)

t.test('what is cut is all there is; nothing cannot be joined', async t => {
  for (const rows of [[1], [1, 2, 1], [], [4]])
    t.throws(
      () => cut(fp32([3, 1], 1, 2, 3), rows),
      { message: /the parts are the whole/ },
      `[${rows.join()}]`
    )
  t.throws(() => stack([]), { message: /there is something to stack/ })
})

t.test('any tensor cut anywhere and joined again is the same', async t => {
  const tensors = tensorsOf({ minLength: 1, maxLength: 1 }).filter(([tensor]) => tensor!.shape.length > 0)
  const cuts = fc.array(fc.nat(3), { maxLength: 4 })
  fc.assert(
    fc.property(tensors, cuts, ([tensor], points) => {
      const { datatype, shape, data } = tensor!
      const at = [0, ...points.map(point => Math.min(point, shape[0]!)).sort((a, b) => a - b), shape[0]!]
      const rows = at.slice(1).map((end, index) => end - at[index]!)
      const parts = cut({ datatype, shape, data }, rows)
      const again = stack(parts)
      t.strictSame(
        parts.map(part => part.shape),
        rows.map(count => [count, ...shape.slice(1)])
      )
      t.strictSame(again.shape, shape)
      return again.datatype === datatype && bits(again.data) === bits(data)
    })
  )
})

/** NaNs with their payload, texts as they are. */
function bits(data: TensorData): string {
  if (Array.isArray(data)) return JSON.stringify(data)
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('hex')
}
