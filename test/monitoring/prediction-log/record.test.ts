import t from 'tap'
import { type CaptureLimits, capture } from '../../../src/monitoring/prediction-log/capture.ts'
import type { Rule } from '../../../src/monitoring/prediction-log/plan.ts'
import {
  type PredictionRecord,
  type RecordFacts,
  recordLine
} from '../../../src/monitoring/prediction-log/record.ts'
import type { NamedTensor } from '../../../src/tensor/tensor.ts'

const limits: CaptureLimits = {
  rowsPerRequestMax: 4096,
  elementsPerTensorMax: 65_536,
  recordBytesMax: 2 ** 20
}

const facts: RecordFacts = {
  time: '2026-01-01T00:00:00.000Z',
  model: 'churn',
  version: 3,
  protocol: 'v2',
  outcome: 'success',
  durationMs: 1.5,
  id: undefined,
  predictionId: 'p-1',
  rows: 2
}

/** Tensors under one rule for all; a tensor of rank 2 is logged by columns `name.0`, `name.1` where it is called so. */
function entriesOf(rows: number, rule: Rule, ...tensors: readonly NamedTensor[]) {
  const plans = tensors.map(({ name, shape }) => {
    const columns = name.startsWith('columns')
      ? Array.from({ length: shape[1]! }, (_, index) => ({
          name: `${name}.${index}`,
          rule,
          feature: undefined
        }))
      : undefined
    return [name, { name, columns, rule }] as const
  })
  return capture(tensors, new Map(plans), rows, limits).entries
}

const fp32 = (name: string, shape: readonly number[], ...values: readonly number[]): NamedTensor => ({
  name,
  datatype: 'FP32',
  shape,
  data: Float32Array.from(values)
})

const hash = (json: string): string => `#${json}`

function lineOf(record: Partial<PredictionRecord>, bytesMax = 2 ** 20): { line: string; steps: number } {
  const whole = { facts, inputs: [], outputs: [], rowsKept: record.facts?.rows ?? 2, ...record }
  const writing = recordLine(whole, hash, bytesMax)
  for (let steps = 0; ; steps++) {
    const { done, value } = writing.next()
    if (done === true) return { line: value, steps }
  }
}

t.test('a record in full', async t => {
  const inputs = entriesOf(2, 'keep', fp32('columns', [2, 2], 1, 2, 3, Number.NaN))
  const outputs = entriesOf(2, 'keep', fp32('label', [2], 0, 1), fp32('odds', [2, 2], 0.5, 0.5, 0.25, 0.75))
  t.equal(
    lineOf({ facts: { ...facts, id: 'mine' }, inputs, outputs }).line,
    '{"time":"2026-01-01T00:00:00.000Z","model":"churn","version":3,"protocol":"v2","outcome":"success",' +
      '"durationMs":1.5,"id":"mine","predictionId":"p-1","rows":2,"rowsLeftOut":0,' +
      '"inputs":{"columns.0":[1,3],"columns.1":[2,"NaN"]},' +
      '"outputs":{"label":[0,1],"odds":{"datatype":"FP32","shape":[2,2],"data":[0.5,0.5,0.25,0.75]}}}'
  )
})

t.test('what is not kept', async t => {
  const scalar = fp32('scalar', [], 7)
  const x = fp32('x', [2, 2], 1, 2, 3, 4)
  const cases: [rule: Rule, expected: object][] = [
    ['redact', { x: '[redacted]', scalar: '[redacted]', 'columns.0': '[redacted]' }],
    [
      'hash',
      {
        x: { datatype: 'FP32', shape: [2, 2], hashes: ['#[1,2]', '#[3,4]'] },
        scalar: { datatype: 'FP32', shape: [], hashes: ['#[7]'] },
        'columns.0': ['#5', '#6']
      }
    ]
  ]
  for (const [rule, expected] of cases) {
    const inputs = entriesOf(2, rule, x, scalar, fp32('columns', [2, 1], 5, 6))
    t.strictSame((JSON.parse(lineOf({ inputs }).line) as { inputs: unknown }).inputs, expected)
  }
  const described = { form: 'described', name: 'image', datatype: 'FP32', shape: [1, 3] } as const
  t.match(lineOf({ inputs: [described] }).line, '"inputs":{"image":{"datatype":"FP32","shape":[1,3]}}')
})

t.test('names and ids are text like any other', async t => {
  const name = 'a"\n\\ü'
  const { line } = lineOf({
    facts: { ...facts, id: '"}\n' },
    inputs: entriesOf(2, 'keep', fp32(name, [2], 1, 2))
  })
  t.notMatch(line, /\n/)
  t.match(JSON.parse(line), { id: '"}\n', inputs: { [name]: [1, 2] } })
})

t.test('rows are left out until the line fits', async t => {
  const rows = 64
  const values = Array.from({ length: rows }, (_, index) => index / 7)
  const inputs = entriesOf(rows, 'keep', fp32('x', [rows], ...values))
  const all = { facts: { ...facts, rows }, inputs }
  const whole = Buffer.byteLength(lineOf(all).line)
  for (let bytesMax = whole; bytesMax > 0; bytesMax -= 13) {
    const { line } = lineOf(all, bytesMax)
    const { rowsLeftOut, inputs } = JSON.parse(line) as { rowsLeftOut: number; inputs: { x?: number[] } }
    t.equal((inputs.x?.length ?? 0) + rowsLeftOut, rows)
    if (inputs.x !== undefined) {
      t.strictSame(
        inputs.x,
        values
          .map(Math.fround)
          .map(shortest)
          .slice(0, rows - rowsLeftOut)
      )
      if (Buffer.byteLength(line) > bytesMax) t.fail(`${Buffer.byteLength(line)} bytes, at most ${bytesMax}`)
    }
  }
  t.match(JSON.parse(lineOf(all, whole).line), { rowsLeftOut: 0 })
  t.match(JSON.parse(lineOf(all, whole - 1).line), { rowsLeftOut: rows / 2 })
  t.match(JSON.parse(lineOf(all, 10).line), { rowsLeftOut: rows, inputs: {}, outputs: {} })
})

/** The double that the shortest text of a float32 reads back as. */
function shortest(value: number): number {
  for (let digits = 1; digits <= 9; digits++) {
    const text = Number(value.toPrecision(digits))
    if (Math.fround(text) === value) return text
  }
  return value
}

t.test('work is done in steps: one an entry, one a hash', async t => {
  const tensor = fp32('columns', [2, 3], 1, 2, 3, 4, 5, 6)
  t.equal(lineOf({ inputs: entriesOf(2, 'keep', tensor) }).steps, 3)
  t.equal(lineOf({ inputs: entriesOf(2, 'hash', tensor) }).steps, 3 + 6)
  t.equal(lineOf({ inputs: entriesOf(2, 'hash', fp32('x', [2, 3], 1, 2, 3, 4, 5, 6)) }).steps, 1 + 2)
})
