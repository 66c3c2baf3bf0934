import { createServer } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { settingLeaves } from '../../src/config/schema.ts'
import { repository } from '../helpers/app.ts'
import { identity } from '../helpers/models.ts'
import { kedge } from '../helpers/process.ts'

t.test('help and version', async t => {
  const help = kedge(t, ['--help'])
  t.equal((await help.exited).code, 0)
  t.match(help.output(), /serve/)
  t.match(help.output(), /Exit status/)
  const serve = kedge(t, ['serve', '--help'])
  t.equal((await serve.exited).code, 0)
  for (const { flag, env } of settingLeaves) {
    t.match(serve.output(), `--${flag}`)
    t.match(serve.output(), env)
  }
  const version = kedge(t, ['--version'])
  t.equal((await version.exited).code, 0)
  t.match(version.output(), /^kedge \d+\.\d+\.\d+ \(onnxruntime 1\.30\.0, node \d+/)
})

t.test('a wrong use of the command line is status 2, with a line that helps', async t => {
  const cases: [args: string[], text: RegExp][] = [
    [['serev'], /unknown command 'serev'/],
    [['serve', '--prot', '1'], /unknown option '--prot'/],
    [['serve', '--port'], /argument missing/],
    [['serve', 'models'], /too many arguments/]
  ]
  for (const [args, text] of cases) {
    const run = kedge(t, args)
    t.equal((await run.exited).code, 2, args.join(' '))
    t.match(run.output(), text)
  }
})

t.test('every problem of a bad configuration is listed, with status 1', async t => {
  const folder = t.testdir({ 'kedge.yaml': 'prot: 1\nlog: { level: loud }\nshutdown: { deadlineMs: -5 }\n' })
  const run = kedge(
    t,
    ['serve', '--config', join(folder, 'kedge.yaml'), '--port', '99999', '--limits-json-bytes-max', 'huge'],
    {
      KEDGE_HOTS: 'x',
      KEDGE_REPOSITORY_MODELS_MAX: 'many'
    }
  )
  t.equal((await run.exited).code, 1)
  const problems = run.output().match(/^ {2}- .*$/gm) ?? []
  t.equal(problems.length, 7, run.output())
  for (const text of [
    /'prot' \(did you mean 'port'\?\)/,
    /log.level/,
    /shutdown.deadlineMs/,
    /--port/,
    /--limits-json-bytes-max/,
    /KEDGE_HOTS/,
    /KEDGE_REPOSITORY_MODELS_MAX/
  ]) {
    t.match(run.output(), text)
  }
})

t.test('no readable repository, or a taken port: status 1 and one clear line', async t => {
  const nowhere = kedge(t, ['serve', '--models', join(t.testdirName, 'nowhere')])
  t.equal((await nowhere.exited).code, 1)
  t.match(
    nowhere.output(),
    /^kedge: no repository to serve: repository .*nowhere cannot be read \(ENOENT\)\n$/
  )

  const taken = createServer()
  await new Promise<void>(resolve => taken.listen(0, '127.0.0.1', resolve))
  t.teardown(() => taken.close())
  const { port } = taken.address() as { port: number }
  const models = repository(t, { 'a/1/model.onnx': identity() })
  const second = kedge(t, [
    'serve',
    '--models',
    models,
    '--port',
    String(port),
    '--state-dir',
    join(models, '.state')
  ])
  t.equal((await second.exited).code, 1)
  t.match(second.output(), new RegExp(`kedge: cannot listen on 127.0.0.1:${port} \\(the port is taken\\)`))
})

t.test('a secret that cannot be read is a problem of the configuration', async t => {
  const models = repository(t, { 'a/1/model.onnx': identity() })
  const state = ['--state-dir', join(models, '.state')]
  const key = ['--prediction-log-enabled', '--prediction-log-hash-key-file', '/nowhere/key']
  const run = kedge(t, ['serve', '--models', models, '--port', '0', ...state, ...key])
  t.equal((await run.exited).code, 1)
  t.equal(
    run.output(),
    'kedge: the configuration has 1 problem:\n  - predictionLog.hashKeyFile: /nowhere/key cannot be read (ENOENT)\n'
  )
})
