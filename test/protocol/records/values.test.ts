import t from 'tap'
import {
  isBytes,
  isObject,
  readValues,
  repeatedName,
  withText
} from '../../../src/protocol/records/values.ts'
import { contractFor } from '../../helpers/arbitrary-contracts.ts'

t.test('objects, and objects that stand for bytes', async t => {
  for (const value of [{}, { a: 1 }, { b64: 1 }, Object.create(null)]) t.ok(isObject(value))
  for (const value of [[], null, undefined, 1, 'a']) t.notOk(isObject(value))
  for (const value of [{ b64: '' }, { b64: 5 }]) t.ok(isBytes(value))
  for (const value of [{}, { b64: '', a: 1 }, { B64: '' }, Object.create({ b64: '' }), ['b64'], null])
    t.notOk(isBytes(value))
})

t.test('base64 becomes text, by either alphabet, padded or not; what is none stays', async t => {
  const texts: [b64: string, text: string][] = [
    ['', ''],
    ['YQ==', 'a'],
    ['YQ', 'a'],
    ['YWI=', 'ab'],
    ['YWJj', 'abc'],
    ['8J+YgA==', '😀'],
    ['8J-YgA', '😀']
  ]
  for (const [b64, text] of texts) t.equal(withText({ b64 }), text, b64)
  for (const b64 of ['Y', 'YWJjZ', '=', 'YWJj=', 'YQ===', 'Y Q=', 'YQ==YQ==', '/w==', 'ü', 5, null])
    t.strictSame(withText({ b64 }), { b64 }, String(b64))
  t.strictSame(withText([[{ b64: 'YQ' }], 'b', 5, { a: { b64: 'YQ' } }]), [
    ['a'],
    'b',
    5,
    { a: { b64: 'YQ' } }
  ])
})

t.test('the first name that comes again', async t => {
  t.equal(repeatedName([]), undefined)
  t.equal(repeatedName(['a', 'b', 'c', 'b', 'a']), 'b')
  t.equal(repeatedName(['constructor', 'toString', '__proto__']), undefined)
})

const { signature } = contractFor([
  { name: 'x', datatype: 'FP32', shape: ['n', 2] },
  { name: 'y', datatype: 'BYTES', shape: ['n'] }
])
const read = (values: Record<string, unknown>) => readValues(signature, values, name => `at.${name}`)

t.test('whole inputs by name', async t => {
  const result = read({
    y: ['a', { b64: 'YQ' }],
    x: [
      [1, 2],
      ['NaN', 4]
    ]
  })
  t.match(result, {
    tensors: [
      { name: 'x', shape: [2, 2], data: Float32Array.of(1, 2, Number.NaN, 4) },
      { name: 'y', shape: [2], data: ['a', 'a'] }
    ]
  })
  if ('problems' in result) return
  t.equal(result.placeOf('x', 'a', 3), 'at.x[1][1]')
  t.equal(result.placeOf('y', 'y', 1), 'at.y[1]')
})

t.test('everything that is wrong with them, where it stands', async t => {
  const cases: [values: Record<string, unknown>, problems: object[]][] = [
    [
      {},
      [
        { path: 'at.x', kind: 'name' },
        { path: 'at.y', problem: 'input "y" is missing' }
      ]
    ],
    [
      { x: [[1, 2]], y: ['a'], Y: 1 },
      [{ path: 'at.Y', kind: 'name', hint: "did you mean 'y'?", expected: "one of 'x', 'y'" }]
    ],
    [{ x: [[1, 2], [3]], y: ['a'] }, [{ path: 'at.x[1]', kind: 'shape' }]],
    [
      { x: [[1, '2']], y: [5] },
      [
        { path: 'at.x[0][1]', kind: 'type' },
        { path: 'at.y[0]', kind: 'type' }
      ]
    ],
    [{ x: 5, y: null }, [{ path: 'at.y', kind: 'type' }]],
    [{ x: [1, 2], y: ['a'] }, [{ path: 'at.x', kind: 'shape', expected: '[n,2]', got: '[2]' }]],
    [{ x: [[1, 2]], y: ['a', 'b'] }, [{ path: 'at.y', kind: 'shape' }]],
    [{ x: [[1, 2, 3]], y: [['a']] }, [{ path: 'at.x' }, { path: 'at.y' }]]
  ]
  for (const [values, problems] of cases) {
    const result = read(values)
    t.match('problems' in result && result.problems, problems, JSON.stringify(values))
  }
  const many = read(Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`z${index}`, 1])))
  t.equal('problems' in many && many.problems.length, 34, 'names that are unknown are told up to a number')
})
