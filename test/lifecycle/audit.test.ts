import t from 'tap'
import { type Deferred, deferred } from '../../src/base/deferred.ts'
import { auditBytesMax, auditFile, auditTrail, type LineStore } from '../../src/lifecycle/audit.ts'
import type { LifecycleEvent } from '../../src/lifecycle/events.ts'
import { type State, states } from '../../src/lifecycle/state.ts'
import { FakeClock } from '../helpers/fake-clock.ts'
import { lifecycleEvent } from '../helpers/fakes.ts'
import { turn } from '../helpers/turn.ts'

const event = (to: State, over: Partial<LifecycleEvent> = {}): LifecycleEvent =>
  lifecycleEvent({ to, ...over })

/** A store whose writes the test lets through one by one. */
class SlowStore implements LineStore {
  readonly calls: { name: string; line: string; bytesMax: number; done: Deferred<void> }[] = []

  append(name: string, line: string, bytesMax: number): Promise<void> {
    const done = deferred<void>()
    this.calls.push({ name, line, bytesMax, done })
    return done.promise
  }
}

const parsed = (store: SlowStore): unknown[] => store.calls.map(({ line }) => JSON.parse(line) as unknown)
const silent = { warn: () => undefined }

t.test('states that last leave a line with the time and what is known, others leave none', async t => {
  const clock = new FakeClock(Date.UTC(2026, 10, 23, 14, 30))
  const store = new SlowStore()
  const { listener } = auditTrail(store, clock, silent)
  for (const to of states) {
    listener(event(to, to === 'failed' ? { version: 2, reason: 'broken\nmodel' } : { loadMs: 12.6 }))
    await turn()
    store.calls.at(-1)?.done.resolve()
  }
  const time = '2026-11-23T14:30:00.000Z'
  t.strictSame(parsed(store), [
    { time, event: 'ready', model: 'm', version: 1, loadMs: 13 },
    { time, event: 'unloaded', model: 'm', version: 1, loadMs: 13 },
    { time, event: 'failed', model: 'm', version: 2, reason: 'broken\nmodel' }
  ])
  for (const { name, line, bytesMax } of store.calls) {
    t.equal(name, auditFile)
    t.equal(bytesMax, auditBytesMax)
    t.notMatch(line, /\n/, 'one line')
  }
})

t.test(
  'lines are written one after the other, with the time of the event and not of the writing',
  async t => {
    const clock = new FakeClock(0)
    const store = new SlowStore()
    const { listener } = auditTrail(store, clock, silent)
    listener(event('ready'))
    await clock.advance(5)
    listener(event('unloaded'))
    await clock.advance(1000)
    t.equal(store.calls.length, 1, 'the second waits for the first')
    store.calls[0]!.done.resolve()
    await turn()
    t.match(parsed(store), [
      { event: 'ready', time: '1970-01-01T00:00:00.000Z' },
      { event: 'unloaded', time: '1970-01-01T00:00:00.005Z' }
    ])
  }
)

t.test('a line that cannot be written costs a warning, and the next one is tried', async t => {
  const warnings: unknown[] = []
  const log = { warn: (facts: object, message: string) => void warnings.push([facts, message]) }
  const store = new SlowStore()
  const { listener, flush } = auditTrail(store, new FakeClock(), log)
  listener(event('ready'))
  listener(event('failed'))
  await turn()
  store.calls[0]!.done.reject(new Error('ENOSPC'))
  await turn()
  store.calls[1]!.done.resolve()
  await flush()
  t.strictSame(warnings, [[{ error: 'Error: ENOSPC' }, 'the audit trail could not be written']])
})

t.test('flush waits for every line so far, and for nothing when there is none', async t => {
  const store = new SlowStore()
  const { listener, flush } = auditTrail(store, new FakeClock(), silent)
  await flush()
  listener(event('ready'))
  listener(event('unloaded'))
  let flushed = false
  const flushing = flush().then(() => {
    flushed = true
  })
  await turn()
  store.calls[0]!.done.resolve()
  await turn()
  t.equal(flushed, false, 'the second line is still on its way')
  store.calls[1]!.done.resolve()
  await flushing
  t.equal(flushed, true)
})
