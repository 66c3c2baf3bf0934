import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { Instance } from '../../src/backend/backend.ts'
import { heldBytesMax, ProcessPool, type Trial } from '../../src/backend/process-pool.ts'
import type { NamedTensor } from '../../src/tensor/tensor.ts'
import { repository } from '../helpers/app.ts'
import { FakeClock } from '../helpers/fake-clock.ts'
import { column } from '../helpers/fakes.ts'
import { opensForever, plus, slow, unknownOperator } from '../helpers/models.ts'
import { built } from '../helpers/runtime-probe.ts'
import { started } from '../helpers/started.ts'

/** A pool, models by their names, and the processes that were started. */
function bench(t: Test, models: Readonly<Record<string, Uint8Array>> = {}) {
  const { children } = started(t)
  const clock = new FakeClock()
  const pool = new ProcessPool({ parkedMax: 2, clock })
  t.teardown(() => {
    pool.close()
    for (const child of children) child.kill('SIGKILL')
  })
  const files = { one: plus(1), two: plus(2), bad: unknownOperator(), ...models }
  const folder = repository(t, files)
  const start = (model: string, fresh = false): Trial =>
    pool.start({ path: join(folder, model), graphOptimization: 'all', threads: 1 }, fresh)
  /** One that waits does not keep this process alive; whoever waits for its end has to. */
  const exit = (at: number): Promise<unknown[]> => {
    children[at]!.ref()
    return once(children[at]!, 'exit')
  }
  return { children, clock, pool, start, exit }
}

const pair = (): NamedTensor => ({
  name: 'x',
  datatype: 'FP32',
  shape: [1, 2],
  data: Float32Array.of(10, 10)
})

const ask = async (instance: Instance): Promise<unknown> =>
  (await instance.run([pair()], ['y'])).outputs[0]?.data[0]

t.test('one process tries one model after the other, refused ones too', async t => {
  const { children, start } = bench(t)
  const first = start('one')
  const instance = await first.instance
  const listeners = () => ['message', 'exit', 'error'].map(event => children[0]!.listenerCount(event))
  const inUse = listeners()
  t.equal(await ask(instance), 11)
  t.equal(first.reused, false)
  await instance.close()
  t.equal(await instance.ended, undefined)
  const bad = start('bad')
  await t.rejects(bad.instance, { message: /NoSuchOperator/ })
  const next = start('two')
  t.equal(await ask(await next.instance), 12)
  t.strictSame([next.reused, children.length], [true, 1])
  t.strictSame(listeners(), inUse, 'those before have let go of it')
  await (await next.instance).close()
})

t.test('a fresh one is one that tried nothing', async t => {
  const { children, start } = bench(t)
  await (await start('one').instance).close()
  const fresh = start('two', true)
  t.equal(await ask(await fresh.instance), 12)
  t.strictSame([fresh.reused, children.length], [false, 2])
  await (await fresh.instance).close()
})

t.test('what a session takes shows without what the runtime keeps for itself', async t => {
  const { start } = bench(t)
  const instance = await start('one').instance
  await ask(instance)
  const grownBytes = await instance.memoryBytes!()
  // With the first session of its process it would be some 12 MiB.
  t.ok(grownBytes < 8 * 2 ** 20, `${grownBytes} bytes`)
  await instance.close()
})

t.test('one that is killed while it creates a session, or runs, is gone', async t => {
  const { children, start } = bench(t, { opensForever: opensForever(), slow: slow(1e9) })
  const opening = start('opensForever')
  const ended = once(children[0]!, 'exit')
  opening.kill()
  await t.rejects(opening.instance, {
    code: 'INSTANCE_LOST',
    cause: { message: 'its process was ended by SIGKILL' }
  })
  t.strictSame(await ended, [null, 'SIGKILL'])
  const running = start('slow')
  t.equal(running.reused, false)
  const instance = await running.instance
  const lost = t.rejects(async () => instance.run([column('x', 1)], ['y']), { code: 'INSTANCE_LOST' })
  running.kill()
  await lost
  await instance.close()
  t.equal(start('one').reused, false)
  t.equal(children.length, 3)
})

