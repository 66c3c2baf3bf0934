// The scripts of examples/ci against a server that watches: a version goes out, a bad one is refused and taken back, a label moves.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { projectFolder } from '../../scripts/source-files.ts'
import { repository } from '../helpers/app.ts'
import { plus } from '../helpers/models.ts'
import { kedge } from '../helpers/process.ts'

const scripts = join(projectFolder, 'examples', 'ci', 'scripts')

async function run(program: string, ...args: readonly string[]) {
  const child = spawn(program, args)
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString()
    })
  const [status] = (await once(child, 'close')) as [number]
  return { status, output }
}

const script = (name: string, ...args: readonly string[]) => run('sh', join(scripts, name), ...args)
const gate = (answer: number): string =>
  `request: { inputs: [{ name: x, shape: [1, 2], datatype: FP32, data: [1, 1] }] }\nexpected: { y: [${answer}, ${answer}] }`

t.test('a pipeline releases, is refused, takes back and moves a label', async t => {
  const folder = repository(t, {
    'models/m/1/model.onnx': plus(1),
    'models/m/model.yaml': 'labels: { stable: 1 }',
    'candidate/m/2/model.onnx': plus(2),
    'candidate/m/2/gate/a.yaml': gate(3),
    'candidate/m/3/model.onnx': plus(3),
    'candidate/m/3/gate/a.yaml': gate(7),
    'candidate/m/model.yaml': 'labels: { stable: 1 }'
  })
  const models = join(folder, 'models')
  const poll = ['--repository-poll-ms', '100', '--repository-stable-ms', '100']
  const server = kedge(t, [
    'serve',
    '--models',
    models,
    '--port',
    '0',
    '--state-dir',
    join(folder, 'state'),
    ...poll
  ])
  const address = await server.ready
  const publish = (what: string) => script('publish.sh', join(folder, 'candidate', what), join(models, what))
  const released = (version: string) =>
    run(process.execPath, join(scripts, 'await-version.mjs'), address, 'm', version, '60')
  const answers = async (): Promise<unknown> => {
    const response = await fetch(`${address}/v2/models/m/infer`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"inputs": [{"name": "x", "shape": [1, 2], "datatype": "FP32", "data": [1, 1]}]}'
    })
    return ((await response.json()) as { model_version: string }).model_version
  }

  for (const version of ['2', '3'])
    t.equal((await script('digests.sh', join(folder, 'candidate/m', version))).status, 0)
  t.strictSame(await publish('m/2'), { status: 0, output: '' })
  t.strictSame(await released('2'), { status: 0, output: 'm 2 serves\n' })
  t.equal(await answers(), '1', 'published is not rolled out')

  mkdirSync(join(folder, 'staging'))
  const stage = () => script('stage.sh', join(folder, 'candidate'), models, join(folder, 'staging'), 'm')
  t.strictSame(await stage(), { status: 0, output: '' })
  const check = kedge(t, ['check', join(folder, 'staging'), '--model', 'm'])
  t.equal((await check.exited).code, 1)
  t.match(check.output(), /^FAILED {3}m 3 .*\n +gating: .*expected 7, got 4/m)

  t.equal((await publish('m/3')).status, 0, 'as if nobody had checked')
  t.match(await released('3'), {
    status: 1,
    output: /^m 3 was refused: .*gate\/a\.yaml: .*expected 7, got 4/
  })
  t.equal((await script('withdraw.sh', join(models, 'm/3'))).status, 0)

  writeFileSync(join(folder, 'candidate/m/model.yaml'), 'labels: { stable: 2 }')
  t.equal((await publish('m/model.yaml')).status, 0)
  await server.says(/label moved/)
  t.equal(await answers(), '2', 'the label has moved')
})
