import t from 'tap'
import { compareOutput } from '../../src/lifecycle/gate-compare.ts'
import type { ExpectedOutput } from '../../src/repository/gate-file.ts'
import { halfFromNumber } from '../../src/tensor/half.ts'
import type { NamedTensor } from '../../src/tensor/tensor.ts'

const expected = (data: unknown, over: Partial<ExpectedOutput> = {}): ExpectedOutput => ({
  name: 'y',
  data,
  shape: undefined,
  absolute: 1e-5,
  relative: 1e-4,
  ...over
})
const fp32 = (...values: number[]): NamedTensor => ({
  name: 'y',
  datatype: 'FP32',
  shape: [values.length],
  data: Float32Array.from(values)
})

t.test('what counts as equal', async t => {
  const wide = 2n ** 60n + 1n
  const cases: [name: string, wanted: ExpectedOutput, got: NamedTensor, same: boolean][] = [
    ['equal', expected([1, 2]), fp32(1, 2), true],
    ['within the relative tolerance', expected([1000]), fp32(1000.09), true],
    ['beyond it', expected([1000]), fp32(1000.2), false],
    ['within the absolute one', expected([0]), fp32(9e-6), true],
    ['beyond it', expected([0]), fp32(2e-5), false],
    ['no tolerance', expected([1], { absolute: 0, relative: 0 }), fp32(1.0000001), false],
    ['NaN wanted and got', expected(['NaN']), fp32(Number.NaN), true],
    ['NaN got', expected([1]), fp32(Number.NaN), false],
    ['NaN wanted', expected([Number.NaN]), fp32(1), false],
    ['infinity', expected(['Infinity']), fp32(Number.POSITIVE_INFINITY), true],
    ['the other infinity', expected(['-Infinity']), fp32(Number.POSITIVE_INFINITY), false],
    ['a number that is none', expected(['x']), fp32(1), false],
    ['nested', expected([[1], [2]]), { ...fp32(1, 2), shape: [2, 1] }, true],
    ['a scalar', expected(5), { ...fp32(5), shape: [] }, true],
    [
      'half',
      expected([0.5]),
      { name: 'y', datatype: 'FP16', shape: [1], data: Uint16Array.of(halfFromNumber(0.5)) },
      true
    ],
    ['text', expected(['a', 'b']), { name: 'y', datatype: 'BYTES', shape: [2], data: ['a', 'b'] }, true],
    ['other text', expected(['a']), { name: 'y', datatype: 'BYTES', shape: [1], data: ['A'] }, false],
    [
      'wide integers by their digits',
      expected([wide.toString()]),
      { name: 'y', datatype: 'INT64', shape: [1], data: BigInt64Array.of(wide) },
      true
    ],
    [
      'one off',
      expected([(wide - 1n).toString()]),
      { name: 'y', datatype: 'INT64', shape: [1], data: BigInt64Array.of(wide) },
      false
    ],
    [
      'small ones as numbers',
      expected([3]),
      { name: 'y', datatype: 'INT64', shape: [1], data: BigInt64Array.of(3n) },
      true
    ],
    [
      'true and false',
      expected([true, false]),
      { name: 'y', datatype: 'BOOL', shape: [2], data: Uint8Array.of(1, 0) },
      true
    ],
    ['not so', expected([true]), { name: 'y', datatype: 'BOOL', shape: [1], data: Uint8Array.of(0) }, false],
    ['none', expected([]), { ...fp32(), shape: [0, 3] }, true]
  ]
  for (const [name, wanted, got, same] of cases) t.equal(compareOutput(wanted, got).length === 0, same, name)
})

t.test('what differs is told by row, with what was expected and what came', async t => {
  const got: NamedTensor = {
    name: 'y',
    datatype: 'FP32',
    shape: [3, 2],
    data: Float32Array.of(0, 1, 2, 3, 4, 5)
  }
  t.strictSame(compareOutput(expected([0, 1, 2, 3.5, 4, 6]), got), [
    { row: 1, output: 'y', problem: 'the value differs', expected: 3.5, got: 3 },
    { row: 2, output: 'y', problem: 'the value differs', expected: 6, got: 5 }
  ])
  t.match(compareOutput(expected([1]), undefined), [{ problem: 'the model has no such output' }])
  t.match(compareOutput(expected([1]), got), [
    { problem: 'the number of elements differs', expected: 1, got: 6 }
  ])
  t.match(compareOutput(expected([0, 1, 2, 3, 4, 5], { shape: [6] }), got), [
    { problem: 'the shape differs', expected: '[6]', got: '[3,2]' }
  ])
})
