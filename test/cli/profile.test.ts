import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { repository } from '../helpers/app.ts'
import { normals } from '../helpers/drift-world.ts'
import { plus } from '../helpers/models.ts'
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

function place(t: Test, files: Readonly<Record<string, string>> = {}) {
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
  const { run, file } = place(t, {
    'train.csv': csv,
    'missing.csv': 'a,c\n1,2\n',
    'gaps.csv': 'a,b\n1,2\n,3\n',
    'words.csv': 'a,b\n1,2\n1,red\n',
    'huge.csv': 'a,b\n1e308,2\n',
    'empty.csv': 'a,b\n',
    'nothing.csv': '',
    'open.csv': 'a,b\n"1,2\n',
    'train.txt': csv
  })
  const cases: [args: readonly string[], message: RegExp][] = [
    [
      ['m', '--data', file('missing.csv')],
      /missing\.csv: expected a column for each feature, got none for 'b' \(columns: 'a', 'c'\)/
    ],
    [
      ['m', '--data', file('gaps.csv')],
      /gaps\.csv: row 2, a: the feature is missing \(expected a number\); a feature whose values may be missing is declared with nullable: true/
    ],
    [['m', '--data', file('words.csv')], /words\.csv: row 2, b: .*expected .*"red"/],
    [['m', '--data', file('huge.csv')], /huge\.csv: row 1, a: not a FP32 value/],
    [['m', '--data', file('empty.csv')], /empty\.csv: expected rows, got none/],
    [
      ['m', '--data', file('nothing.csv')],
      /nothing\.csv: expected a line with the names of the columns, got an empty file/
    ],
    [['m', '--data', file('open.csv')], /open\.csv: a quote is opened and never closed/],
    [['m', '--data', file('train.txt')], /train\.txt: not a data file by its ending/],
    [['m', '--data', file('absent.csv')], /absent\.csv: .*ENOENT|no such file/],
    [['n', '--data', file('train.csv')], /no model "n": there are? 'm'/],
    [['m@7', '--data', file('train.csv')], /model m has no version 7: there is '2', '1'/],
    [
      ['m', '--data', file('train.csv'), '--out', file('no/such/folder.json')],
      /folder\.json cannot be written \(ENOENT\)/
    ]
  ]
  for (const [args, message] of cases) {
    const { status, output } = await run(...args)
    t.equal(status, 1, args.join(' '))
    t.match(output, /^kedge: /)
    t.match(output, message)
  }
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
