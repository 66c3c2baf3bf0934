import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { repository } from '../helpers/app.ts'
import { plus, slow, unknownOperator } from '../helpers/models.ts'
import { childrenOf, kedge, stop } from '../helpers/process.ts'

interface Outputs {
  readonly model_version: string
  readonly outputs: readonly { readonly name: string; readonly data: readonly number[] }[]
}

const body = (name: string, shape: readonly number[], data: readonly number[]): string =>
  JSON.stringify({ inputs: [{ name, shape, datatype: 'FP32', data }] })

async function infer(
  address: string,
  model: string,
  payload: string
): Promise<{ status: number; answer: Outputs }> {
  const response = await fetch(`${address}/v2/models/${model}/infer`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: payload
  })
  return { status: response.status, answer: (await response.json()) as Outputs }
}

t.test('with a broken newest version the next lower one serves, also after a restart', async t => {
  const models = repository(t, {
    'plus/1/model.onnx': plus(1),
    'plus/2/model.onnx': plus(2),
    'plus/3/model.onnx': unknownOperator(),
    'plus/4/model.onnx': 'not a model'
  })
  for (const start of ['first start', 'restart']) {
    const server = kedge(t, [
      'serve',
      '--models',
      models,
      '--port',
      '0',
      '--state-dir',
      join(models, '.state')
    ])
    const address = await server.ready
    const { answer } = await infer(address, 'plus', body('x', [1, 2], [1, 2]))
    t.match(answer, { model_version: '2', outputs: [{ data: [3, 4] }] }, start)
    server.child.kill('SIGTERM')
    t.same(await server.exited, { code: 0, signal: null })
  }
  const trail = readFileSync(join(models, '.state', 'audit.jsonl'), 'utf8')
    .trim()
    .split('\n')
  const events = trail.map(line => JSON.parse(line) as { event: string; version: number })
  t.same(
    events.map(({ event, version }) => `${version} ${event}`),
    ['4 failed', '3 failed', '2 ready', '2 unloaded', '4 failed', '3 failed', '2 ready', '2 unloaded']
  )
})

/** Settles once so many predictions were asked for: each is in progress, or has its answer on the way. */
async function inside(address: string, count: number): Promise<void> {
  for (;;) {
    const text = await (await fetch(`${address}/metrics`)).text()
    const sum = (name: string): number =>
      text
        .split('\n')
        .filter(line => line.startsWith(`${name}{model="slow"`))
        .reduce((total, line) => total + Number(line.split(' ').at(-1)), 0)
    if (sum('kedge_inflight_requests') + sum('kedge_requests_total') >= count) return
  }
}

t.test('SIGTERM in the middle of requests: each is answered, and the process ends with 0', async t => {
  const models = repository(t, { 'slow/1/model.onnx': slow(40) })
  const server = kedge(t, ['serve', '--models', models, '--port', '0', '--state-dir', join(models, '.state')])
  const address = await server.ready
  const requests = Array.from({ length: 10 }, (_, index) =>
    infer(address, 'slow', body('x', [1, 1], [index]))
  )
  await inside(address, requests.length)
  server.child.kill('SIGTERM')
  const answers = await Promise.all(requests)
  t.same(
    answers.map(({ status, answer }) => [status, answer.outputs[0]?.data]),
    answers.map((_, index) => [200, [index]])
  )
  t.same(await server.exited, { code: 0, signal: null })
  t.match(server.output(), /"shut down"/)
})

t.test('while a run is in progress beyond the shutdown deadline, the process ends itself', async t => {
  const models = repository(t, { 'slow/1/model.onnx': slow(20_000) })
  const flags = [
    '--readiness-require',
    'slow',
    '--shutdown-deadline-ms',
    '100',
    '--state-dir',
    join(models, '.state'),
    // Fresh files are loaded at once.
    '--repository-stable-ms',
    '0'
  ]
  const server = kedge(t, ['serve', '--models', models, '--port', '0', ...flags])
  await server.listening
  // The warm-up takes longer than anyone waits: the load is in progress when the end is asked for.
  server.child.kill('SIGTERM')
  t.same(await server.exited, { code: null, signal: 'SIGKILL' })
  t.match(server.output(), /ending without waiting: the shutdown deadline passed/)
})

t.test(
  'a process that is stuck does not outlive a server that does not wait for it',
  { skip: process.platform !== 'linux' && 'children are found in /proc' },
  async t => {
    const models = repository(t, {
      'plus/1/model.onnx': plus(1),
      'plus/model.yaml': 'instances: { placement: process }'
    })
    const ends: [deadlineMs: string, signals: number, reason: RegExp][] = [
      ['100', 1, /the shutdown deadline passed/],
      ['900000', 2, /SIGTERM again/]
    ]
    for (const [deadlineMs, signals, reason] of ends) {
      // The only child is the instance: there are no probes.
      const state = ['--state-dir', join(models, '.state'), '--lifecycle-probe', 'never']
      const flags = ['--models', models, '--port', '0', '--shutdown-deadline-ms', deadlineMs, ...state]
      const server = kedge(t, ['serve', ...flags])
      await server.ready
      const children = childrenOf(server.child.pid!)
      t.equal(children.length, 1)
      stop(t, children[0]!)
      server.child.kill('SIGTERM')
      if (signals > 1) {
        await server.says(/shutting down/)
        server.child.kill('SIGTERM')
      }
      // It shares standard error with its server: this comes once both have ended.
      t.same(await server.exited, { code: null, signal: 'SIGKILL' })
      t.match(server.output(), reason)
    }
  }
)

t.test('unready before it is gone: the ready route says no while requests are still answered', async t => {
  const models = repository(t, { 'plus/1/model.onnx': plus(1) })
  const flags = [
    '--shutdown-readiness-delay-ms',
    '600000',
    '--shutdown-deadline-ms',
    '900000',
    '--state-dir',
    join(models, '.state')
  ]
  const server = kedge(t, ['serve', '--models', models, '--port', '0', ...flags])
  const address = await server.ready
  t.equal((await fetch(`${address}/v2/health/ready`)).status, 200)
  server.child.kill('SIGTERM')
  let ready = await fetch(`${address}/v2/health/ready`)
  while (ready.status === 200) ready = await fetch(`${address}/v2/health/ready`)
  t.match(
    [ready.status, await ready.json(), ready.headers.get('connection')],
    [503, { reason: 'the server is shutting down' }, 'close']
  )
  const { status } = await infer(address, 'plus', body('x', [1, 2], [1, 2]))
  t.equal(status, 200)
  t.equal((await fetch(`${address}/v2/health/live`)).status, 200)
  server.child.kill('SIGTERM')
  t.same(await server.exited, { code: null, signal: 'SIGKILL' }, 'a second signal does not wait')
})
