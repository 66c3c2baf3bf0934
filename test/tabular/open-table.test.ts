import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { isTable, openTable } from '../../src/tabular/open-table.ts'
import type { Row } from '../../src/tabular/table.ts'

const lineBytesMax = 1000

/** The rows of a file with this content. */
async function rowsOf(t: Test, name: string, content: string | Uint8Array): Promise<Row[]> {
  const path = join(t.testdir({}), name)
  writeFileSync(path, content)
  const rows: Row[] = []
  for await (const chunk of openTable(path, name, { lineBytesMax }).chunks()) rows.push(...chunk)
  return rows
}

const plain = (rows: readonly Row[]): unknown[] => rows.map(row => ({ ...row }))

t.test('the ending says what a file is', async t => {
  for (const name of ['a.csv', 'a.CSV', 'a.jsonl', 'a.ndjson', 'a.parquet'])
    t.equal(isTable(name), true, name)
  for (const name of ['a.txt', 'csv', 'a']) t.equal(isTable(name), false, name)
  t.throws(() => openTable('a.txt', 'gate/a.txt', { lineBytesMax }), {
    message: 'gate/a.txt: not a data file by its ending, expected .csv, .jsonl, .ndjson, .parquet'
  })
  t.equal(openTable('a.csv', 'a.csv', { lineBytesMax }).isText, true)
  t.equal(openTable('a.jsonl', 'a.jsonl', { lineBytesMax }).isText, false)
})

t.test('CSV: quotes, quoted newlines, a byte order mark, either line ending, empty cells', async t => {
  const text = '\ufeffage,"full name",note\r\n42,"Doe, ""Jo""","two\nlines"\r\n,x,\r\n\r\n'
  t.strictSame(plain(await rowsOf(t, 'a.csv', text)), [
    { age: '42', 'full name': 'Doe, "Jo"', note: 'two\nlines' },
    { age: undefined, 'full name': 'x', note: undefined }
  ])
})

t.test('column names are no magic', async t => {
  const [row] = await rowsOf(t, 'a.csv', '__proto__,constructor\n1,2\n')
  t.strictSame(Object.entries(row!), [
    ['__proto__', '1'],
    ['constructor', '2']
  ])
  const [line] = await rowsOf(t, 'a.jsonl', '{"__proto__":1}\n')
  t.strictSame(Object.keys(line!), ['__proto__'])
})

t.test('what is no CSV is refused, with the line', async t => {
  const cases: [content: string, message: RegExp][] = [
    ['', /^a\.csv: expected a line with the names of the columns, got an empty file$/],
    ['a,b\n1\n', /^a\.csv: line 2: expected as many cells as the first line has names$/],
    ['a,b\n1,2,3\n', /^a\.csv: line 2: expected as many cells/],
    ['a,a\n1,2\n', /^a\.csv: column 'a' stands twice in the first line$/],
    ['a,b\n"1,2\n', /^a\.csv: a quote is opened and never closed$/],
    [`a\n${'x'.repeat(5000)}\n`, /^a\.csv: line \d+: the line is longer than allowed$/]
  ]
  for (const [content, message] of cases)
    await t.rejects(rowsOf(t, 'a.csv', content), { message, name: 'TableError' })
  await t.rejects(
    rowsOf(t, 'a.csv', Buffer.from([0, 255, 34, 1, 2, 10, 34])),
    { name: 'TableError' },
    'rubbish'
  )
})

t.test('JSONL: an object a line', async t => {
  t.strictSame(plain(await rowsOf(t, 'a.jsonl', '{"a":1}\r\n\n{"a":[1,2],"b":null}')), [
    { a: 1 },
    { a: [1, 2], b: null }
  ])
  const cases: [content: string, message: RegExp][] = [
    ['{"a":1}\n[1]\n', /^a\.jsonl: line 2: expected a JSON object$/],
    ['{"a":1}\n\n{"a":\n', /^a\.jsonl: line 3: expected a JSON object: /],
    [`{"a":"${'x'.repeat(5000)}"}`, /^a\.jsonl: a line is longer than 1000 bytes$/]
  ]
  for (const [content, message] of cases) await t.rejects(rowsOf(t, 'a.jsonl', content), { message })
})

t.test('many rows come in chunks, all of them in order', async t => {
  const numbers = Array.from({ length: 5000 }, (_, index) => index)
  const csv = await rowsOf(t, 'a.csv', `n\n${numbers.join('\n')}\n`)
  t.strictSame(
    csv.map(({ n }) => Number(n)),
    numbers
  )
  const lines = await rowsOf(t, 'a.jsonl', numbers.map(n => JSON.stringify({ n })).join('\n'))
  t.strictSame(
    lines.map(({ n }) => n),
    numbers
  )
})

t.test('a file that is not there', async t => {
  for (const name of ['a.csv', 'a.jsonl', 'a.parquet']) {
    const read = async (): Promise<void> => {
      for await (const chunk of openTable(join(t.testdirName, name), name, { lineBytesMax }).chunks())
        void chunk
    }
    await t.rejects(read(), { name: 'TableError', message: new RegExp(`^${name}: .*ENOENT`) }, name)
  }
})
