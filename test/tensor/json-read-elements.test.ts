// One element at a time: what each datatype takes, what becomes of it in memory, and what it refuses with which words.
import fc from 'fast-check'
import t from 'tap'
import type { Problem } from '../../src/errors/serving-error.ts'
import { type Datatype, datatypeNames, factsOf } from '../../src/tensor/datatype.ts'
import { elementProblem, elementWriter, isProblem, readTensorData } from '../../src/tensor/json-read.ts'

const read = (values: unknown[], datatype: Datatype) =>
  readTensorData(values, datatype, [values.length], 1e6, 'data')

const inf = Number.POSITIVE_INFINITY
const float32Max = 3.4028234663852886e38

interface Row {
  readonly takes: readonly unknown[]
  /** What lies in memory afterwards, where that is not what came. */
  readonly stored?: readonly unknown[]
  readonly refuses: readonly unknown[]
}

const rows: Record<Datatype, Row> = {
  BOOL: {
    takes: [true, false, 1, 0, -0],
    stored: [1, 0, 1, 0, 0],
    refuses: [2, -1, 0.5, Number.NaN, 1n, 'true', '', '1', null, [], {}, undefined]
  },
  UINT8: {
    takes: [0, 255, 1e2],
    refuses: [-1, 256, 0.5, Number.NaN, inf, -inf, 1n, 2n ** 64n, '1', '', true, null, [], {}, undefined]
  },
  UINT16: { takes: [0, 65_535], refuses: [-1, 65_536] },
  UINT32: { takes: [0, 4_294_967_295], refuses: [-1, 4_294_967_296, 2 ** 53] },
  INT8: { takes: [-128, 127], refuses: [-129, 128] },
  INT16: { takes: [-32_768, 32_767], refuses: [-32_769, 32_768] },
  INT32: { takes: [-(2 ** 31), 2 ** 31 - 1], refuses: [-(2 ** 31) - 1, 2 ** 31, inf] },
  UINT64: {
    takes: [0, -0, 2 ** 53 - 1, 2n ** 53n + 1n, 2n ** 64n - 1n, '18446744073709551615', '-0', '007'],
    stored: [0n, 0n, 2n ** 53n - 1n, 2n ** 53n + 1n, 2n ** 64n - 1n, 2n ** 64n - 1n, 0n, 7n],
    refuses: [-1, -1n, '-1', 2n ** 64n, '18446744073709551616', 2 ** 53, 1e300, 0.5, '', true, null]
  },
  INT64: {
    takes: [5, -(2 ** 53) + 1, -(2n ** 63n), 2n ** 63n - 1n, '-9223372036854775808'],
    stored: [5n, -(2n ** 53n) + 1n, -(2n ** 63n), 2n ** 63n - 1n, -(2n ** 63n)],
    refuses: [
      ...[2n ** 63n, -(2n ** 63n) - 1n, 2 ** 53, -(2 ** 53), 2 ** 60, inf, [], {}],
      ...['9223372036854775808', '9'.repeat(1e6), '0x10', ' 1', '1\n', '1.0', '1e3', '٣', '--1', '+1']
    ]
  },
  FP16: {
    takes: [0.5, -0, 65_504, -65_519.99, 'NaN', '-Infinity', inf, 1e-9, 2n ** 15n],
    stored: [0x3800, 0x8000, 0x7bff, 0xfbff, 0x7e00, 0xfc00, 0x7c00, 0, 0x7800],
    refuses: [65_520, -65_520, 1e6, 2n ** 70n, null, 'x', '1', 'nan', 'toString', '', true, [], {}]
  },
  FP32: {
    takes: [1.5, -0, 0.1, float32Max, 3.40282356e38, 1e-46, inf, Number.NaN, 'NaN', '-Infinity', 2n ** 70n],
    stored: [
      1.5,
      -0,
      Math.fround(0.1),
      float32Max,
      float32Max,
      0,
      inf,
      Number.NaN,
      Number.NaN,
      -inf,
      2 ** 70
    ],
    refuses: [3.5e38, -3.5e38, 1e300, 10n ** 39n, null, '', '1.5', 'inf', '__proto__', true, {}, undefined]
  },
  FP64: {
    takes: [Number.MAX_VALUE, Number.MIN_VALUE, -0, 2n ** 64n, 'Infinity'],
    stored: [Number.MAX_VALUE, Number.MIN_VALUE, -0, 2 ** 64, inf],
    refuses: [null, {}, [], '1e5', false, ' NaN']
  },
  BYTES: {
    takes: ['', 'é', '😀', 'NaN', '\u0001\n'],
    refuses: [1, 1n, true, null, 'a\0b', '\0', '\ud800', 'a\udc00', [], ['a'], {}]
  }
}

