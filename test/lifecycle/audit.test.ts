import { readFileSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { type Deferred, deferred } from '../../src/base/deferred.ts'
import { openStateDirectory } from '../../src/config/state-directory.ts'
import {
  type AuditLimits,
  auditFile,
  auditTrail,
  type LineStore,
  pendingLinesMax
} from '../../src/lifecycle/audit.ts'
import { states } from '../../src/lifecycle/state.ts'
import { FakeClock } from '../helpers/fake-clock.ts'
import { lifecycleEvent } from '../helpers/fakes.ts'
import { turn } from '../helpers/turn.ts'

const limits: AuditLimits = { fileBytesMax: 2 ** 20, filesMax: 3 }

/** A store whose writes the test lets through one by one. */
class SlowStore implements LineStore {
  readonly calls: { name: string; line: string; limits: AuditLimits; done: Deferred<void> }[] = []

  append(name: string, line: string, limits: AuditLimits): Promise<void> {
    const done = deferred<void>()
    this.calls.push({ name, line, limits, done })
    return done.promise
  }
}

function bench(clock = new FakeClock()) {
  const warnings: [facts: object, message: string][] = []
  const log = { warn: (facts: object, message: string) => void warnings.push([facts, message]) }
  const store = new SlowStore()
  return { store, clock, warnings, trail: auditTrail({ store, limits, clock, log }) }
}

const parsed = (store: SlowStore): unknown[] => store.calls.map(({ line }) => JSON.parse(line) as unknown)

const request = { type: 'request', action: 'load', by: 'ci', code: undefined, reason: undefined } as const

t.test('what lasts, labels and requests leave a line; steps on the way leave none', async t => {
  const { store, trail } = bench()
  for (const to of states) trail.listener(lifecycleEvent({ to, reason: 'two\nlines' }))
  trail.listener({ type: 'label', model: 'm', label: 'stable', from: 1, to: 2, cause: 'files' })
  trail.recordRequest({ ...request, model: 'm', outcome: 'accepted' })
  for (let index = 0; index < 5; index++) {
    await turn()
    store.calls[index]!.done.resolve()
  }
  await trail.flush()
  t.match(parsed(store), [
    { event: 'ready' },
    { event: 'unloaded' },
    { event: 'failed' },
    { event: 'label', from: 1, to: 2 },
    { event: 'load', cause: 'api:ci' }
  ])
  t.equal(store.calls.length, 5)
  for (const { name, line, limits: given } of store.calls) {
    t.equal(name, auditFile)
    t.equal(given, limits)
    t.notMatch(line, /\n/, 'one line')
  }
})

t.test(
  'lines are written one after the other, with the time of the event and not of the writing',
  async t => {
    const { store, clock, trail } = bench(new FakeClock(0))
    trail.listener(lifecycleEvent({ to: 'ready' }))
    await clock.advance(5)
    trail.listener(lifecycleEvent({ to: 'unloaded' }))
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

t.test(
  'lines that cannot be written cost one warning, and one that counts them once it works again',
  async t => {
    const { store, warnings, trail } = bench()
    async function write(error?: Error): Promise<void> {
      trail.listener(lifecycleEvent())
      await turn()
      const { done } = store.calls.at(-1)!
      if (error === undefined) done.resolve()
      else done.reject(error)
      await trail.flush()
    }
    for (let index = 0; index < 3; index++) await write(new Error('ENOSPC'))
    const stopped = [
      { error: 'Error: ENOSPC' },
      'the audit log cannot be written; its lines are lost until it can'
    ]
    t.strictSame(warnings, [stopped])
    await write()
    const again = [{ linesLost: 3 }, 'the audit log is written again; 3 lines were lost']
    t.strictSame(warnings, [stopped, again])
    await write()
    t.equal(warnings.length, 2)
    await write(new Error('EROFS'))
    t.match(warnings[2], [{ error: 'Error: EROFS' }, /cannot be written/], 'and anew the next time')
    t.equal(store.calls.length, 6, 'every line was tried')
  }
)

t.test('a disk that hangs keeps so many lines waiting and no more', async t => {
  const { store, warnings, trail } = bench()
  for (let index = 0; index < pendingLinesMax + 7; index++) trail.listener(lifecycleEvent())
  t.match(warnings, [
    [{ error: `Error: ${pendingLinesMax} lines wait for the disk already` }, /cannot be written/]
  ])
  for (let index = 0; index < pendingLinesMax; index++) {
    await Promise.resolve()
    while (store.calls[index] === undefined) await turn()
    store.calls[index]!.done.resolve()
    if (index === pendingLinesMax / 4) t.equal(warnings.length, 1, 'one line on disk is no end of it')
  }
  await trail.flush()
  t.equal(store.calls.length, pendingLinesMax)
  t.strictSame(warnings.slice(1), [[{ linesLost: 7 }, 'the audit log is written again; 7 lines were lost']])
})

t.test('flush waits for every line so far, and for nothing when there is none', async t => {
  const { store, trail } = bench()
  await trail.flush()
  trail.listener(lifecycleEvent({ to: 'ready' }))
  trail.listener(lifecycleEvent({ to: 'unloaded' }))
  let flushed = false
  const flushing = trail.flush().then(() => {
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

t.test('a disk that fills up and is freed', { skip: process.platform !== 'linux' }, async t => {
  const path = join(t.testdir({}), 'state')
  const state = await openStateDirectory(path)
  const { warnings, clock } = bench()
  const log = { warn: (facts: object, message: string) => void warnings.push([facts, message]) }
  const trail = auditTrail({ store: state, limits, clock, log })
  symlinkSync('/dev/full', join(path, auditFile))
  trail.listener(lifecycleEvent({ version: 1 }))
  trail.listener(lifecycleEvent({ version: 2 }))
  await trail.flush()
  t.match(warnings, [[{ error: /ENOSPC/ }, /cannot be written/]])
  rmSync(join(path, auditFile))
  trail.listener(lifecycleEvent({ version: 3 }))
  await trail.flush()
  t.match(warnings[1], [{ linesLost: 2 }, /2 lines were lost/])
  t.match(JSON.parse(readFileSync(join(path, auditFile), 'utf8')), { event: 'ready', version: 3 })
})
