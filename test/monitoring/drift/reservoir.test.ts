import t from 'tap'
import { seededRandom } from '../../../src/base/random.ts'
import type { MonitorPlan } from '../../../src/monitoring/drift/plan.ts'
import { type Column, Reservoir } from '../../../src/monitoring/drift/reservoir.ts'
import { Sources } from '../../../src/monitoring/drift/sources.ts'
import type { NamedTensor } from '../../../src/tensor/tensor.ts'
import { plansOf } from '../../helpers/drift-world.ts'

const plans: readonly MonitorPlan[] = plansOf({
  inputs: [
    { name: 'x', datatype: 'FP64', shape: ['n'] },
    { name: 'word', datatype: 'BYTES', shape: ['n'] }
  ],
  outputs: []
})

const request = (values: readonly number[], words: readonly string[] = values.map(String)): NamedTensor[] => [
  { name: 'x', datatype: 'FP64', shape: [values.length], data: Float64Array.from(values) },
  { name: 'word', datatype: 'BYTES', shape: [words.length], data: [...words] }
]

const every = (count: number) => ({ first: 0, stride: 1, count })
const never = (): number => {
  throw new Error('nothing is left to chance yet')
}

function reservoir(rowsMax: number, random: () => number) {
  const sources = new Sources(plans, { seed: 1 })
  const kept = new Reservoir(plans, [0, 1], rowsMax, random)
  const column = (index: number): unknown[] => [...(kept.columns().get(index) as Column)]
  return {
    kept,
    offer: (tensors: readonly NamedTensor[], pick = every(tensors[0]!.shape[0]!)) =>
      kept.offer(sources, tensors, pick),
    numbers: () => column(0) as number[],
    words: () => column(1) as string[]
  }
}

t.test('as long as there is room every row is kept, as it came', async t => {
  const { kept, offer, numbers, words } = reservoir(1000, never)
  t.strictSame([kept.rows, kept.seen, numbers(), words()], [0, 0, [], []])
  const odd = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 1e308, 5e-324]
  offer(request(odd, ['', '__proto__', 'constructor', '\0', 'ö', 'a\nb']))
  t.strictSame(numbers(), odd)
  t.strictSame(words(), ['', '__proto__', 'constructor', '\0', 'ö', 'a\nb'])
  offer(request([]))
  t.equal(kept.seen, 6, 'a request without rows')
  const many = Array.from({ length: 200 }, (_, index) => index)
  offer(request(many))
  t.strictSame(numbers().slice(6), many, 'more rows than one chunk')
  t.strictSame([kept.rows, kept.seen], [206, 206])
})

t.test('later rows take a random place, or none', async t => {
  const drawn = [0, 0.99, 0.5, 0.49]
  const { kept, offer, numbers, words } = reservoir(3, () => drawn.shift()!)
  offer(request([1, 2, 3]))
  // Of 4, 5, 6 and 7 rows: place 0, place 4, place 3, place 3.
  offer(request([4, 5, 6, 7]))
  t.strictSame(numbers(), [4, 2, 3])
  t.strictSame(words(), ['4', '2', '3'], 'a row stays whole')
  t.strictSame([kept.rows, kept.seen, drawn], [3, 7, []])
})

t.test('rows of a pick alone are offered', async t => {
  const { kept, offer, numbers, words } = reservoir(10, never)
  const all = Array.from({ length: 12 }, (_, index) => index)
  offer(request(all), { first: 1, stride: 3, count: 4 })
  t.strictSame(numbers(), [1, 4, 7, 10])
  t.strictSame(words(), ['1', '4', '7', '10'])
  t.equal(kept.seen, 4)
})

t.test('a pick goes on from one chunk to the next', async t => {
  const { offer, numbers } = reservoir(200, never)
  const all = Array.from({ length: 300 }, (_, index) => index)
  offer(request(all), { first: 2, stride: 2, count: 140 })
  t.strictSame(
    numbers(),
    Array.from({ length: 140 }, (_, index) => 2 + 2 * index)
  )
})

t.test('every row has the same chance', async t => {
  const random = seededRandom(3)
  const [rows, size, runs] = [100, 10, 4000]
  const times = new Array<number>(rows).fill(0)
  const values = Array.from({ length: rows }, (_, index) => index)
  for (let run = 0; run < runs; run++) {
    const { offer, numbers } = reservoir(size, random)
    offer(request(values))
    for (const row of numbers()) times[row]! += 1
  }
  const expected = (runs * size) / rows
  const chiSquare = times.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
  // 99 degrees of freedom: above 161 once in ten thousand times, and the seed is fixed.
  t.ok(chiSquare < 161, `χ² ${chiSquare}`)
})

t.test('what was handed out does not change any more', async t => {
  const { kept, offer } = reservoir(2, () => 0)
  offer(request([1, 2]))
  const before = kept.columns()
  offer(request([3]))
  t.strictSame([...before.get(0)!], [1, 2])
  t.strictSame([...before.get(1)!], ['1', '2'])
  t.strictSame([...kept.columns().get(0)!], [3, 2])
})

t.test('a flood of different texts takes no more room than the sample', async t => {
  const { kept, offer, words } = reservoir(100, seededRandom(1))
  const long = 'x'.repeat(1000)
  for (let batch = 0; batch < 500; batch++) {
    const texts = Array.from({ length: 64 }, (_, index) => `${batch} ${index} ${long}`)
    offer(request(new Array<number>(64).fill(0), texts))
  }
  t.strictSame([kept.seen, kept.rows, words().length], [32_000, 100, 100])
  t.ok(
    words().every(word => /^100[4-7]$/.test(word.slice(1)) && word.startsWith('\0')),
    'of long texts the length alone'
  )
})

t.test('a tensor that never comes leaves its column empty', async t => {
  const { offer, numbers, words } = reservoir(10, never)
  offer(request([1, 2]).slice(1), every(2))
  t.strictSame([numbers(), words()], [[], ['1', '2']])
})
