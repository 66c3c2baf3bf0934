// The entry of a child process by itself, without the peer that starts it. Its telemetry is in thread-worker.test.ts.
import { fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { Reply, Request } from '../../src/backend/messages.ts'
import { repository } from '../helpers/app.ts'
import { column } from '../helpers/fakes.ts'
import { plus } from '../helpers/models.ts'
import { built } from '../helpers/runtime-probe.ts'

const entry = built('backend/process-worker.js')

/** The entry in a process of its own, on a model. */
function start(t: Test) {
  const path = join(repository(t, { 'model.onnx': plus(1) }), 'model.onnx')
  const child = fork(entry, {
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    execArgv: []
  })
  t.teardown(() => void child.kill('SIGKILL'))
  const stderr = child.stderr
  if (stderr === null) throw new Error('it has a pipe')
  let errors = ''
  stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString()
  })
  const ask = async (request: Request): Promise<Reply> => {
    child.send(request)
    const [reply] = (await once(child, 'message')) as [Reply]
    return reply
  }
  // Not `close`: it does not come where this end disconnects.
  const ended = Promise.all([once(child, 'exit'), once(stderr, 'end')]).then(([[code, signal]]) => ({
    code: code as unknown,
    signal: signal as unknown,
    errors
  }))
  const open = () => ask({ type: 'open', options: { path, graphOptimization: 'all', threads: 1 } })
  return { child, open, ask, ended }
}

const x = { ...column('x', 1, 2), shape: [1, 2] }

t.test('opens, runs and ends when it is told to', async t => {
  const { child, open, ask, ended } = start(t)
  t.match(await open(), { type: 'opened', openMs: Number })
  t.match(await ask({ type: 'run', inputs: [x], outputs: ['y'] }), {
    type: 'ran',
    outputs: [{ name: 'y', datatype: 'FP32', shape: [1, 2], data: Float32Array.of(2, 3) }]
  })
  child.send({ type: 'close' } satisfies Request)
  t.strictSame(await ended, { code: 0, signal: null, errors: '' })
})

t.test('ends by itself when its channel is gone, quietly, even with an answer to give', async t => {
  const idle = start(t)
  await idle.open()
  idle.child.disconnect()
  t.strictSame(await idle.ended, { code: 0, signal: null, errors: '' })

  const running = start(t)
  await running.open()
  running.child.send({ type: 'run', inputs: [x], outputs: ['y'] } satisfies Request)
  running.child.disconnect()
  t.strictSame(await running.ended, { code: 0, signal: null, errors: '' })

  const fresh = start(t)
  fresh.child.disconnect()
  t.strictSame(await fresh.ended, { code: 0, signal: null, errors: '' })
})

t.test('signals are the business of the server', async t => {
  const { child, open, ask } = start(t)
  await open()
  child.kill('SIGTERM')
  child.kill('SIGINT')
  t.match(await ask({ type: 'run', inputs: [x], outputs: ['y'] }), { type: 'ran' })
})

t.test('outside of a child process the entry refuses to start', async t => {
  const child = spawn(process.execPath, [entry], { stdio: ['ignore', 'ignore', 'pipe'] })
  let text = ''
  child.stderr.on('data', (chunk: Buffer) => {
    text += chunk.toString()
  })
  const [code] = (await once(child, 'close')) as [number]
  t.equal(code, 1)
  t.match(text, /this module is the entry of a child process/)
})