for (const datatype of datatypeNames) {
  const { takes, stored = takes, refuses } = rows[datatype]

  t.test(`${datatype} takes what fits`, async t => {
    const data = read([...takes], datatype)
    t.strictSame(Array.from(data as unknown[]), stored)
    t.ok(
      stored.every((value, index) => Object.is((data as unknown[])[index], value)),
      'to the sign of zero'
    )
  })

  t.test(`${datatype} refuses what does not fit`, async t => {
    for (const [index, value] of refuses.entries()) {
      const problem = { path: 'data[1]', problem: `not a ${datatype} value` }
      t.match(read([takes[0], value], datatype), problem, `row ${index}`)
    }
  })
}

t.test('a whole number is taken exactly when it lies in the range', async () => {
  for (const datatype of datatypeNames) {
    const { range, kind } = factsOf(datatype)
    if (range === undefined) continue
    const near = range.flatMap(end => [-2n, -1n, 0n, 1n, 2n].map(step => end + step))
    const whole = fc.oneof(
      fc.constantFrom(...near),
      fc.bigInt(-(2n ** 65n), 2n ** 65n),
      fc.bigInt(-300n, 300n)
    )
    fc.assert(
      fc.property(whole, value => {
        // As the readers of JSON hand them over: bigint only where a number is not exact.
        const sent = Number.isSafeInteger(Number(value)) ? Number(value) : value
        const data = read([sent], datatype)
        const fits = value >= range[0] && value <= range[1]
        if (isProblem(data)) return !fits
        return fits && data[0] === (kind === 'bigint' ? value : Number(value))
      })
    )
  }
})

t.test('a refused element says what would do, with a hint where one helps', async t => {
  const cases: [unknown, Datatype, Partial<Problem>][] = [
    [
      null,
      'FP32',
      { hint: 'a missing value is sent as "NaN"', expected: 'a number within the range of FP32' }
    ],
    ['2', 'FP64', { hint: 'send it without quotes', got: '"2"' }],
    [[1], 'INT8', { hint: 'the data is nested deeper than its shape says', got: 'an array of 1' }],
    [2 ** 60, 'INT64', { hint: 'beyond 2^53 send plain digits, without an exponent or a fraction' }],
    [5, 'BYTES', { hint: 'BYTES elements are strings: put it in quotes' }],
    [300, 'UINT8', { expected: 'a whole number from 0 to 255', got: '300' }],
    [-1, 'UINT64', { expected: 'a whole number from 0 to 18446744073709551615', got: '-1' }],
    ['yes', 'BOOL', { expected: 'true or false' }],
    ['a\0', 'BYTES', { expected: 'a string of Unicode text without NUL', got: '"a\\u0000"' }]
  ]
  for (const [value, datatype, expected] of cases) t.match(read([value], datatype), expected, datatype)
  for (const value of [-1, 0.5, null, '']) t.notOk('hint' in elementProblem(value, 'UINT64', 'data'))
  for (const value of ['', ' ', 'x', true]) t.notOk('hint' in elementProblem(value, 'FP32', 'data'))
})

t.test('a writer fills in any order, and what it refused can be written over', async t => {
  const data = new Int16Array(3)
  const write = elementWriter('INT16', data)
  t.same([write(2, 3), write(0, 1), write(1, 1e9), write(1, 2)], [true, true, false, true])
  t.strictSame(data, Int16Array.of(1, 2, 3))
})
