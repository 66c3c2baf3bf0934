import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { repository } from '../helpers/app.ts'
import { normals } from '../helpers/drift-world.ts'
import { identity, plus } from '../helpers/models.ts'
import { kedge } from '../helpers/process.ts'

interface Monitors {
  readonly source: object
  readonly monitors: readonly { readonly name: string; readonly counts: readonly number[] }[]
}

const manifest =
  'inputs: { x: { columns: [{ name: a, type: number }, { name: b, type: number, nullable: true }] } }'
const next = normals(4)
const rows = Array.from({ length: 200 }, () => [next().toFixed(4), next().toFixed(4)] as const)
const csv = `a,b,truth\n${rows.map(row => `${row.join()},1\n`).join('')}`

function place(t: Test, files: Readonly<Record<string, string | Uint8Array>> = {}) {
  const folder = repository(t, {
    'models/m/1/model.onnx': plus(1),
    'models/m/2/model.onnx': plus(2),
    'models/m/model.yaml': manifest,
    ...files
  })
  const run = async (...args: readonly string[]) => {
    const process = kedge(t, ['profile', ...args, '--models', join(folder, 'models')])
    return { status: (await process.exited).code, output: process.output() }
  }
  return { folder, run, file: (name: string) => join(folder, name) }
}

t.test('CSV and JSONL give the same profile, which lies where the server looks', async t => {
  const { run, file } = place(t, {
    'train.csv': csv,
    'train.jsonl': rows.map(([a, b]) => `${JSON.stringify({ a: Number(a), b: Number(b) })}\n`).join('')
  })
  const { status, output } = await run('m@1', '--data', file('train.csv'))
  t.equal(status, 0)
  t.match(
    output,
    /reference\.json\nm 1: profile [0-9a-f]{8} from 200 rows; 2 inputs, 2 outputs, 1 derived\n$/
  )
  const own = JSON.parse(readFileSync(file('models/m/1/reference.json'), 'utf8')) as Monitors
  t.match(own, { source: { kind: 'csv', name: 'train.csv', rows: 200, sampledRows: 200 }, modelVersion: 1 })
  const lines = await run('m', '--data', file('train.jsonl'), '--out', '-')
  const other = JSON.parse(lines.output) as Monitors
  t.match(other, { source: { kind: 'jsonl' }, modelVersion: 2 }, 'the highest version')
  t.notOk(existsSync(file('models/m/2/reference.json')))
  const inputs = (of: Monitors): object[] => of.monitors.filter(({ name }) => /^[ab]$/.test(name))
  t.strictSame(inputs(other), inputs(own))
})

t.test('Parquet gives the same profile as CSV, whatever the types of its columns', async t => {
  const columns = [
    'name: income, type: number, nullable: true',
    'name: calls, type: integer',
    'name: is_new, type: boolean',
    'name: plan, type: category, values: [basic, pro, family]',
    'name: usage, type: number'
  ]
  const { run } = place(t, {
    'models/wide/1/model.onnx': identity('FP32', ['batch', columns.length]),
    'models/wide/model.yaml': `inputs: { x: { columns: [${columns.map(each => `{ ${each} }`).join()}] } }`
  })
  const profiles = ['train.parquet', 'train.csv'].map(async name => {
    const { status, output } = await run('wide', '--data', `test/fixtures/drift/${name}`, '--out', '-')
    t.equal(status, 0, name)
    return JSON.parse(output) as Monitors
  })
  const [parquet, csv] = await Promise.all(profiles)
  t.strictSame(parquet?.source, { kind: 'parquet', name: 'train.parquet', rows: 1100, sampledRows: 1100 })
  t.strictSame(csv?.source, { kind: 'csv', name: 'train.csv', rows: 1100, sampledRows: 1100 })
  const made = { source: undefined, createdAt: undefined }
  t.strictSame({ ...parquet, ...made }, { ...csv, ...made })
  // As pandas counts them.
  t.match(parquet?.monitors.slice(0, 5), [
    { name: 'income', kind: 'numeric', rows: 1100, missing: 116, nan: 0 },
    { name: 'calls', kind: 'categorical', rows: 1100, missing: 0 },
    { name: 'is_new', categories: ['false', 'true'], counts: [788, 312, 0] },
    { name: 'plan', categories: ['basic', 'pro', 'family'], counts: [682, 317, 101, 0] },
    { name: 'usage', kind: 'numeric', min: 0, max: 199.5, nan: 0 }
  ])
})

t.test('of more rows than wanted, a fair sample', async t => {
  const { run, file } = place(t, { 'train.csv': csv })
  const { output } = await run('m', '--data', file('train.csv'), '--rows-max', '100', '--out', '-')
  const { source, monitors } = JSON.parse(output) as Monitors
  t.match(source, { rows: 200, sampledRows: 100 })
  t.equal(
    monitors[0]?.counts.reduce((sum, count) => sum + count, 0),
    100
  )
})

t.test('what cannot be profiled: status 1, and what to change', async t => {
  const { run, file } = place(t, { 'train.csv': csv, 'missing.csv': 'a,c\n1,2\n' })
  const missing = await run('m', '--data', file('missing.csv'))
  t.equal(missing.status, 1)
  t.match(missing.output, /^kedge: missing\.csv: expected a column for each feature, got none for 'b'/)
  const nowhere = await run('m', '--data', file('train.csv'), '--out', file('no/such/folder.json'))
  t.equal(nowhere.status, 1)
  t.match(nowhere.output, /folder\.json cannot be written \(ENOENT\)/)
  t.notOk(existsSync(file('models/m/2/reference.json')), 'nothing was written')
})

t.test('a wrong use: status 2', async t => {
  const { run, file } = place(t)
  for (const args of [
    ['m'],
    ['m@x', '--data', file('a.csv')],
    ['m@1@2', '--data', 'a.csv'],
    ['m', '--data', 'a.csv', '--rows-max', '0']
  ])
    t.equal((await run(...args)).status, 2, args.join(' '))
})
