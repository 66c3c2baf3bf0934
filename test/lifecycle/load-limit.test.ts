import t from 'tap'
import { deferred } from '../../src/base/deferred.ts'
import { LoadLimit } from '../../src/lifecycle/load-limit.ts'
import { LoadFailure } from '../../src/lifecycle/validate.ts'
import { FakeClock } from '../helpers/fake-clock.ts'
import { turn } from '../helpers/turn.ts'

t.test('a step that is done in time gives what it gives, and leaves no timer', async t => {
  const clock = new FakeClock()
  const limit = new LoadLimit(1000, clock)
  t.equal(await limit.within('it opens', Promise.resolve(7)), 7)
  await t.rejects(limit.within('it opens', Promise.reject(new Error('no'))), { message: 'no' })
  t.equal(clock.pending, 0)
})

t.test('all steps share the time', async t => {
  const clock = new FakeClock()
  const limit = new LoadLimit(1000, clock)
  t.equal(limit.leftMs, 1000)
  const first = deferred<string>()
  const opening = limit.within('it opens', first.promise)
  await clock.advance(900)
  first.resolve('open')
  t.equal(await opening, 'open')
  t.equal(limit.leftMs, 100)
  let failure: unknown
  const running = limit.within('it runs the warm-up', deferred<void>().promise).catch((error: unknown) => {
    failure = error
  })
  await clock.advance(99)
  t.equal(failure, undefined)
  await clock.advance(1)
  await running
  t.type(failure, LoadFailure)
  t.match(failure, {
    message:
      'the version was not ready within 1000 ms (lifecycle.loadMaxMs): time ran out while it runs the warm-up'
  })
  await clock.advance(5)
  t.equal(limit.leftMs, 0)
})

t.test('what a step gives too late goes to who cleans up, and nowhere else', async t => {
  const clock = new FakeClock()
  const limit = new LoadLimit(10, clock)
  const work = deferred<string>()
  const came: string[] = []
  const rejected = t.rejects(limit.within('it opens', work.promise, value => came.push(value)))
  await clock.advance(10)
  await rejected
  t.strictSame(came, [])
  work.resolve('instance')
  await turn()
  t.strictSame(came, ['instance'])
})

t.test('a failure that comes too late disturbs nobody, in the step or in the cleaning up', async t => {
  const unhandled: unknown[] = []
  const note = (error: unknown): void => void unhandled.push(error)
  process.on('unhandledRejection', note)
  t.teardown(() => process.off('unhandledRejection', note))
  const clock = new FakeClock()
  const limit = new LoadLimit(10, clock)
  const [failing, closing] = [deferred<string>(), deferred<string>()]
  const rejected = [
    t.rejects(limit.within('it opens', failing.promise)),
    t.rejects(limit.within('it opens', closing.promise, () => Promise.reject(new Error('cannot close'))))
  ]
  await clock.advance(10)
  await Promise.all(rejected)
  failing.reject(new Error('no'))
  closing.resolve('instance')
  await turn()
  await turn()
  t.strictSame(unhandled, [])
})
