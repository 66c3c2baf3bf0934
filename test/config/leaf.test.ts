import fc from 'fast-check'
import t from 'tap'
import type { z } from 'zod'
import {
  byteSize,
  choice,
  decimal,
  integer,
  list,
  optionalText,
  optionalUrl,
  text,
  toggle
} from '../../src/config/leaf.ts'

/** What the value becomes, or the words it is refused with. */
function read(schema: z.ZodType, value: unknown): unknown {
  const result = schema.safeParse(value)
  return result.success
    ? result.data
    : `refused: ${result.error.issues.map(issue => issue.message).join('; ')}`
}

t.test('an integer lies between its bounds', async t => {
  const schema = integer(8, 2, 16, 'a number')
  const words = 'refused: expected a whole number from 2 to 16'
  t.equal(read(schema, undefined), 8)
  for (const good of [2, 3, 16]) t.equal(read(schema, good), good)
  for (const bad of [1, 17, 2.5, Number.NaN, Infinity, -Infinity, '3', true, null, [], {}, 3n])
    t.equal(read(schema, bad), words, String(bad))
  t.strictSame(schema.meta(), { kind: 'integer', description: 'a number', min: 2, max: 16 })
})

t.test('an integer takes exactly the whole numbers between its bounds', async () => {
  fc.assert(
    fc.property(fc.integer(), fc.nat(1000), fc.oneof(fc.integer(), fc.double()), (min, span, value) => {
      const inside = Number.isInteger(value) && value >= min && value <= min + span
      return Object.is(read(integer(min, min, min + span, ''), value), value) === inside
    }),
    { numRuns: 300 }
  )
})

t.test('a decimal lies between its bounds', async t => {
  const schema = decimal(0.5, 0.25, 1.75, 'a number')
  const words = 'refused: expected a number from 0.25 to 1.75'
  t.equal(read(schema, undefined), 0.5)
  for (const good of [0.25, 0.3, 1, 1.75]) t.equal(read(schema, good), good)
  for (const bad of [0.2499, 1.7501, 0, -1, Number.NaN, Infinity, -Infinity, '1', true, null, [], {}, 1n])
    t.equal(read(schema, bad), words, String(bad))
  t.strictSame(schema.meta(), { kind: 'number', description: 'a number', min: 0.25, max: 1.75 })
})

t.test('a size is bytes, however it is written', async t => {
  const schema = byteSize(2048, 1024, 2 ** 20, 'a size')
  const words = 'refused: expected a size from 1 KiB to 1 MiB, such as 2 KiB'
  t.equal(read(schema, undefined), 2048)
  const good: [unknown, number][] = [
    [1024, 1024],
    ['1024', 1024],
    ['1KiB', 1024],
    ['1.5 kib', 1536],
    ['2kB', 2000],
    [2 ** 20, 2 ** 20],
    ['1MiB', 2 ** 20]
  ]
  for (const [value, bytes] of good) t.equal(read(schema, value), bytes, String(value))
  for (const bad of [
    1023,
    '1023',
    '1.1MiB',
    2 ** 20 + 1,
    1024.5,
    '',
    'x',
    '1TiB',
    Number.NaN,
    true,
    null,
    [1024],
    {}
  ])
    t.equal(read(schema, bad), words, String(bad))
  t.strictSame(schema.meta(), { kind: 'bytes', description: 'a size', min: 1024, max: 2 ** 20 })
})

t.test('text is neither empty nor endless', async t => {
  for (const schema of [text('standard', 'a text'), optionalText('a text')]) {
    t.equal(read(schema, 'x'), 'x')
    t.equal(read(schema, 'x'.repeat(4096)), 'x'.repeat(4096))
    t.equal(read(schema, ''), 'refused: expected text that is not empty')
    t.equal(read(schema, 'x'.repeat(4097)), 'refused: expected at most 4096 characters')
    for (const bad of [1, true, null, ['x'], {}]) t.equal(read(schema, bad), 'refused: expected text')
    t.strictSame(schema.meta(), { kind: 'text', description: 'a text' })
  }
  t.equal(read(text('standard', ''), undefined), 'standard')
  t.equal(read(optionalText(''), undefined), undefined)
})

t.test('a URL is one of HTTP, without credentials', async t => {
  const schema = optionalUrl('a URL')
  t.equal(read(schema, undefined), undefined)
  for (const good of ['http://example.com', 'https://example.com:8443/a/b?key=1', 'http://127.0.0.1:9'])
    t.equal(read(schema, good), good)
  const words: [value: unknown, words: string][] = [
    ['example.com', 'expected a URL such as https://example.com/events'],
    ['https://', 'expected a URL such as https://example.com/events'],
    ['ftp://example.com', 'expected a URL that begins with http: or https:'],
    ['javascript:alert(1)', 'expected a URL that begins with http: or https:'],
    ['https://me:secret@example.com', 'expected a URL without a user name or a password in it'],
    ['https://me@example.com', 'expected a URL without a user name or a password in it'],
    ['https::secret@example.com', 'expected a URL without a user name or a password in it'],
    ['', 'expected text that is not empty'],
    [5, 'expected text']
  ]
  for (const [value, expected] of words) t.equal(read(schema, value), `refused: ${expected}`, String(value))
  t.strictSame(schema.meta(), { kind: 'url', description: 'a URL' })
})

t.test('a list has up to 64 texts', async t => {
  const schema = list(['a'], 'a list')
  const full = new Array<string>(64).fill('x')
  t.strictSame(read(schema, undefined), ['a'])
  t.strictSame(read(schema, full), full)
  t.equal(read(schema, [...full, 'x']), 'refused: expected at most 64 entries')
  t.equal(read(schema, ['x', '']), 'refused: expected text that is not empty')
  t.equal(read(schema, [1, null]), 'refused: expected text; expected text')
  t.equal(read(schema, []), 'refused: expected at least one entry')
  t.strictSame(read(list([], ''), []), [])
  for (const bad of ['x', 1, null, {}]) t.equal(read(schema, bad), 'refused: expected a list of texts')
  t.strictSame(schema.meta(), { kind: 'list', description: 'a list' })
})

t.test('a switch is off unless it is turned on', async t => {
  const schema = toggle('a switch')
  t.equal(read(schema, undefined), false)
  t.equal(read(schema, true), true)
  t.equal(read(schema, false), false)
  for (const bad of ['true', 1, 0, null]) t.equal(read(schema, bad), 'refused: expected true or false')
  t.strictSame(schema.meta(), { kind: 'switch', description: 'a switch' })
})

t.test('a choice is one of its words', async t => {
  const schema = choice(['one', 'two'], 'two', 'a choice')
  t.equal(read(schema, undefined), 'two')
  t.equal(read(schema, 'one'), 'one')
  for (const bad of ['ONE', '', 'three', 1, null, ['one'], 'toString'])
    t.equal(read(schema, bad), 'refused: expected one of one, two')
  t.strictSame(schema.meta(), { kind: 'choice', description: 'a choice', choices: ['one', 'two'] })
})

t.test('a default is never shared between two who could change it', async t => {
  const schema = list(['a'], '')
  const first = schema.parse(undefined)
  first.push('b')
  t.strictSame(schema.parse(undefined), ['a'])
})
