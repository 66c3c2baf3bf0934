import { getEventListeners } from 'node:events'
import t from 'tap'
import type { Instance } from '../../src/backend/backend.ts'
import type { Trial } from '../../src/backend/process-pool.ts'
import { deferred } from '../../src/base/deferred.ts'
import { ServingError } from '../../src/errors/serving-error.ts'
import { type ProbeOptions, type ProbeResult, probe } from '../../src/lifecycle/probe.ts'
import { LoadFailure } from '../../src/lifecycle/validate.ts'
import { FakeClock } from '../helpers/fake-clock.ts'
import { FakeInstance } from '../helpers/fakes.ts'
import { turn } from '../helpers/turn.ts'

const limitMs = 120_000

class LosableInstance extends FakeInstance {
  reason: Error | undefined

  override lose(reason: Error): void {
    this.reason = reason
    super.lose(reason)
  }
}

/** An instance in a process that the test ends, which has grown by 5000 bytes. */
class FakeTrial implements Trial {
  readonly reused: boolean
  readonly process = new LosableInstance('process')
  readonly #opened = deferred<Instance>()
  readonly instance = this.#opened.promise
  kills = 0
  closes = 0
  /** How its process ends while it releases the session. */
  crashesAtRelease: Error | undefined

  constructor(reused = false) {
    this.reused = reused
  }

  kill(): void {
    this.kills++
  }

  open(): Promise<void> {
    this.#opened.resolve({
      placement: 'process',
      openMs: 1,
      kill: () => this.kill(),
      ended: this.process.ended,
      run: (...request) => this.process.run(...request),
      memoryBytes: () =>
        this.process.reason ? Promise.reject(lost(this.process.reason)) : Promise.resolve(5000),
      close: () => {
        this.closes++
        if (this.crashesAtRelease !== undefined) this.process.lose(this.crashesAtRelease)
        return this.process.close()
      }
    })
    return turn()
  }

  refuse(error: Error): Promise<void> {
    this.#opened.reject(error)
    return turn()
  }
}

const lost = (reason: Error): ServingError =>
  new ServingError('INSTANCE_LOST', 'the model instance ended', { cause: reason })

/** A probe whose trials are used one after the other, and what became of it. */
function bench(trials: FakeTrial[], over: Partial<ProbeOptions> = {}) {
  const clock = new FakeClock()
  const wanted: boolean[] = []
  const start = (fresh: boolean): Trial => {
    wanted.push(fresh)
    return trials[wanted.length - 1]!
  }
  const outcome: { result?: ProbeResult; error?: LoadFailure } = {}
  const probing = probe({ start, tryOut: () => Promise.resolve(), limitMs, clock, ...over })
  const done = probing.then(
    result => void Object.assign(outcome, { result }),
    (error: unknown) => void Object.assign(outcome, { error })
  )
  return { clock, wanted, outcome, done }
}

const segv = new Error('its process was ended by SIGSEGV')

t.test('a model that opens, warms up and is released is good, and its memory known', async t => {
  const trial = new FakeTrial()
  const used: Instance[] = []
  const { clock, outcome, done, wanted } = bench([trial], {
    tryOut: instance => Promise.resolve(used.push(instance))
  })
  await trial.open()
  await done
  t.strictSame(outcome, { result: { memoryBytes: 5000 } })
  t.strictSame([used.length, trial.closes, trial.kills, clock.pending], [1, 1, 0, 0])
  t.strictSame(wanted, [false])
})

t.test('where it hangs is told, and it is killed at the limit, not before', async t => {
  const endless = () => new Promise<never>(() => undefined)
  for (const [opens, doing] of [
    [false, 'its session is created'],
    [true, 'it runs the warm-up']
  ] as const) {
    const trial = new FakeTrial()
    const { clock, outcome, done } = bench([trial], { tryOut: endless })
    if (opens) await trial.open()
    await clock.advance(limitMs - 1)
    t.strictSame([outcome, trial.kills], [{}, 0])
    await clock.advance(1)
    await done
    t.type(outcome.error, LoadFailure)
    t.equal(
      outcome.error?.message,
      `the probe was killed after 120000 ms (lifecycle.loadMaxMs): the model hangs while ${doing}`
    )
    t.equal(trial.kills, 1)
  }
  const trial = new FakeTrial()
  trial.process.close = endless
  const { clock, outcome, done } = bench([trial])
  await trial.open()
  await clock.advance(limitMs)
  await done
  t.match(outcome.error?.message, /the model hangs while its session is released$/)
})

