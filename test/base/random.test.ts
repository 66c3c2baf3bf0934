import t from 'tap'
import { nextGapMs, randomBelow, seededRandom } from '../../src/base/random.ts'

const take = (count: number, seed: number): number[] => {
  const random = seededRandom(seed)
  return Array.from({ length: count }, random)
}

t.test('a seed repeats, another gives other numbers', async t => {
  t.same(take(100, 7), take(100, 7))
  t.notSame(take(100, 7), take(100, 8))
  t.same(take(3, 2 ** 32 - 1), take(3, -1), 'seeds have 32 bits')
})

t.test('numbers are spread evenly from 0 to below 1', async t => {
  const counts = new Array<number>(10).fill(0)
  for (const value of take(100_000, 1)) {
    if (!(value >= 0 && value < 1)) t.fail(String(value))
    counts[Math.floor(value * 10)]!++
  }
  for (const count of counts) t.ok(Math.abs(count - 10_000) < 400, String(count))
})

t.test('whole numbers stay below the end', async t => {
  const random = seededRandom(3)
  const seen = new Set(Array.from({ length: 200 }, () => randomBelow(4, random)))
  t.same([...seen].sort(), [0, 1, 2, 3])
})

t.test('gaps are those of a Poisson process', async t => {
  const random = seededRandom(5)
  const gaps = Array.from({ length: 100_000 }, () => nextGapMs(200, random))
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length
  t.ok(Math.abs(mean - 5) < 0.05, `${mean} ms on average`)
  // Exponential: a share of 1/e is longer than the average.
  const longer = gaps.filter(gap => gap > 5).length / gaps.length
  t.ok(Math.abs(longer - Math.exp(-1)) < 0.01, `${longer} are longer`)
  t.ok(gaps.every(Number.isFinite), 'no gap is endless')
})
