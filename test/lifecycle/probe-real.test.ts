// The probe on real models in real processes: this process is the server that has to survive.
import { execFileSync } from 'node:child_process'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { Instance } from '../../src/backend/backend.ts'
import { ProcessPool } from '../../src/backend/process-pool.ts'
import { startInstance } from '../../src/backend/start-instance.ts'
import { deferred } from '../../src/base/deferred.ts'
import { type ProbeOptions, type ProbeResult, probe } from '../../src/lifecycle/probe.ts'
import { warmUp } from '../../src/lifecycle/warmup.ts'
import type { Signature } from '../../src/schema/signature.ts'
import { repository } from '../helpers/app.ts'
import { FakeClock } from '../helpers/fake-clock.ts'
import { column } from '../helpers/fakes.ts'
import { crashes, plus, refusesZeros, slow, unknownOperator } from '../helpers/models.ts'
import { started } from '../helpers/started.ts'

const limitMs = 120_000

/** One probe at a time or several, on models by their names. */
function server(t: Test, models: Readonly<Record<string, Uint8Array>>) {
  const { children } = started(t)
  const clock = new FakeClock()
  const pool = new ProcessPool({ parkedMax: 1, clock })
  t.teardown(() => {
    pool.close()
    for (const child of children) child.kill('SIGKILL')
  })
  const folder = repository(t, models)
  const attempt = (model: string, tryOut: ProbeOptions['tryOut']): Promise<ProbeResult> =>
    probe({
      start: fresh => pool.start({ path: join(folder, model), graphOptimization: 'all', threads: 1 }, fresh),
      tryOut,
      limitMs,
      clock
    })
  return { children, clock, folder, attempt }
}

const integers: Signature = {
  inputs: [{ name: 'x', datatype: 'INT64', shape: ['batch'] }],
  outputs: [{ name: 'y', datatype: 'INT64', shape: ['batch'] }]
}

const onZeros = (instance: Instance): Promise<unknown> =>
  warmUp(async ({ inputs }) => instance.run(inputs, ['y']), integers, [])

t.test('real models: a good one, one that refuses zeros, one that the runtime refuses', async t => {
  const { children, attempt } = server(t, { good: plus(1), picky: refusesZeros(), bad: unknownOperator() })
  const { memoryBytes } = await attempt('good', async instance => {
    const x = { name: 'x', datatype: 'FP32', shape: [1, 2], data: Float32Array.of(1, 2) } as const
    t.strictSame((await instance.run([x], ['y'])).outputs[0]?.data, Float32Array.of(2, 3))
  })
  t.ok(memoryBytes > 0 && memoryBytes < 8 * 2 ** 20, `${memoryBytes} bytes`)
  let warning: unknown
  await attempt('picky', async instance => {
    warning = await onZeros(instance)
  })
  t.match(warning, /^the generated warm-up request \(zeros\) failed/)
  await t.rejects(attempt('bad', onZeros), { name: 'LoadFailure', message: /NoSuchOperator/ })
  t.equal(children.length, 1, 'one process for all of them')
})

t.test('real processes that hang: while the session is created, and in a run', async t => {
  const { children, clock, folder, attempt } = server(t, { slow: slow(1e9) })
  // The runtime waits for what is never written.
  execFileSync('mkfifo', [join(folder, 'pipe')])
  const opening = t.rejects(attempt('pipe', onZeros), { message: /hangs while its session is created$/ })
  const pipe = await open(join(folder, 'pipe'), 'w')
  const killed = new Promise(resolve => children[0]!.once('exit', (_, signal) => resolve(signal)))
  await clock.advance(limitMs)
  await opening
  t.equal(await killed, 'SIGKILL')
  await pipe.close()

  const running = deferred<void>()
  const hanging = t.rejects(
    attempt('slow', instance => {
      running.resolve()
      return Promise.resolve(instance.run([column('x', 1)], ['y']))
    }),
    { message: /hangs while it runs the warm-up$/ }
  )
  await running.promise
  const gone = new Promise(resolve => children[1]!.once('exit', (_, signal) => resolve(signal)))
  await clock.advance(limitMs)
  await hanging
  t.equal(await gone, 'SIGKILL')
})

t.test('real processes that crash: while the session is created, and in a run', async t => {
  const { children, folder, attempt } = server(t, { slow: slow(1e9), good: plus(1) })
  execFileSync('mkfifo', [join(folder, 'pipe')])
  const opening = t.rejects(attempt('pipe', onZeros), {
    message: /while its session is created: its process was ended by SIGSEGV$/
  })
  const pipe = await open(join(folder, 'pipe'), 'w')
  process.kill(children[0]!.pid!, 'SIGSEGV')
  await opening
  await pipe.close()
  await t.rejects(
    attempt('slow', async instance => {
      const run = instance.run([column('x', 1)], ['y'])
      process.kill(children[1]!.pid!, 'SIGBUS')
      await run
    }),
    { message: /while it runs the warm-up: its process was ended by SIGBUS$/ }
  )
  await attempt('good', () => Promise.resolve())
  t.equal(children.length, 3, 'none is used after it crashed')
})

t.test(
  'real models that end their process: the server goes on, and serves others meanwhile',
  // Elsewhere the processor takes the division.
  { skip: process.arch !== 'x64' },
  async t => {
    const { attempt, folder } = server(t, { a: crashes('opening'), b: crashes('running'), good: plus(1) })
    const path = join(folder, 'good')
    const other = await startInstance('thread', { path, graphOptimization: 'all', threads: 1 })
    const crashed = [
      t.rejects(attempt('a', onZeros), { message: /while its session is created: .* SIGFPE$/ }),
      t.rejects(attempt('b', onZeros), { message: /while it runs the warm-up: .* SIGFPE$/ })
    ]
    const x = { name: 'x', datatype: 'FP32', shape: [1, 2], data: Float32Array.of(1, 2) } as const
    t.strictSame((await other.run([x], ['y'])).outputs[0]?.data, Float32Array.of(2, 3))
    await Promise.all(crashed)
    await attempt('good', () => Promise.resolve())
    await other.close()
  }
)
