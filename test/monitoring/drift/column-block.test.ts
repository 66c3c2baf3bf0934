import fc from 'fast-check'
import t from 'tap'
import { blockRows, ColumnBlock, isColumnOfNumbers } from '../../../src/monitoring/drift/column-block.ts'
import { planOf } from '../../../src/monitoring/drift/plan.ts'
import { featuresOf } from '../../../src/schema/features.ts'
import type { Signature } from '../../../src/schema/signature.ts'
import type { NamedTensor } from '../../../src/tensor/tensor.ts'

const signature: Signature = {
  inputs: [
    { name: 'x', datatype: 'FP32', shape: ['n', 3] },
    { name: 'word', datatype: 'BYTES', shape: ['n', 1] },
    { name: 'k', datatype: 'INT64', shape: ['n', 1] }
  ],
  outputs: []
}
const columns = ['a', 'b', 'c'].map(name => ({ name }))
const { features } = featuresOf(signature, { x: { columns } })
const { monitors } = planOf({ signature, features, manifest: { outputs: {} } }, 100)
const indexes = monitors.flatMap((plan, index) => (isColumnOfNumbers(plan) ? [index] : []))

/** Row r holds 10r, 10r + 1, 10r + 2 and k = −r. */
const rows = (first: number, count: number): NamedTensor[] => {
  const numbers = Array.from({ length: count }, (_, index) => first + index)
  return [
    {
      name: 'x',
      datatype: 'FP32',
      shape: [count, 3],
      data: Float32Array.from(numbers.flatMap(row => [10 * row, 10 * row + 1, 10 * row + 2]))
    },
    { name: 'word', datatype: 'BYTES', shape: [count, 1], data: numbers.map(String) },
    {
      name: 'k',
      datatype: 'INT64',
      shape: [count, 1],
      data: BigInt64Array.from(numbers, row => BigInt(-row))
    }
  ]
}

t.test('columns of numbers are gathered from tensors in any order, texts are not', async t => {
  t.strictSame(
    indexes.map(index => monitors[index]!.name),
    ['a', 'b', 'c', 'k']
  )
  const block = new ColumnBlock(monitors, indexes)
  t.equal(block.take(rows(0, 2), 0, 1, 2), 2)
  t.equal(block.take(rows(2, 1).reverse(), 0, 1, 1), 1)
  const column = (place: number): number[] => [
    ...block.values.subarray(place * blockRows, place * blockRows + 3)
  ]
  t.strictSame([0, 1, 2, 3].map(column), [
    [0, 10, 20],
    [1, 11, 21],
    [2, 12, 22],
    [0, -1, -2]
  ])
  t.equal(block.isIn(rows(0, 1)), true)
  t.equal(block.isIn(rows(0, 1).slice(0, 2)), false)
})

t.test('it takes what it has room for, at any stride', async () => {
  const requests = fc.array(
    fc.record({ count: fc.integer({ min: 1, max: 100 }), stride: fc.integer({ min: 1, max: 3 }) })
  )
  fc.assert(
    fc.property(requests, all => {
      const block = new ColumnBlock(monitors, indexes)
      const [seen, expected]: [number[], number[]] = [[], []]
      let first = 0
      for (const { count, stride } of all) {
        const tensors = rows(first, count * stride)
        for (let done = 0; done < count; ) {
          done += block.take(tensors, done * stride, stride, count - done)
          if (!block.isFull) continue
          seen.push(...block.values.subarray(0, block.rows))
          block.rows = 0
        }
        for (let index = 0; index < count; index++) expected.push(10 * (first + index * stride))
        first += count * stride
      }
      seen.push(...block.values.subarray(0, block.rows))
      return JSON.stringify(seen) === JSON.stringify(expected)
    }),
    { numRuns: 100, seed: 1 }
  )
})
