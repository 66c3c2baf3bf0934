import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { SessionOptions } from '../../src/backend/backend.ts'
import { startChannelInstance } from '../../src/backend/channel-instance.ts'
import { processPeer } from '../../src/backend/process-peer.ts'
import { repository } from '../helpers/app.ts'
import { column } from '../helpers/fakes.ts'
import { plus, slow } from '../helpers/models.ts'
import { built } from '../helpers/runtime-probe.ts'
import { started } from '../helpers/started.ts'

/** Longer than any test. */
const endless = slow(1e9)

function optionsOn(t: Test, model: Uint8Array): SessionOptions {
  return {
    path: join(repository(t, { 'model.onnx': model }), 'model.onnx'),
    graphOptimization: 'all',
    threads: 1
  }
}

/** An instance, the process behind it, and a run of one value. */
async function start(t: Test, model: Uint8Array) {
  const { children } = started(t)
  const instance = await startChannelInstance(processPeer(), optionsOn(t, model))
  t.teardown(() => {
    instance.kill?.()
    return instance.close()
  })
  const run = async (...values: number[]) => {
    const { outputs } = await instance.run([{ ...column('x', ...values), shape: [1, values.length] }], ['y'])
    return outputs[0]!.data
  }
  return { instance, child: children[0]!, run }
}

t.test('a process of its own, which ends with the instance', async t => {
  const { instance, child, run } = await start(t, plus(1))
  t.not(child.pid, process.pid)
  t.strictSame(await run(1, 2), Float32Array.of(2, 3))
  const exited = once(child, 'exit')
  await instance.close()
  t.strictSame(await exited, [0, null])
  t.equal(await instance.ended, undefined)
})

t.test('one that is killed from outside in a run takes the run along, and says by what', async t => {
  const { instance, child, run } = await start(t, endless)
  const lost = t.rejects(run(1), {
    code: 'INSTANCE_LOST',
    retryAfterSeconds: 1,
    cause: { message: 'its process was ended by SIGKILL' }
  })
  process.kill(child.pid!, 'SIGKILL')
  await lost
  t.match(await instance.ended, { message: 'its process was ended by SIGKILL' })
  await t.rejects(run(2), { code: 'INSTANCE_LOST' })
})

t.test('one that is killed while its instance closes does not keep it', async t => {
  const { instance, run } = await start(t, endless)
  const lost = t.rejects(run(1), { code: 'INSTANCE_LOST' })
  const closing = instance.close()
  instance.kill?.()
  await lost
  await closing
  t.equal(await instance.ended, undefined)
})

t.test('one that is asked to end by others does not', async t => {
  const { child, run } = await start(t, plus(1))
  for (const signal of ['SIGINT', 'SIGTERM'] as const) child.kill(signal)
  t.strictSame(await run(1, 2), Float32Array.of(2, 3))
})

t.test('how it ended is the reason', async t => {
  const silent = await start(t, plus(1))
  silent.child.disconnect()
  t.match(await silent.instance.ended, { message: 'its process ended with status 0' })
  await t.rejects(silent.run(1, 2), { code: 'INSTANCE_LOST' })

  const faulty = await start(t, plus(1))
  faulty.child.emit('error', new Error('what went wrong'))
  faulty.child.kill('SIGKILL')
  t.match(await faulty.instance.ended, { message: 'what went wrong' })
})

t.test(
  'a run for one whose channel is gone fails once it has ended, and its close waits for that',
  async t => {
    const { instance, child, run } = await start(t, plus(1))
    child.disconnect()
    const lost = t.rejects(run(1, 2), { code: 'INSTANCE_LOST' })
    const closing = instance.close()
    await lost
    await closing
  }
)

t.test('a process that cannot be started is told, not waited for', async t => {
  const { execPath } = process
  t.teardown(() => {
    process.execPath = execPath
  })
  process.execPath = '/nowhere/node'
  const starting = startChannelInstance(processPeer(), { path: 'm', graphOptimization: 'all', threads: 1 })
  process.execPath = execPath
  await t.rejects(starting, { code: 'INSTANCE_LOST', cause: { code: 'ENOENT' } })
})

/** Starts an instance in a program of its own, which then does what `end` says; settles once both processes have ended. */
async function server(t: Test, end: string) {
  const program = `
    import { channel } from 'node:diagnostics_channel'
    import { startInstance } from ${JSON.stringify(built('backend/start-instance.js'))}
    let child
    channel('child_process').subscribe(message => { child = message.process })
    const path = process.argv[2]
    const instance = await startInstance('process', { path, graphOptimization: 'all', threads: 1 })
    const x = { name: 'x', datatype: 'FP32', shape: [1, 1], data: new Float32Array(1) }
    ${end}`
  const root = repository(t, { 'program.mjs': program, 'model.onnx': slow(500) })
  const args = [join(root, 'program.mjs'), join(root, 'model.onnx')]
  const started = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'], detached: true })
  t.teardown(() => {
    try {
      process.kill(-started.pid!, 'SIGKILL')
    } catch {
      // The whole group has gone, as it should.
    }
  })
  let errors = ''
  started.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString()
  })
  const exited = once(started, 'exit')
  // Its child has standard error as well: this comes when both have let go of it.
  await once(started.stderr, 'end')
  return { exited: await exited, errors }
}

t.test('a server that is killed leaves no process behind and nothing in the log', async t => {
  const killed = { exited: [null, 'SIGKILL'], errors: '' }
  const kill = `process.kill(process.pid, 'SIGKILL')`
  t.strictSame(await server(t, kill), killed, 'idle')
  t.strictSame(await server(t, `void instance.run([x], ['y']); ${kill}`), killed, 'in a run')
})

t.test('a server that ends takes along processes that see nothing of it, however it ends', async t => {
  // One that is stopped is as stuck as one in an endless run.
  const stop = `child.kill('SIGSTOP')`
  t.match(await server(t, `${stop}; process.exit(3)`), { exited: [3, null], errors: '' })
  t.match(await server(t, `${stop}; throw new Error('on purpose')`), {
    exited: [1, null],
    errors: /on purpose/
  })
})
