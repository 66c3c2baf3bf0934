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
