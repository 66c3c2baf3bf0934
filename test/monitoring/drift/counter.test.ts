import t from 'tap'
import { seededRandom } from '../../../src/base/random.ts'
import { binOf, binsOf, cellKinds, cellsOf, type NumericBins } from '../../../src/monitoring/drift/bins.ts'
import { buildReference } from '../../../src/monitoring/drift/build-reference.ts'
import { blockRows } from '../../../src/monitoring/drift/column-block.ts'
import { Counter } from '../../../src/monitoring/drift/counter.ts'
import { PcaResidual } from '../../../src/monitoring/drift/pca.ts'
import type { MonitorPlan } from '../../../src/monitoring/drift/plan.ts'
import type { Column } from '../../../src/monitoring/drift/reservoir.ts'
import { RowBudget } from '../../../src/monitoring/drift/row-budget.ts'
import { Sources } from '../../../src/monitoring/drift/sources.ts'
import type { InputRules } from '../../../src/schema/features.ts'
import type { Signature } from '../../../src/schema/signature.ts'
import type { NamedTensor } from '../../../src/tensor/tensor.ts'
import { normalProfile, normals, numericPlans, plansOf, watch } from '../../helpers/drift-world.ts'

const signature: Signature = {
  inputs: [
    { name: 'x', datatype: 'FP64', shape: ['n'] },
    { name: 'plan', datatype: 'BYTES', shape: ['n'] },
    { name: 'note', datatype: 'BYTES', shape: ['n'] }
  ],
  outputs: [{ name: 'y', datatype: 'INT64', shape: ['n'] }]
}
const notes = Array.from({ length: 300 }, (_, index) => `${index} `.padEnd(10 + (index % 40), '.'))
const training: readonly Column[] = [
  Float64Array.from({ length: 100 }, (_, index) => index + 1),
  ['basic', 'basic', 'pro'],
  notes,
  Float64Array.from([0, 0, 1])
]

function counter(rules: Readonly<Record<string, InputRules>> = {}, budgetUs = 0, nowMs = () => 0) {
  const plans: readonly MonitorPlan[] = plansOf(signature, rules)
  const cells = cellsOf(plans.map((plan, index) => binsOf(plan, buildReference(plan, training[index]!))))
  const budgets = {
    inputs: new RowBudget(budgetUs, seededRandom(1)),
    outputs: new RowBudget(0, seededRandom(2))
  }
  const sources = new Sources(plans, { seed: 1 })
  const each = new Counter({ monitors: plans, cells, sources, budgets, nowMs })
  /** Counts of a monitor: of its bins, and of the kinds that have none. */
  const counts = (name: string) => {
    const { offset, bins } = cells.places[plans.findIndex(plan => plan.name === name)]!
    const own = each.cells.subarray(offset, offset + bins.count + cellKinds.length)
    const [missing, nan, inf, below, above] = own.subarray(bins.count)
    return { bins: [...own.subarray(0, bins.count)], kinds: { missing, nan, inf, below, above } }
  }
  return { counter: each, counts, sources }
}

const numbers = (values: readonly number[]): NamedTensor => ({
  name: 'x',
  datatype: 'FP64',
  shape: [values.length],
  data: Float64Array.from(values)
})
const texts = (name: string, values: readonly string[]): NamedTensor => ({
  name,
  datatype: 'BYTES',
  shape: [values.length],
  data: [...values]
})
const labels = (values: readonly number[]): NamedTensor => ({
  name: 'y',
  datatype: 'INT64',
  shape: [values.length],
  data: BigInt64Array.from(values, BigInt)
})

const none = { missing: 0, nan: 0, inf: 0, below: 0, above: 0 }
const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0)

t.test('each value is in its bin, and what has no bin in its kind', async t => {
  const { counter: each, counts } = counter({ x: { type: 'number' } })
  const odd = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  // Edges lie at 11, 21, … 91.
  each.countInputs([numbers([1, 10, 11, 55, 91, 100, 0, 101, 1e308, -1e308, ...odd])], 13)
  t.strictSame(counts('x'), {
    bins: [4, 1, 0, 0, 0, 1, 0, 0, 0, 4],
    kinds: { missing: 0, nan: 1, inf: 2, below: 2, above: 2 }
  })
  t.strictSame([each.rowsSeen, each.rowsCounted], [13, 13])
  t.ok(each.sums.every(Number.isFinite), 'the largest numbers do not spoil the sums')
})

t.test('a missing number is no NaN where it may be missing', async t => {
  const { counter: each, counts } = counter({ x: { type: 'number', nullable: true } })
  each.countInputs([numbers([Number.NaN, 1, Number.NaN])], 3)
  t.match(counts('x').kinds, { missing: 2, nan: 0 })
})

t.test('texts are counted by name, and names that nobody knows as unseen', async t => {
  const { counter: each, counts } = counter({ plan: { type: 'string', nullable: true } })
  const values = ['basic', 'pro', 'pro', '', '__proto__', 'constructor', 'Pro', 'x'.repeat(1e6)]
  each.countInputs([texts('plan', values)], values.length)
  // basic, pro, other, unseen
  t.strictSame(counts('plan'), { bins: [1, 2, 0, 4], kinds: { ...none, missing: 1 } })
})

t.test('texts that are no categories are counted by their length', async t => {
  const { counter: each, counts } = counter({ note: { type: 'string', nullable: true } })
  // Lengths of the reference are 10 to 49.
  each.countInputs([texts('note', ['x'.repeat(10), 'x'.repeat(49), '', 'x', 'x'.repeat(1e5)])], 5)
  const { bins, kinds } = counts('note')
  t.strictSame(kinds, { ...none, missing: 1, below: 1, above: 1 })
  t.strictSame([bins[0], bins.at(-1), sum(bins)], [2, 2, 4])
  const strict = counter()
  strict.counter.countInputs([texts('note', [''])], 1)
  t.strictSame(strict.counts('note').kinds, { ...none, below: 1 }, 'an empty text has the length 0')
})

