import fc from 'fast-check'
import t from 'tap'
import {
  binOf,
  binsOf,
  cellKinds,
  cellsOf,
  countCodes,
  countNumbers,
  countTexts
} from '../../../src/monitoring/drift/bins.ts'
import { buildReference } from '../../../src/monitoring/drift/build-reference.ts'
import type { MonitorPlan } from '../../../src/monitoring/drift/plan.ts'
import { plansOf } from '../../helpers/drift-world.ts'

const plan = (over: Partial<MonitorPlan> = {}): MonitorPlan => ({
  ...plansOf({ inputs: [{ name: 'x', datatype: 'FP64', shape: ['n', 1] }], outputs: [] })[0]!,
  kind: 'numeric',
  ...over
})

t.test('an edge belongs to the bin above it', async t => {
  const edges = Float64Array.from([1, 2, 3])
  const cases: [value: number, bin: number][] = [
    [Number.NEGATIVE_INFINITY, 0],
    [0.999, 0],
    [1, 1],
    [1.5, 1],
    [2, 2],
    [3, 3],
    [1e308, 3]
  ]
  for (const [value, bin] of cases) t.equal(binOf(edges, value), bin, String(value))
  t.equal(binOf(new Float64Array(0), 7), 0)
  t.equal(binOf(Float64Array.from([0]), -0), 1, '−0 is 0')
})

/** Counts `values` against the reference of `training`. */
function counted(values: number[], training: number[], over: Partial<MonitorPlan> = {}) {
  const of = plan(over)
  const cells = cellsOf([binsOf(of, buildReference(of, Float64Array.from(training)))])
  const [place] = cells.places
  const counts = new Uint32Array(cells.cellCount)
  const sums = new Float64Array(cells.sumCount)
  if (place!.kind === 'numeric') countNumbers(place!, values, 0, values.length, counts, sums)
  else countCodes(place!, values, 0, values.length, counts)
  const bins = place!.bins.count
  const kinds = Object.fromEntries(cellKinds.map((kind, index) => [kind, counts[bins + index]!]))
  return { bins: [...counts.subarray(0, bins)], kinds, sums: [...sums] }
}

t.test('every value is in one bin, or is one of the kinds that have none', async t => {
  const value = fc.oneof(
    fc.double(),
    fc.constantFrom(
      Number.NaN,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      -0,
      0,
      5e-324,
      1.7e308,
      -1.7e308
    )
  )
  fc.assert(
    fc.property(fc.array(value), fc.array(value), fc.boolean(), (values, training, nullable) => {
      const { bins, kinds, sums } = counted(values, training, { nullable })
      const inBins = bins.reduce((sum, count) => sum + count, 0)
      const absent = values.filter(Number.isNaN).length
      return (
        inBins + kinds['missing']! + kinds['nan']! + kinds['inf']! === values.length &&
        kinds[nullable ? 'missing' : 'nan'] === absent &&
        sums.every(Number.isFinite)
      )
    })
  )
  t.pass()
})

t.test(
  'values outside of the range are in the outer bins too, and the range is the declared one where there is one',
  async t => {
    const training = Array.from({ length: 100 }, (_, index) => index)
    const { bins, kinds } = counted([-5, 50, 200, 99], training)
    t.match(kinds, { below: 1, above: 1 })
    t.equal(
      bins.reduce((sum, count) => sum + count, 0),
      4
    )
    t.equal(bins[0], 1)
    t.equal(bins.at(-1), 2)
    t.match(counted([-5, 50, 200, 99], training, { min: -10, max: 60 }).kinds, { below: 0, above: 2 })
  }
)

t.test('codes by their names, and what the reference does not know is unseen', async t => {
  const names = ['red', 'green', 'blue']
  const { bins, kinds } = counted([0, 0, 1, 2, 7, Number.NaN], [0, 0, 1], { kind: 'categorical', names })
  // red, green, other, unseen
  t.strictSame(bins, [2, 1, 0, 2])
  t.match(kinds, { nan: 1 })
})

t.test('texts: names, the names of the others, and the rest', async t => {
  const of = plan({ kind: 'open', datatype: 'BYTES', nullable: true })
  const training = Array.from({ length: 600 }, (_, index) => `c${Math.floor(index / 10)}`)
  const cells = cellsOf([binsOf(of, buildReference(of, training))])
  const [place] = cells.places
  const counts = new Uint32Array(cells.cellCount)
  const texts = ['c0', 'c59', 'new', '', 'x'.repeat(1e6), '__proto__', 'constructor']
  t.equal(place?.kind, 'categorical')
  if (place?.kind !== 'categorical') return
  countTexts(place, texts, texts.length, counts)
  const { count } = place.bins
  t.equal(counts[count - 1], 4, 'unseen')
  t.equal(
    counts.subarray(0, count - 1).reduce((sum, value) => sum + value, 0),
    2
  )
  t.equal(counts[count], 1, 'missing')
})

t.test('a million different texts leave the tables as they are', async t => {
  const of = plan({ kind: 'categorical', datatype: 'BYTES' })
  const bins = binsOf(of, buildReference(of, ['a', 'b', 'a']))
  const cells = cellsOf([bins])
  const [place] = cells.places
  const counts = new Uint32Array(cells.cellCount)
  if (place?.kind !== 'categorical') throw new Error('these are categories')
  for (let index = 0; index < 1_000_000; index++) countTexts(place, [`text ${index}`], 1, counts)
  t.equal(counts[place.bins.count - 1], 1_000_000)
  t.strictSame([place.bins.byText.size, counts.length], [2, 4 + cellKinds.length])
})
