import t from 'tap'
import { seededRandom } from '../../../src/base/random.ts'
import { Reservoir } from '../../../src/monitoring/drift/reservoir.ts'
import { Sources } from '../../../src/monitoring/drift/sources.ts'
import type { NamedTensor } from '../../../src/tensor/tensor.ts'
import { plansOf } from '../../helpers/drift-world.ts'

const signature = {
  inputs: [
    { name: 'x', datatype: 'FP64', shape: ['n', 1] },
    { name: 'word', datatype: 'BYTES', shape: ['n', 1] }
  ],
  outputs: []
} as const
const plans = plansOf(signature)

const request = (first: number, count: number): NamedTensor[] => {
  const numbers = Array.from({ length: count }, (_, index) => first + index)
  return [
    { name: 'x', datatype: 'FP64', shape: [count, 1], data: Float64Array.from(numbers) },
    { name: 'word', datatype: 'BYTES', shape: [count, 1], data: numbers.map(number => `w${number}`) }
  ]
}

const sampler = (rowsMax: number, seed = 1) => {
  const sources = new Sources(plans, { seed: 1 })
  const sample = new Reservoir(plans, [0, 1], rowsMax, seededRandom(seed))
  const offer = (first: number, count: number, stride = 1) =>
    sample.offer(sources, request(first, count * stride), { first: 0, stride, count })
  return { sample, offer }
}

t.test('what fits is all kept, in order, and its rows stay whole', async t => {
  const { sample, offer } = sampler(1000)
  offer(0, 3)
  offer(3, 200)
  t.strictSame([sample.seen, sample.rows], [203, 203])
  const columns = sample.columns()
  t.strictSame(
    [...columns.get(0)!],
    Array.from({ length: 203 }, (_, row) => row)
  )
  t.strictSame(
    [...columns.get(1)!],
    Array.from({ length: 203 }, (_, row) => `w${row}`)
  )
})

t.test('rows are picked at a stride', async t => {
  const { sample, offer } = sampler(10)
  offer(0, 3, 4)
  t.strictSame([...sample.columns().get(0)!], [0, 4, 8])
})

t.test('of more rows each has the same chance, whenever it came', async t => {
  const kept = new Array<number>(10).fill(0)
  for (let seed = 0; seed < 200; seed++) {
    const { sample, offer } = sampler(50, seed)
    for (let first = 0; first < 1000; first += 125) offer(first, 125)
    t.equal(sample.rows, 50)
    const [numbers, words] = [sample.columns().get(0)!, sample.columns().get(1)!]
    for (const [row, number] of numbers.entries()) {
      kept[Math.floor(Number(number) / 100)]! += 1
      if (words[row] !== `w${number}`) t.fail('a row has come apart')
    }
  }
  // A thousand of each tenth are expected, with a deviation of thirty.
  for (const count of kept) t.ok(count > 860 && count < 1140, `${count} of a tenth`)
})

t.test('nothing was offered', async t => {
  const { sample } = sampler(10)
  t.strictSame([sample.seen, sample.rows, sample.columns().get(0)!.length], [0, 0, 0])
})
