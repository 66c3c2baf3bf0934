import t from 'tap'
import { columnInputs, readColumns } from '../../../src/protocol/records/columns.ts'
import type { Contract } from '../../../src/schema/contract.ts'
import { contractFor } from '../../helpers/arbitrary-contracts.ts'

const pair = contractFor([{ name: 'x', datatype: 'FP32', shape: ['n', 2] }], {
  x: { columns: [{ name: 'a' }, { name: 'b', nullable: true }] }
})
const each = contractFor(
  [
    { name: 'age', datatype: 'FP32', shape: ['n', 1] },
    { name: 'plan', datatype: 'INT64', shape: ['n', 1] },
    { name: 'flat', datatype: 'FP32', shape: ['n'] }
  ],
  { age: { nullable: true }, plan: { type: 'category', values: ['p', 'q'] } }
)
const text = contractFor([{ name: 'x', datatype: 'BYTES', shape: [] }])

function read(contract: Contract, whole: unknown): unknown {
  const result = readColumns(whole, contract, 'inputs')
  if (!('problems' in result))
    return Object.fromEntries(result.tensors.map(({ name, data }) => [name, [...data]]))
  const { path, problem } = result.problems[0]!
  return `${path}: ${problem}`
}

t.test('the whole value, inputs by name, and lists by feature', async t => {
  const cases: [contract: Contract, whole: unknown, elements: unknown][] = [
    [
      pair,
      [
        [1, 2],
        [3, 4]
      ],
      { x: [1, 2, 3, 4] }
    ],
    [pair, { x: [[1, 2]] }, { x: [1, 2] }],
    [pair, { b: [2, null], a: [1, 3] }, { x: [1, 2, 3, Number.NaN] }],
    [pair, { a: [1] }, { x: [1, Number.NaN] }],
    [text, { b64: 'YQ' }, { x: ['a'] }],
    [text, { x: 'b' }, { x: ['b'] }],
    [each, { age: [[1]], plan: [[1]], flat: [2] }, { age: [1], plan: [1n], flat: [2] }],
    [
      each,
      { age: [1, null], plan: ['q', 'p'], flat: [2, 3] },
      { age: [1, Number.NaN], plan: [1n, 0n], flat: [2, 3] }
    ],
    [each, { plan: ['q'], flat: [2] }, { age: [Number.NaN], plan: [1n], flat: [2] }]
  ]
  for (const [contract, whole, elements] of cases)
    t.strictSame(read(contract, whole), elements, JSON.stringify(whole))
})

t.test('what is wrong is told where it stands', async t => {
  const cases: [contract: Contract, whole: unknown, told: string][] = [
    [each, [[1]], 'inputs: not valid'],
    [each, null, 'inputs: not valid'],
    [pair, null, 'inputs: not a FP32 value'],
    [pair, {}, 'inputs.x: input "x" is missing'],
    [pair, { y: [[1, 2]] }, 'inputs.y: the model has no input "y"'],
    [pair, { a: [1, 2], b: [1] }, 'inputs.b: columns are lists of one length'],
    [pair, { a: [], b: [] }, 'inputs.a: columns are lists of one length'],
    [pair, { a: 1, b: 1 }, 'inputs.a: columns are lists of one length'],
    [
      each,
      { age: [], plan: [], flat: [] },
      'inputs.age: input "age" has the wrong shape (1 dimension where the model has 2)'
    ],
    [pair, { a: [1, 'p'] }, 'inputs.a[1]: not a FP32 value'],
    [pair, { b: [1, 2] }, 'inputs.a[0]: the feature is missing'],
    [pair, { a: [1], c: [1] }, 'inputs: the model has no feature "c"'],
    [pair, [1, 2], 'inputs: input "x" has the wrong shape (1 dimension where the model has 2)'],
    [each, { age: [[1]], plan: ['q'], flat: [2] }, 'inputs.age[0]: not a FP32 value']
  ]
  for (const [contract, whole, told] of cases) t.equal(read(contract, whole), told, JSON.stringify(whole))
  const many = readColumns(
    Object.fromEntries([['a', [1]], ...Array.from({ length: 100 }, (_, index) => [`c${index}`, 1])]),
    pair,
    'inputs'
  )
  t.equal('problems' in many && many.problems.length, 32)
})

t.test('which inputs are one column', async t => {
  t.strictSame([...columnInputs(each)], ['age', 'plan'])
  t.strictSame([...columnInputs(pair)], [])
  t.strictSame(
    [...columnInputs(contractFor([{ name: 'x', datatype: 'FP32', shape: [3, 1] }]))],
    [],
    'a whole tensor is none'
  )
})