t.test('outputs are counted apart from the rows that came', async t => {
  const { counter: each, counts } = counter()
  each.countInputs([labels([0, 1])], 2)
  each.countOutputs([labels([0, 1, 1, 7]), numbers([5])], 4)
  t.equal(sum(counts('x').bins), 0)
  t.strictSame(counts('output:y').bins, [1, 2, 0, 1])
  t.strictSame([each.rowsSeen, each.rowsCounted], [2, 2])
})

t.test('what a request does not bring is not counted, and neither is a request without rows', async t => {
  const { counter: each, counts } = counter()
  each.countInputs([numbers([5, 5])], 2)
  t.strictSame([sum(counts('x').bins), sum(counts('plan').bins), sum(counts('note').bins)], [2, 0, 0])
  each.countInputs([numbers([]), texts('plan', [])], 0)
  each.countOutputs([], 3)
  t.equal(sum(counts('x').bins), 2)
  t.strictSame([each.rowsSeen, each.rowsCounted], [2, 2])
  each.countInputs([texts('plan', ['pro']), numbers([7])], 1)
  t.strictSame([sum(counts('x').bins), counts('plan').bins], [3, [0, 1, 0, 0]], 'in any order')
})

t.test('nothing of a request is held when it was counted', async t => {
  const { counter: each, sources } = counter()
  each.countInputs([numbers([5]), texts('plan', ['pro'])], 1)
  t.strictSame(
    sources.each.map(source => source?.read({ first: 0, stride: 1, count: 1 })),
    [undefined, undefined, undefined, undefined]
  )
})

t.test('a request of many chunks is counted whole', async t => {
  const { counter: each, counts } = counter()
  const values = Array.from({ length: 1000 }, (_, index) => (index % 100) + 1)
  each.countInputs([numbers(values), texts('plan', values.map(String))], 1000)
  t.strictSame(counts('x').bins, new Array<number>(10).fill(100))
  t.equal(counts('plan').bins.at(-1), 1000)
})

t.test('where time is short rows are left out evenly, and how many is told', async t => {
  // A row takes two microseconds, of which 200 may be spent: a hundred rows of each thousand.
  const { counter: each, counts } = counter({}, 200, () => sum(counts('x').bins) * 0.002)
  const values = Array.from({ length: 1000 }, (_, index) => (index % 100) + 1)
  for (let request = 0; request < 50; request++) each.countInputs([numbers(values)], 1000)
  t.equal(each.rowsSeen, 50_000)
  t.ok(each.rowsCounted > 4000 && each.rowsCounted <= 5000, `${each.rowsCounted} rows`)
  t.equal(sum(counts('x').bins), each.rowsCounted)
})

t.test(
  'the clock is asked for the first requests, for one in sixteen afterwards, and for each block of rows',
  async t => {
    let asked = 0
    const { counter: each } = counter({}, 1e9, () => ++asked)
    for (let request = 0; request < 161; request++) each.countInputs([numbers([1])], 1)
    t.equal(asked, 2 * (16 + 10) + 2 * Math.floor(161 / blockRows))
  }
)

t.test('a million different texts take no room', async t => {
  const { counter: each, counts } = counter()
  const [cells, sums] = [each.cells.length, each.sums.length]
  for (let batch = 0; batch < 1000; batch++) {
    const values = Array.from({ length: 1000 }, (_, index) => `${batch}/${index}`)
    each.countInputs([texts('plan', values), texts('note', values)], 1000)
  }
  t.strictSame([each.cells.length, each.sums.length], [cells, sums])
  t.strictSame(counts('plan').bins, [0, 0, 0, 1_000_000])
  t.equal(counts('note').kinds.below, 1_000_000)
})

t.test('without monitors of a role nothing is looked at', async t => {
  const cells = cellsOf([])
  const never = { take: () => t.fail('a budget was asked') } as unknown as RowBudget
  const budgets = { inputs: never, outputs: never }
  const sources = new Sources([], { seed: 1 })
  const each = new Counter({ monitors: [], cells, sources, budgets, nowMs: () => 0 })
  each.countInputs([numbers([1, 2])], 2)
  each.countOutputs([labels([1])], 1)
  t.strictSame([each.rowsSeen, each.rowsCounted], [2, 2])
})

t.test('the residual is of the columns that its profile names, of the same rows', async t => {
  const plans = numericPlans(3)
  const profile = normalProfile(plans, 1000)
  const watched = watch(plans, profile)
  const next = normals(7)
  const rows = Array.from({ length: 100 }, () => [0, 1, 2].map(() => Math.fround(next())))
  for (const row of rows)
    watched.counter.countInputs(
      [{ name: 'x', datatype: 'FP32', shape: [1, 3], data: Float32Array.from(row) }],
      1
    )
  const monitor = watched.monitors.find(({ plan }) => plan.role === 'derived')!
  const { bins, offset } = monitor.place
  const residual = new PcaResidual(profile.pca!)
  const order = profile.pca!.features.map(feature => Number(feature.slice(1)))
  const expected = new Array<number>(bins.count).fill(0)
  for (const row of rows) {
    const value = residual.residual(Float64Array.from(order, column => row[column]!))
    expected[binOf((bins as NumericBins).edges, value)]! += 1
  }
  t.strictSame([...watched.counter.cells.subarray(offset, offset + bins.count)], expected)
})
