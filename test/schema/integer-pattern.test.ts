import fc from 'fast-check'
import t from 'tap'
import { integerPattern } from '../../src/schema/integer-pattern.ts'

const wide = { INT64: [-(2n ** 63n), 2n ** 63n - 1n], UINT64: [0n, 2n ** 64n - 1n] } as const

t.test('digits match where the integer lies in the range', async () => {
  const bound = fc.oneof(
    fc.bigInt(0n, 2n ** 64n - 1n),
    fc.bigInt(0n, 120n),
    fc.constantFrom(9n, 10n, 99n, 100n, 0n)
  )
  const range = fc.oneof(
    fc.constantFrom(...Object.values(wide)),
    fc.tuple(
      bound.map(high => -high),
      bound
    )
  )
  fc.assert(
    fc.property(
      range,
      bound,
      fc.bigInt(-2n, 2n),
      fc.boolean(),
      fc.nat(3),
      ([low, high], other, beside, isLow, zeros) => {
        const matches = new RegExp(integerPattern([low, high]), 'u')
        for (const value of [(isLow ? low : high) + beside, other, -other]) {
          const sign = value < 0n ? '-' : ''
          const text = `${sign}${'0'.repeat(zeros)}${String(value).replace('-', '')}`
          const isShort = text.replace('-', '').length <= 20
          if (matches.test(text) !== (isShort && value >= low && value <= high)) return false
        }
        return true
      }
    ),
    { numRuns: 2000, seed: 3 }
  )
})

t.test('what is no integer does not match', async t => {
  for (const range of Object.values(wide)) {
    const matches = new RegExp(integerPattern(range), 'u')
    for (const text of ['', '-', '+1', '1.0', '1e3', ' 1', '1\n', '0x1', '١', `${'0'.repeat(20)}1`, 'NaN'])
      t.notOk(matches.test(text), JSON.stringify(text))
    for (const text of ['0', '-0', '007', '00000000000000000001']) t.ok(matches.test(text), text)
  }
})