t.test('one that is killed while it releases its session is not given to the next', async t => {
  const { children, start } = bench(t)
  const first = start('one')
  const closing = (await first.instance).close()
  first.kill()
  await closing
  t.equal(start('two').reused, false)

  // Even where its answer is still on its way.
  for (const lose of [(trial: Trial) => trial.kill(), () => children.at(-1)!.disconnect()]) {
    const trial = start('one', true)
    const instance = await trial.instance
    children.at(-1)!.prependOnceListener('message', () => lose(trial))
    await instance.close()
    const next = start('two')
    t.equal(next.reused, false)
    t.equal(await ask(await next.instance), 12)
  }
})

t.test('one that crashes while it waits is not given to the next', async t => {
  const { children, start, exit } = bench(t)
  await (await start('one').instance).close()
  const exited = exit(0)
  process.kill(children[0]!.pid!, 'SIGSEGV')
  await exited
  const next = start('two')
  t.equal(next.reused, false)
  await (await next.instance).close()

  process.kill(children[1]!.pid!, 'SIGSEGV')
  const unaware = start('one')
  t.equal(unaware.reused, true, 'as long as nobody knows')
  await t.rejects(unaware.instance, { cause: { message: 'its process was ended by SIGSEGV' } })
})

t.test('one that kept much of a model’s memory ends', async t => {
  const { children, start } = bench(t)
  for (const [beyondBytes, reused] of [
    [0, true],
    [1, false]
  ] as const) {
    const instance = await start('one').instance
    const child = children.at(-1)!
    // Before anyone else hears of it.
    child.prependOnceListener('message', (reply: { type: string; heldBytes: number }) => {
      t.equal(reply.type, 'released')
      t.ok(reply.heldBytes < heldBytesMax, 'a small model leaves little')
      reply.heldBytes = heldBytesMax + beyondBytes
    })
    await instance.close()
    const next = start('two')
    t.equal(next.reused, reused)
    await (await next.instance).close()
  }
})

t.test('one for whom nobody comes ends, and so do all when the pool closes', async t => {
  const { clock, pool, start, exit } = bench(t)
  await (await start('one').instance).close()
  const idle = exit(0)
  await clock.advance(1000)
  t.strictSame(await idle, [0, null])
  pool.warm(1)
  const closed = exit(1)
  pool.close()
  t.strictSame(await closed, [0, null])
})

/** A program that tries a model and then does what `end` says while its process waits; settles once both have let go of stderr. */
async function program(t: Test, end: string) {
  const text = `
    import { ProcessPool } from ${JSON.stringify(built('backend/process-pool.js'))}
    // Nothing ends those that wait.
    const clock = { now: () => 0, monotonicMs: () => 0, after: () => () => {} }
    const pool = new ProcessPool({ parkedMax: 1, clock })
    const options = { path: process.argv[2], graphOptimization: 'all', threads: 1 }
    const instance = await pool.start(options).instance
    await instance.close()
    ${end}`
  const root = repository(t, { 'program.mjs': text, 'model.onnx': plus(1) })
  const args = [join(root, 'program.mjs'), join(root, 'model.onnx')]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  t.teardown(() => void child.kill('SIGKILL'))
  let errors = ''
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString()
  })
  const exited = once(child, 'exit')
  await once(child.stderr, 'end')
  return { exited: await exited, errors }
}

t.test('one that waits neither keeps the server’s process alive nor survives it', async t => {
  t.strictSame(await program(t, ''), { exited: [0, null], errors: '' })
  const kill = `process.kill(process.pid, 'SIGKILL')`
  t.strictSame(await program(t, kill), { exited: [null, 'SIGKILL'], errors: '' })
})

t.test('a process that cannot be started is told each time, and never kept', async t => {
  const { start, pool } = bench(t)
  const { execPath } = process
  t.teardown(() => {
    process.execPath = execPath
  })
  process.execPath = '/nowhere/node'
  pool.warm()
  const trials = [start('one'), start('two')]
  process.execPath = execPath
  for (const { instance } of trials)
    await t.rejects(instance, { code: 'INSTANCE_LOST', cause: { code: 'ENOENT' } })
  t.equal(await ask(await start('one').instance), 11)
})
