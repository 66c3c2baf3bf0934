import t from 'tap'
import { seededRandom } from '../../../src/base/random.ts'
import type { Watched } from '../../../src/monitoring/drift/watched.ts'
import { normalProfile, normals, numbers, numericPlans, watch } from '../../helpers/drift-world.ts'

const plans = numericPlans(3)
const profile = normalProfile(plans, 2000)
const requests = (seed: number, sizes: readonly number[]) => {
  const next = normals(seed)
  return sizes.map(rows => ({ rows, tensors: numbers(rows, 3, () => Math.fround(next())) }))
}

const cellsOf = ({ counter }: Watched): number[] => [...counter.cells]

t.test('rows count the same, however they came and whenever they are looked at', async t => {
  const sizes = [1, 1, 1, 31, 32, 33, 64, 65, 200, 1]
  const [single, looked, whole] = [watch(plans, profile), watch(plans, profile), watch(plans, profile)]
  const all: number[] = []
  for (const { rows, tensors } of requests(1, sizes)) {
    const values = [...(tensors[0]!.data as Float32Array)]
    all.push(...values)
    for (let row = 0; row < rows; row++)
      single.counter.countInputs(
        numbers(1, 3, column => values[row * 3 + column]!),
        1
      )
    looked.counter.countInputs(tensors, rows)
    // What was gathered is counted for whoever looks.
    t.equal(cellsOf(looked).reduce((sum, count) => sum + count, 0) > 0, true)
  }
  let at = 0
  whole.counter.countInputs(
    numbers(all.length / 3, 3, () => all[at++]!),
    all.length / 3
  )
  t.strictSame(cellsOf(looked), cellsOf(whole))
  t.strictSame(cellsOf(single), cellsOf(whole))
  t.equal(whole.counter.rowsCounted, all.length / 3)
})

t.test('every row is in a bin or of another kind, and nothing is NaN', async t => {
  const one = watch(plans, profile)
  const odd = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 1e-45, 3e38, -3e38, 0.5]
  one.counter.countInputs(
    numbers(8, 3, () => 0).map(tensor => ({
      ...tensor,
      data: Float32Array.from({ length: 24 }, (_, index) => odd[Math.floor(index / 3)]!)
    })),
    8
  )
  for (const { place } of one.monitors.filter(({ plan }) => plan.role === 'input')) {
    const cells = cellsOf(one).slice(place.offset, place.offset + place.bins.count + 5)
    const inBins = cells.slice(0, place.bins.count).reduce((sum, count) => sum + count, 0)
    t.strictSame(
      [inBins, ...cells.slice(place.bins.count)],
      [5, 0, 1, 2, 1, 1],
      'missing, NaN, infinite, below, above'
    )
  }
  t.ok([...one.counter.sums].every(Number.isFinite))
})

t.test('beyond its time it looks at a share of the rows, and tells which', async t => {
  let nowMs = 0
  // Each look at the clock is a millisecond later: counting seems to take ages.
  const slow = watch(plans, profile, { requestBudgetUs: 50, random: seededRandom(3), nowMs: () => nowMs++ })
  for (const { rows, tensors } of requests(2, new Array<number>(300).fill(64)))
    slow.counter.countInputs(tensors, rows)
  const { rowsSeen, rowsCounted } = slow.counter
  t.equal(rowsSeen, 300 * 64)
  t.ok(rowsCounted > 0 && rowsCounted < rowsSeen / 10, `${rowsCounted} of ${rowsSeen}`)
  const [first] = slow.monitors
  const inBins = cellsOf(slow).slice(first!.place.offset, first!.place.offset + first!.place.bins.count)
  t.equal(
    inBins.reduce((sum, count) => sum + count, 0),
    rowsCounted
  )
})

t.test('what is not there is not counted', async t => {
  const one = watch(plans, profile)
  one.counter.countInputs([], 5)
  one.counter.countInputs(
    numbers(0, 3, () => 0),
    0
  )
  t.equal(
    cellsOf(one).reduce((sum, count) => sum + count, 0),
    0
  )
})
