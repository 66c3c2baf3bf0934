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
  let deep: unknown = 1
  for (let level = 0; level < 20; level++) deep = level % 2 === 0 ? [deep] : { in: deep }
  t.match(JSON.stringify(jsonSafe(deep)), /^(\{"in":\[){8}"\{…\}"(\]\}){8}$/)
  const loop: Record<string, unknown> = { name: 'loop' }
  // As many ways in as to make every one of them endless.
  for (let index = 0; index < 50; index++) loop[`self${index}`] = index % 2 === 0 ? loop : [loop]
  const safe = jsonSafe(loop) as Record<string, unknown>
  t.match(safe, { name: 'loop', self0: '{…}', self1: ['{…}'], self49: ['{…}'] })
})

t.test('what stands in two places is not nested in itself', async t => {
  const shared = { a: 1 }
  t.strictSame(jsonSafe({ first: shared, second: [shared, shared] }), {
    first: shared,
    second: [shared, shared]
  })
})
