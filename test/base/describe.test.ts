import fc from 'fast-check'
import t from 'tap'
import { describe, describeShape, listNames, shorten } from '../../src/base/describe.ts'

t.test('every kind of value has a short description', async t => {
  const cases: [unknown, string][] = [
    [undefined, 'nothing'],
    [null, 'null'],
    [[], 'an empty array'],
    [[1, [2]], 'an array of 2'],
    [{}, 'an object'],
    [{ toString: null }, 'an object'],
    [() => 1, 'an object'],
    [Symbol('s'), 'an object'],
    ['', '""'],
    ['a "quoted"\nline', '"a \\"quoted\\"\\nline"'],
    ['\ud800', '"\\ud800"'],
    [0, '0'],
    [-1.5, '-1.5'],
    [Number.NaN, 'NaN'],
    [Number.POSITIVE_INFINITY, 'Infinity'],
    [true, 'true'],
    [12n, '12'],
    [-(10n ** 99n), `-1${'0'.repeat(62)}…`],
    ['x'.repeat(64), `"${'x'.repeat(64)}"`],
    ['x'.repeat(65), `"${'x'.repeat(64)}…"`]
  ]
  for (const [value, text] of cases) t.equal(describe(value), text)
})

t.test('a text is cut between characters, never inside a surrogate pair', async t => {
  t.equal(shorten('abc', 3), 'abc')
  t.equal(shorten('abcd', 3), 'abc…')
  t.equal(shorten('ab😀d', 3), 'ab…')
  t.equal(shorten('ab😀d', 4), 'ab😀…')
  t.equal(shorten('ab\ufffdd', 3), 'ab\ufffd…')
})

t.test('well-formed text stays well-formed and begins as the original does', async () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 0, max: 12 }), (text, max) => {
      const short = shorten(text, max)
      if (text.length <= max) return short === text
      return (
        short.isWellFormed() &&
        short.length <= max + 1 &&
        short.endsWith('…') &&
        text.startsWith(short.slice(0, -1))
      )
    })
  )
})

t.test('descriptions are one line of at most 64 characters, escapes and quotes apart', async () => {
  fc.assert(
    fc.property(fc.anything(), value => {
      const text = describe(value)
      return !/[\n\r]/.test(text) && text.length <= 64 * 6 + 3
    })
  )
})

t.test('names are listed up to a limit', async t => {
  t.equal(listNames([]), '')
  t.equal(listNames(['a']), "'a'")
  t.equal(listNames(new Set(['a', 'b'])), "'a', 'b'")
  t.equal(listNames(['a', 'b', 'c', 'd'], 2), "'a', 'b' and 2 more")
  t.equal(listNames(['x'.repeat(100)]), `'${'x'.repeat(64)}…'`)
  t.match(listNames(Array.from({ length: 17 }, (_, index) => `n${index}`)), /'n15' and 1 more$/)
})

t.test('shapes are written as the protocol writes them', async t => {
  t.equal(describeShape([]), '[]')
  t.equal(describeShape([-1, 30]), '[-1,30]')
  t.equal(describeShape(['batch', 4]), '[batch,4]')
})
