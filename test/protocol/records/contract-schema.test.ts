import t from 'tap'
import {
  columnsSchema,
  outputsSchema,
  predictionsSchema,
  recordsSchema,
  rowCount,
  rowsSchema
} from '../../../src/protocol/records/contract-schema.ts'
import type { TensorSpec } from '../../../src/schema/signature.ts'
import { contractFor } from '../../helpers/arbitrary-contracts.ts'
import { compiled } from '../../helpers/json-schema.ts'

const spec = (name: string, ...shape: NonNullable<TensorSpec['shape']>): TensorSpec => ({
  name,
  datatype: 'FP32',
  shape
})

t.test('how many rows inputs have together', async t => {
  const cases: [inputs: TensorSpec[], rows: unknown][] = [
    [[spec('x', 'n', 2), spec('y', null)], 'any'],
    [[spec('x', 'n', 2), spec('y', 3)], 3],
    [[spec('x', 2, 2), spec('y', 3)], 'none'],
    [[spec('x', 'n'), spec('y')], 'none'],
    [[{ name: 'x', datatype: 'FP32', shape: undefined }], 'any']
  ]
  for (const [inputs, rows] of cases) t.equal(rowCount({ inputs, outputs: [] }), rows, JSON.stringify(inputs))
})

t.test('each mixture of lists and features, as far as there are few', async t => {
  const mixture = (count: number) => {
    const names = ['p', 'q', 'r', 's'].slice(0, count)
    return contractFor(
      names.map(name => spec(name, 'n', 1)),
      Object.fromEntries(names.map(name => [name, { columns: [{ name: `${name}1` }] }]))
    )
  }
  const takesThree = compiled(recordsSchema(mixture(3)))
  for (const row of [
    { p: [1], q: [1], r: [1] },
    { p1: 1, q: [1], r1: 1 },
    { p1: 1, q1: 1, r1: 1 }
  ])
    t.ok(takesThree([row]), JSON.stringify(row))
  for (const row of [
    { p: [1], q: [1] },
    { p: [1], p1: 1, q1: 1, r1: 1 },
    { p: 1, q1: 1, r1: 1 }
  ])
    t.notOk(takesThree([row]), JSON.stringify(row))
  const takesFour = compiled(recordsSchema(mixture(4)))
  t.ok(takesFour([{ p: [1], q: [1], r: [1], s: [1] }]))
  t.ok(takesFour([{ p1: 1, q1: 1, r1: 1, s1: 1 }]))
  t.notOk(takesFour([{ p: [1], q1: 1, r1: 1, s1: 1 }]), 'not written out, although it is read')
})

t.test('rows that cannot be are nothing, whole inputs are all that is left', async t => {
  const contract = contractFor([spec('x'), spec('y', 'n')])
  for (const rows of [[], [1], [{ x: 1, y: 2 }]]) t.notOk(compiled(rowsSchema(contract))(rows))
  t.ok(compiled(columnsSchema(contract))({ x: 1, y: [1, 2] }))
  t.notOk(compiled(columnsSchema(contract))({ x: [1], y: [1, 2] }))
  t.ok(
    compiled(columnsSchema(contractFor([{ name: 'x', datatype: 'FP32', shape: undefined }])))([[[1]]]),
    'of any rank'
  )
})

t.test('answers: alone, by name, by role and class', async t => {
  const outputs: TensorSpec[] = [
    { name: 'out', datatype: 'INT64', shape: ['n'] },
    { name: 'prob', datatype: 'FP32', shape: ['n', 2] }
  ]
  const classes = ['no', 'yes']
  const names = { out: { role: 'label', classes }, prob: { role: 'probabilities', classes } }
  const signature = { inputs: [], outputs }
  const plain = compiled(predictionsSchema(signature, names, false))
  const named = compiled(predictionsSchema(signature, names, true))
  const whole = compiled(outputsSchema(signature, names, true))
  t.ok(plain([{ out: 1, prob: [0.5, 'NaN'] }]))
  t.ok(plain([1, 0]), 'one output that was asked for')
  t.notOk(plain([{ out: 'yes', prob: [0.5, 0.5] }]))
  t.ok(named([{ label: 'yes', probabilities: { no: 0.5, yes: 0.5 } }]))
  t.notOk(named([{ label: 'maybe', probabilities: { no: 0.5, yes: 0.5 } }]))
  t.notOk(named([{ label: 'yes', probabilities: { no: 0.5 } }]))
  t.ok(whole({ label: ['yes', 7], probabilities: [{ no: 0.5, yes: 0.5 }] }))
  const alone = { inputs: [], outputs: [{ name: 'y', datatype: 'BYTES', shape: ['n'] } as const] }
  const text = compiled(predictionsSchema(alone, {}, false))
  t.ok(text(['a', { b64: 'YQ==' }]))
  t.notOk(text([1]))
})
