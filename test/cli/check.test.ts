import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { checkCommand } from '../../src/cli/check.ts'
import { repository } from '../helpers/app.ts'
import { plus, unknownOperator } from '../helpers/models.ts'
import { kedge } from '../helpers/process.ts'

async function run(t: Test, ...args: readonly string[]) {
  const process = kedge(t, ['check', ...args])
  return { status: (await process.exited).code, output: process.output() }
}

t.test('a repository that would serve: status 0, as text', async t => {
  const { status, output } = await run(t, repository(t, { 'm/1/model.onnx': plus(1) }))
  t.equal(status, 0)
  t.match(output, /^passed {3}m 1 {2}no gate, \d+ ms\n1 version passed, 0 failed\n$/)
  t.notMatch(output, 'checking', 'no progress where nobody watches')
})

t.test('one that would not: status 1, as JSON and as JUnit, the models that were asked for', async t => {
  const folder = repository(t, {
    'a/1/model.onnx': unknownOperator(),
    'b/1/model.onnx': plus(1),
    'b/2/model.onnx': plus(2),
    'c/1/model.onnx': 'text'
  })
  const junit = join(folder, 'result.xml')
  const flags = ['--json', '--junit', junit, '--model', 'a', '--model', 'b', '--every-version']
  const { status, output } = await run(t, folder, ...flags)
  t.equal(status, 1)
  t.match(JSON.parse(output), {
    schema: 1,
    passed: false,
    models: [
      {
        name: 'a',
        versions: [{ version: 1, passed: false, failedAt: /loading|probing/, reason: /NoSuchOperator/ }]
      },
      {
        name: 'b',
        versions: [
          { version: 2, passed: true },
          { version: 1, passed: true }
        ]
      }
    ]
  })
  t.match(readFileSync(junit, 'utf8'), /^<\?xml .*<testsuites name="kedge check" tests="6" failures="1"/s)
})

t.test('what cannot be checked is status 1 and says why', async t => {
  const folder = repository(t, { 'm/1/model.onnx': plus(1), 'broken.yaml': 'lifecycle: { probee: never }' })
  const cases: [args: string[], output: RegExp][] = [
    [['/nowhere'], /^kedge: repository \/nowhere cannot be read \(ENOENT\)\n$/],
    [
      [folder, '--config', '/nowhere.yaml'],
      /^kedge: the configuration has 1 problem:\n {2}- \/nowhere\.yaml: cannot be read/
    ],
    [
      [folder, '--config', join(folder, 'broken.yaml')],
      /no such setting: 'lifecycle\.probee' \(did you mean 'probe'\?\)/
    ],
    [
      [folder, '--lifecycle-load-max-ms', '1'],
      /loadMaxMs: expected .*100.* got 1 \(from --lifecycle-load-max-ms\)/
    ],
    [
      [folder, '--junit', join(folder, 'no', 'a.xml')],
      /^passed .*kedge: --junit .*a\.xml cannot be written \(ENOENT\)\n$/s
    ]
  ]
  for (const [args, output] of cases) {
    const result = await run(t, ...args)
    t.equal(result.status, 1, args.join(' '))
    t.match(result.output, output)
  }
})

t.test('a wrong use is status 2 and says what is right', async t => {
  const folder = repository(t, { 'iris/1/model.onnx': plus(1), file: '' })
  const { status, output } = await run(t, folder, '--model', 'irs')
  t.equal(status, 2)
  t.match(output, /^kedge: no model "irs": there are 'iris'; did you mean 'iris'\?\n$/)
  const file = await run(t, join(folder, 'file'))
  t.equal(file.status, 2)
  t.match(file.output, /^error: .*expected a folder that holds one folder a model, got a file\n/)

  const cases: [args: string[], text: RegExp][] = [
    [[], /missing required argument 'dir'/],
    [[folder, '--jsn'], /unknown option '--jsn'\n\(Did you mean --json\?\)/],
    [[folder, '--junit'], /argument missing/],
    [[folder, 'other'], /too many arguments/]
  ]
  for (const [args, text] of cases) {
    let said = ''
    const command = checkCommand().configureOutput({
      writeErr: line => {
        said += line
      }
    })
    await t.rejects(command.parseAsync(args, { from: 'user' }), { name: 'CommanderError' }, args.join(' '))
    t.match(said, text)
  }
})
