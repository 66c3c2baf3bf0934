import { join } from 'node:path'
import t from 'tap'
import { projectFolder } from '../../scripts/source-files.ts'
import { readParquet } from '../../src/tabular/parquet.ts'
import type { Row } from '../../src/tabular/table.ts'

async function all(path: string): Promise<Row[]> {
  const rows: Row[] = []
  for await (const chunk of readParquet(path, 'rows.parquet')) rows.push(...chunk)
  return rows
}

t.test('rows of a Parquet file, as pandas writes it', async t => {
  const rows = await all(join(projectFolder, 'test', 'fixtures', 'tabular', 'rows.parquet'))
  t.match(
    rows.map(row => ({ ...row })),
    [
      { age: 42n, score: 0.5, plan: 'pro', is_new: true },
      { is_new: false },
      { age: 7n, score: -1.25, plan: 'basic' }
    ]
  )
  t.notOk(rows[1]!['age'], 'nothing is nothing')
})

t.test('what is no Parquet file', async t => {
  const folder = t.testdir({ 'rows.parquet': 'PAR1 and nothing else' })
  await t.rejects(all(join(folder, 'rows.parquet')), { message: /^rows\.parquet: not readable as Parquet: / })
})