t.test('what the model did to its process is told, however the warm-up took it', async t => {
  const opening = new FakeTrial()
  const first = bench([opening])
  await opening.refuse(lost(segv))
  await first.done
  t.match(first.outcome.error, {
    name: 'LoadFailure',
    message: 'the model crashed the probe while its session is created: its process was ended by SIGSEGV',
    cause: segv
  })

  const answers = [
    () => Promise.reject(new Error('zeros ended the instance', { cause: lost(segv) })),
    () => Promise.resolve('a warning')
  ]
  for (const answer of answers) {
    const trial = new FakeTrial()
    const { outcome, done } = bench([trial], {
      tryOut() {
        trial.process.lose(segv)
        return answer()
      }
    })
    await trial.open()
    await done
    t.equal(
      outcome.error?.message,
      'the model crashed the probe while it runs the warm-up: its process was ended by SIGSEGV'
    )
  }

  const leaving = new FakeTrial()
  leaving.crashesAtRelease = new Error('its process was ended by SIGKILL')
  const last = bench([leaving])
  await leaving.open()
  await last.done
  t.equal(
    last.outcome.error?.message,
    'the model crashed the probe while its session is released: its process was ended by SIGKILL, perhaps for want of memory'
  )
})

t.test('what the runtime refuses is told in its words, and the process is released', async t => {
  const trial = new FakeTrial()
  const { outcome, done } = bench([trial])
  await trial.refuse(new Error('no such operator'))
  await done
  t.match(outcome.error, {
    name: 'LoadFailure',
    message: 'the runtime cannot load the model: no such operator'
  })

  for (const failure of [new Error('warm-up request failed'), new LoadFailure('warm-up request failed')]) {
    const warming = new FakeTrial()
    const second = bench([warming], { tryOut: () => Promise.reject(failure) })
    await warming.open()
    await second.done
    t.match(second.outcome.error, { name: 'LoadFailure', message: 'warm-up request failed' })
    t.strictSame([warming.closes, warming.kills], [1, 0])
  }
})

t.test('a crash in a process that others were tried in is tried again in a fresh one, once', async t => {
  const innocent = [new FakeTrial(true), new FakeTrial()] as const
  const first = bench([...innocent])
  await innocent[0].refuse(lost(segv))
  await innocent[1].open()
  await first.done
  t.strictSame([first.outcome, first.wanted], [{ result: { memoryBytes: 5000 } }, [false, true]])

  const guilty = [new FakeTrial(true), new FakeTrial(true)] as const
  const second = bench([...guilty])
  for (const trial of guilty) await trial.refuse(lost(segv))
  await second.done
  t.match(second.outcome.error?.message, /^the model crashed the probe/)
  t.strictSame(second.wanted, [false, true])
})

t.test('what is no crash is not tried again, nor is a crash in a fresh process', async t => {
  for (const [reused, error] of [
    [true, new Error('no such operator')],
    [true, lost(Object.assign(new Error('spawn EAGAIN'), { syscall: 'spawn' }))],
    [false, lost(segv)]
  ] as const) {
    const trial = new FakeTrial(reused)
    const { wanted, done, outcome } = bench([trial])
    await trial.refuse(error)
    await done
    t.type(outcome.error, LoadFailure)
    t.strictSame(wanted, [false])
  }
})

t.test('both tries together have the time of one', async t => {
  const [first, second] = [new FakeTrial(true), new FakeTrial()]
  const { clock, outcome, done } = bench([first, second])
  await clock.advance(100_000)
  await first.refuse(lost(segv))
  await clock.advance(19_999)
  t.strictSame(outcome, {})
  await clock.advance(1)
  await done
  t.match(outcome.error?.message, /^the probe was killed after 120000 ms/)
  t.strictSame([first.kills, second.kills], [0, 1])
})

t.test('without a process nothing is said against the model', async t => {
  const trial = new FakeTrial()
  const { outcome, done } = bench([trial])
  await trial.refuse(lost(Object.assign(new Error('spawn node EAGAIN'), { syscall: 'spawn node' })))
  await done
  t.equal(outcome.error?.message, 'the probe has no process: spawn node EAGAIN')
})

t.test('a signal that is never given is let go of', async t => {
  const trial = new FakeTrial()
  const { signal } = new AbortController()
  const { outcome, done } = bench([trial], { signal })
  await trial.open()
  await done
  t.strictSame([outcome, getEventListeners(signal, 'abort')], [{ result: { memoryBytes: 5000 } }, []])
})

t.test('a probe that is called off ends at once', async t => {
  for (const when of ['before', 'meanwhile']) {
    const trial = new FakeTrial()
    const controller = new AbortController()
    if (when === 'before') controller.abort()
    const { signal } = controller
    const { clock, outcome, done } = bench([trial], { signal })
    await turn()
    controller.abort()
    await done
    t.match(outcome.error, {
      name: 'LoadFailure',
      message: 'the probe was called off: the version is not wanted any more'
    })
    t.strictSame([trial.kills, clock.pending], [1, 0])
    t.strictSame(getEventListeners(signal, 'abort'), [])
  }
})
