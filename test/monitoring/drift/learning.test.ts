import t from 'tap'
import { Learning, type LearningOptions } from '../../../src/monitoring/drift/learning.ts'
import type { MonitorPlan } from '../../../src/monitoring/drift/plan.ts'
import type { Datatype } from '../../../src/tensor/datatype.ts'
import type { NamedTensor } from '../../../src/tensor/tensor.ts'
import { numericPlans, plansOf } from '../../helpers/drift-world.ts'

/** One input and two outputs, of one value a row each. */
const plans = plansOf({
  inputs: [{ name: 'x', datatype: 'FP32', shape: ['n'] }],
  outputs: [
    { name: 'label', datatype: 'INT64', shape: ['n'] },
    { name: 'score', datatype: 'FP32', shape: ['n'] }
  ]
})

function learning(over: Partial<LearningOptions> = {}, of: readonly MonitorPlan[] = plans): Learning {
  return new Learning(of, 1, { rows: 100, durationMinMs: 60_000, random: () => 0, startedMs: 5000, ...over })
}

const count = (length: number): number[] => Array.from({ length }, (_, index) => index)

const x = (rows: number): NamedTensor[] => [
  { name: 'x', datatype: 'FP32', shape: [rows], data: Float32Array.from(count(rows)) }
]

const answers = (rows: number): NamedTensor[] => [
  { name: 'label', datatype: 'INT64', shape: [rows], data: BigInt64Array.from(count(rows), BigInt) },
  { name: 'score', datatype: 'FP32', shape: [rows], data: Float32Array.from(count(rows), row => row / 4) }
]

t.test('it takes so many rows of inputs and of outputs, and so much time', async t => {
  const each = learning()
  t.strictSame([each.rowsNeeded, each.rows, each.rowsSeen], [100, 0, 0])
  for (let request = 0; request < 3; request++) each.offerInputs(x(40), 40)
  t.strictSame([each.rows, each.rowsSeen, each.isComplete(1e9)], [0, 120, false], 'no answers yet')
  for (let request = 0; request < 3; request++) each.offerOutputs(answers(40), 40)
  t.strictSame([each.rows, each.rowsSeen], [100, 120])
  t.strictSame([each.remainingMs(5000), each.remainingMs(64_999), each.remainingMs(65_000)], [60_000, 1, 0])
  t.equal(each.remainingMs(1e12), 0)
  t.strictSame([each.isComplete(64_999), each.isComplete(65_000)], [false, true])
})

t.test('the sample has each monitor by its place, and says where it comes from', async t => {
  const each = learning({ rows: 3 })
  each.offerInputs(x(3), 3)
  each.offerOutputs(answers(3), 3)
  const { columns, source } = each.sample()
  t.strictSame(
    [...columns].map(([place, column]) => [plans[place]?.name, [...column]]),
    [
      ['x', [0, 1, 2]],
      ['output:label', [0, 1, 2]],
      ['output:score', [0, 0.25, 0.5]]
    ]
  )
  t.strictSame(source, { kind: 'live-capture', rows: 3, sampledRows: 3 })
  // Place 0 of a full sample, since nothing is drawn but 0.
  each.offerInputs(x(10), 10)
  const later = each.sample()
  t.strictSame(later.source, { kind: 'live-capture', rows: 13, sampledRows: 3 })
  t.strictSame([...later.columns.get(0)!], [9, 1, 2])
})

t.test('a large request speaks with 64 rows at most', async t => {
  const cases: [rows: number, offered: number][] = [
    [0, 0],
    [1, 1],
    [64, 64],
    [65, 33],
    [128, 64],
    [129, 43],
    [100_000, 64]
  ]
  for (const [rows, offered] of cases) {
    const each = learning()
    each.offerInputs(x(rows), rows)
    t.equal(each.rowsSeen, offered, `${rows} rows`)
  }
  const each = learning()
  each.offerInputs(x(100_000), 100_000)
  const [first, second] = each.sample().columns.get(0)!
  t.strictSame([first, second], [0, 1563], 'spread over all of it')
})

t.test('answers that lack an output are passed over', async t => {
  const each = learning()
  each.offerInputs(x(2), 2)
  each.offerOutputs(answers(2).slice(1), 2)
  each.offerOutputs([], 2)
  t.equal(each.rows, 0)
  each.offerOutputs(answers(2).reverse(), 2)
  t.equal(each.rows, 2, 'their order does not matter')
  t.strictSame([...each.sample().columns.get(1)!], [0, 1])
})

t.test('a model whose outputs are not monitored learns all the same', async t => {
  const each = learning({ durationMinMs: 0 }, numericPlans(1))
  each.offerInputs([{ ...x(100)[0]!, shape: [100, 1] }], 64)
  t.notOk(each.isComplete(5000))
  each.offerOutputs([], 64)
  t.equal(each.rows, 64)
})

t.test('wide models learn from fewer rows, but not from too few', async t => {
  const wide = (columns: number, datatype: Datatype): readonly MonitorPlan[] =>
    Array.from({ length: columns }, () => ({ ...plans[0]!, datatype }))
  const cases: [columns: number, datatype: Datatype, rows: number, needed: number][] = [
    [1, 'FP32', 5000, 5000],
    [1, 'FP32', 2_000_000, 1_000_000],
    [399, 'FP32', 10_000, 5000],
    [100, 'BYTES', 10_000, 624],
    [512, 'BYTES', 10_000, 500],
    [512, 'BYTES', 200, 200]
  ]
  for (const [columns, datatype, rows, needed] of cases)
    t.equal(learning({ rows }, wide(columns, datatype)).rowsNeeded, needed, `${columns} ${datatype}`)
})
