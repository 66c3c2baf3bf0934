import fc from 'fast-check'
import t from 'tap'
import { halfFromNumber, numberFromHalf } from '../../src/tensor/half.ts'

t.test('every one of the 65,536 halves survives the way to a number and back', async t => {
  let wrong = 0
  for (let half = 0; half < 0x10000; half++) {
    const number = numberFromHalf(half)
    const back = halfFromNumber(number)
    const same = Number.isNaN(number) ? (back & 0x7c00) === 0x7c00 && (back & 0x3ff) !== 0 : back === half
    if (!same) wrong++
  }
  t.equal(wrong, 0)
})

t.test('rounding is to the nearest half, ties to even', async t => {
  const cases: [number, number][] = [
    [1, 0x3c00],
    [1 + 2 ** -11, 0x3c00],
    [1 + 3 * 2 ** -11, 0x3c02],
    [65_504, 0x7bff],
    [65_519, 0x7bff],
    [65_520, 0x7c00],
    [2 ** -24, 1],
    [2 ** -25, 0],
    [3 * 2 ** -25, 2],
    [-0, 0x8000],
    [Number.NEGATIVE_INFINITY, 0xfc00]
  ]
  for (const [number, half] of cases) t.equal(halfFromNumber(number), half, String(number))
})

t.test('a double is rounded once, not first to a float32', async t => {
  const cases: [number, number][] = [
    [1 + 2 ** -11 + 2 ** -40, 0x3c01],
    [1 + 3 * 2 ** -11 - 2 ** -40, 0x3c01],
    [-(1 + 2 ** -11 + 2 ** -40), 0xbc01],
    [65_520 - 2 ** -20, 0x7bff],
    [2 - 2 ** -40, 0x4000],
    [2 ** -14 - 2 ** -25, 0x0400],
    [2 ** -14 - 2 ** -60, 0x0400],
    [2 ** -14 - 2 ** -25 - 2 ** -60, 0x03ff],
    [2 ** -25 + 2 ** -60, 1]
  ]
  for (const [number, half] of cases) t.equal(halfFromNumber(number), half, String(number))
})

t.test(
  'what is beyond the range becomes infinite, what is too small becomes zero, with its sign',
  async t => {
    const cases: [number, number][] = [
      [Number.MAX_VALUE, 0x7c00],
      [-Number.MAX_VALUE, 0xfc00],
      [1e39, 0x7c00],
      [Number.POSITIVE_INFINITY, 0x7c00],
      [Number.MIN_VALUE, 0],
      [-Number.MIN_VALUE, 0x8000],
      [-(2 ** -25), 0x8000],
      [0, 0],
      [Number.NaN, 0x7e00]
    ]
    for (const [number, half] of cases) t.equal(halfFromNumber(number), half, String(number))
  }
)

t.test('no half is nearer than the one chosen, and of two as near the even one is chosen', async () => {
  const number = fc.oneof(
    fc.double({ min: -65_504, max: 65_504, noNaN: true }),
    fc.double({ min: -(2 ** -13), max: 2 ** -13, noNaN: true }),
    fc.tuple(fc.nat(0x7bfe), fc.integer({ min: -2, max: 2 })).map(([half, nudge]) => {
      const tie = (numberFromHalf(half) + numberFromHalf(half + 1)) / 2
      return tie * (1 + nudge * Number.EPSILON)
    })
  )
  fc.assert(
    fc.property(number, value => {
      const half = halfFromNumber(value)
      const magnitude = half & 0x7fff
      const distance = Math.abs(numberFromHalf(half) - value)
      const neighbours = [magnitude - 1, magnitude + 1].filter(bits => bits >= 0 && bits < 0x7c00)
      return neighbours.every(bits => {
        const other = Math.abs(numberFromHalf((half & 0x8000) | bits) - value)
        return distance < other || (distance === other && half % 2 === 0)
      })
    }),
    { numRuns: 2000 }
  )
})
