import { join } from 'node:path'
import t from 'tap'
import type { ModelSession, RunResult, SessionOptions } from '../../src/backend/backend.ts'
import { startInlineInstance } from '../../src/backend/inline-instance.ts'
import { openOnnxSession } from '../../src/backend/onnx-session.ts'
import { deferred } from '../../src/base/deferred.ts'
import { repository } from '../helpers/app.ts'
import { column } from '../helpers/fakes.ts'
import { slow } from '../helpers/models.ts'
import { turn } from '../helpers/turn.ts'

const options: SessionOptions = { path: '/nowhere', graphOptimization: 'all', threads: 1 }
const ran: RunResult = { outputs: [column('y', 1)], runMs: 1 }

/** An instance on a session that does this. */
function on(session: Partial<ModelSession>) {
  const log: string[] = []
  const whole: ModelSession = {
    run: () => ran,
    release: () => {
      log.push('released')
      return Promise.resolve()
    },
    ...session
  }
  return { log, starting: startInlineInstance(options, () => Promise.resolve(whole)) }
}

t.test('runs at once, on this thread', async t => {
  const asked: unknown[] = []
  const { starting } = on({
    run: (...request) => {
      asked.push(request)
      return ran
    }
  })
  const instance = await starting
  t.match({ ...instance }, { placement: 'inline', openMs: Number, kill: undefined })
  t.equal(instance.run([column('x', 1)], ['y']), ran, 'no promise: the answer itself')
  t.strictSame(asked, [[[column('x', 1)], ['y']]])
})

t.test('a session that does not open throws its own error', async t => {
  const error = new Error('no such operator')
  await t.rejects(
    startInlineInstance(options, () => Promise.reject(error)),
    error
  )
})

t.test('a run that fails is RUN_FAILED with its reason for the log, at once or later', async t => {
  const cause = new Error('out of bounds')
  const failed = {
    name: 'ServingError',
    code: 'RUN_FAILED',
    message: 'the model failed on these inputs',
    cause
  } as const
  let fails = true
  const { starting } = on({
    run: () => {
      if (fails) throw cause
      return ran
    }
  })
  const instance = await starting
  t.throws(() => instance.run([], []), failed)
  fails = false
  t.equal(instance.run([], []), ran, 'the next one works')

  const later = await on({ run: () => Promise.reject(cause) }).starting
  await t.rejects(async () => later.run([], []), failed)
})

t.test('closed once, and nothing runs any more', async t => {
  const { log, starting } = on({})
  const instance = await starting
  await Promise.all([instance.close(), instance.close()])
  t.strictSame(log, ['released'])
  t.equal(await instance.ended, undefined)
  t.throws(() => instance.run([], []), { name: 'ServingError', code: 'INSTANCE_LOST' })
})

t.test('closing waits for a run in progress, however it ends', async t => {
  for (const ends of ['well', 'badly']) {
    const running = deferred<RunResult>()
    const { log, starting } = on({ run: () => running.promise })
    const instance = await starting
    const run = Promise.resolve(instance.run([], [])).then(
      () => log.push('answered'),
      () => log.push('failed')
    )
    const closing = instance.close()
    await turn()
    t.strictSame(log, [])
    if (ends === 'well') running.resolve(ran)
    else running.reject(new Error('no'))
    await run
    await closing
    t.strictSame(log, [ends === 'well' ? 'answered' : 'failed', 'released'])
  }
})

t.test("the same with the runtime's public sessions, which run later", async t => {
  const path = join(repository(t, { 'model.onnx': slow(1) }), 'model.onnx')
  const instance = await startInlineInstance({ ...options, path }, settings =>
    openOnnxSession(settings, true)
  )
  const run = Promise.resolve(instance.run([column('x', 5)], ['y']))
  await instance.close()
  t.strictSame((await run).outputs[0]?.data, Float32Array.of(5))
})

t.test('a session that cannot be released has ended all the same', async t => {
  const error = new Error('Session already disposed.')
  for (const release of [
    () => Promise.reject(error),
    () => {
      throw error
    }
  ]) {
    const instance = await on({ release }).starting
    await t.rejects(instance.close(), error)
    t.equal(await instance.ended, undefined)
  }
})
