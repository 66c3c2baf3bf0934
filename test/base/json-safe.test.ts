import t from 'tap'
import { jsonSafe } from '../../src/base/json-safe.ts'

const cases: [value: unknown, safe: unknown][] = [
  [1.5, 1.5],
  [-0, 0],
  [Number.NaN, 'NaN'],
  [Number.NEGATIVE_INFINITY, '-Infinity'],
  [9_007_199_254_740_991n, 9_007_199_254_740_991],
  [9_007_199_254_740_993n, '9007199254740993'],
  [-(2n ** 63n), '-9223372036854775808'],
  ['text', 'text'],
  [true, true],
  [null, null],
  [undefined, undefined],
  [
    [1n, Number.NaN],
    [1, 'NaN']
  ],
  [Float32Array.of(0.5, Number.POSITIVE_INFINITY), [0.5, 'Infinity']],
  [BigInt64Array.of(1n, 2n ** 60n), [1, '1152921504606846976']],
  [{ a: { b: [2n] } }, { a: { b: [2] } }]
]

t.test('what JSON cannot hold becomes what it can', async t => {
  for (const [value, safe] of cases) t.same(JSON.stringify(jsonSafe(value)), JSON.stringify(safe))
})

t.test('what is nested too deep, or in itself, ends', async t => {
  const loop: Record<string, unknown> = { name: 'loop' }
  loop['self'] = loop
  const list: unknown[] = []
  list.push(list)
  t.match(JSON.stringify(jsonSafe(loop)), /^(\{"name":"loop","self":){16}"\{…\}"\}{16}$/)
  t.match(JSON.stringify(jsonSafe(list)), /^\[{16}"\[…\]"\]{16}$/)
})
