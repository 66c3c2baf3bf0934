import fc from 'fast-check'
import t from 'tap'
import { formatByteSize, parseByteSize } from '../../src/base/byte-size.ts'

t.test('sizes are read as people write them', async t => {
  const cases: [string | number, number][] = [
    [0, 0],
    [67_108_864, 67_108_864],
    [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
    ['0', 0],
    ['67108864', 67_108_864],
    ['12b', 12],
    ['12 B', 12],
    ['200kB', 200_000],
    ['200KB', 200_000],
    ['3MB', 3_000_000],
    ['2gb', 2_000_000_000],
    ['1KiB', 1024],
    ['64MiB', 64 * 2 ** 20],
    ['64 mib', 64 * 2 ** 20],
    ['1.5GiB', 1.5 * 2 ** 30],
    ['  2  KiB  ', 2048],
    ['1.1kB', 1100],
    ['007', 7]
  ]
  for (const [text, bytes] of cases) t.equal(parseByteSize(text), bytes, JSON.stringify(text))
})

t.test('a part of a larger unit is rounded to whole bytes', async t => {
  t.equal(parseByteSize('1.1GiB'), 1_181_116_006)
  t.equal(parseByteSize('0.3KiB'), 307)
  t.equal(parseByteSize('2.0001kB'), 2000)
})

t.test('what is not a size is refused', async t => {
  const texts = [
    ...[
      '',
      ' ',
      'MiB',
      '1.5',
      '1.5b',
      '-1',
      '+1',
      '1e3',
      '1,5MiB',
      '1_000',
      '.5MiB',
      '1.MiB',
      '1 M i B',
      '0x10'
    ],
    ...[
      '1TB',
      '1k',
      '1constructor',
      '1__proto__',
      '1toString',
      'NaN',
      'Infinity',
      '1KiB2',
      '9007199254740992',
      '8388608GiB',
      '1\u212aiB'
    ]
  ]
  for (const text of texts) t.equal(parseByteSize(text), undefined, JSON.stringify(text))
  const numbers = [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]
  for (const number of numbers) t.equal(parseByteSize(number), undefined, String(number))
})

t.test('a size is shown in the largest unit that it fills', async t => {
  const cases: [number, string][] = [
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1 KiB'],
    [1536, '1.5 KiB'],
    [2 ** 20, '1 MiB'],
    [64 * 2 ** 20, '64 MiB'],
    [2 ** 30, '1 GiB'],
    [1.25 * 2 ** 40, '1280 GiB']
  ]
  for (const [bytes, text] of cases) t.equal(formatByteSize(bytes), text)
})

t.test('a size that is shown can be read again, to within a tenth of its unit', async () => {
  fc.assert(
    fc.property(fc.nat(2 ** 31 - 1), bytes => {
      const back = parseByteSize(formatByteSize(bytes))
      const unit = bytes >= 2 ** 30 ? 2 ** 30 : bytes >= 2 ** 20 ? 2 ** 20 : bytes >= 1024 ? 1024 : 1
      return back !== undefined && Math.abs(back - bytes) <= unit / 10
    })
  )
})
