// `kedge check` on the shipped models, which have to pass, and on repositories with one thing wrong each, which have to fail with a reason
// that a person can act on.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { projectFolder } from '../../scripts/source-files.ts'
import { repository } from '../helpers/app.ts'
import { check, complaints } from '../helpers/check.ts'
import { subtractsMean } from '../helpers/mixing-models.ts'
import { plus, unknownOperator } from '../helpers/models.ts'
import { kedge } from '../helpers/process.ts'
import { brokenReleases } from './broken-releases.ts'
import { brokenRepositories } from './broken-repositories.ts'
import { python, run } from './tools.ts'

const models = join(projectFolder, 'models')

t.test('the shipped models pass', async t => {
  const process = kedge(t, ['check', models, '--every-version', '--json'])
  t.equal((await process.exited).code, 0, process.output())
  const report = JSON.parse(process.output()) as {
    readonly models: readonly {
      readonly name: string
      readonly versions: readonly { readonly version: number }[]
    }[]
  }
  const checked = report.models.map(({ name, versions }) => [name, versions.map(({ version }) => version)])
  const shipped = readdirSync(models).map(name => {
    const versions = readdirSync(join(models, name)).filter(entry => /^\d+$/.test(entry))
    return [name, versions.map(Number).sort((a, b) => b - a)]
  })
  t.strictSame(checked, shipped, 'none was left out')
})

t.test('each kind of broken repository fails, and says where, what was expected and what came', async t => {
  for (const { what, files, says, flags } of [...brokenRepositories, ...brokenReleases]) {
    const report = await check(repository(t, files), {}, flags)
    const lines = complaints(report)
    t.equal(report.passed, false, what)
    t.equal(lines.length, says.length, `${what}: nothing else is wrong: ${lines.join('\n')}`)
    for (const [index, expected] of says.entries()) t.match(lines[index], expected, what)
  }
})

t.test('a model that mixes the rows of a batch passes, with a note', async t => {
  const report = await check(repository(t, { 'm/1/model.onnx': subtractsMean() }))
  t.equal(report.passed, true)
  t.match(
    report.models[0]?.versions[0]?.unbatched,
    /^output 'y' differs from the single run in a batch of 2 rows$/
  )
})

t.test('another parser reads the JUnit XML and counts what it says', async t => {
  const folder = repository(t, {
    'bad/1/model.onnx': unknownOperator(),
    'fine/1/model.onnx': plus(1),
    'odd/model.yaml': 'inputs: { "<&\\"\\e[31m\u{1f6a2}": { mn: 1 } }',
    'odd/1/model.onnx': plus(1)
  })
  const junit = join(folder, 'result.xml')
  t.equal((await kedge(t, ['check', folder, '--junit', junit]).exited).code, 1)
  const script = `
import sys, json
from xml.etree import ElementTree
root = ElementTree.parse(sys.argv[1]).getroot()
cases = list(root.iter("testcase"))
failures = [case.find("failure").get("message") for case in cases if case.find("failure") is not None]
assert int(root.get("tests")) == len(cases) and int(root.get("failures")) == len(failures)
for suite in root: assert int(suite.get("tests")) == len(suite.findall("testcase")) > 0
print(json.dumps(failures))`
  t.match(JSON.parse(run(python(), ['-c', script, junit])), [
    /^\w+: .*NoSuchOperator/,
    /"?<&.*\u{1f6a2}.*mn: no such key/u
  ])
})

t.test('a terminal gets folded lines, and one that says what is being checked', async t => {
  const folder = repository(t, { 'bad/1/model.onnx': unknownOperator() })
  const script = join(projectFolder, 'test/system/clients/terminal.py')
  const program = [process.execPath, join(projectFolder, 'bin/kedge.js'), 'check', folder]
  const said = run(python(), [script, '60', 'sh', '-c', '"$@"; test $? -eq 1', 'sh', ...program])
  const [progress = '', ...lines] = said.replaceAll('\r\n', '\n').split('\u001b[2K')
  t.equal(progress, '\r')
  t.match(lines[0], /^checking bad 1 …\r$/)
  const rows = lines.at(-1)!.trimEnd().split('\n')
  t.match(rows[0], /^FAILED {3}bad 1 {2}\d+ ms$/)
  t.ok(rows.length > 4, 'the reason is folded')
  for (const row of rows.filter(row => !row.includes('/'))) t.ok(row.length <= 60, row)
})
