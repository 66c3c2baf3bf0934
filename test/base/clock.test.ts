import t from 'tap'
import { settlesWithin, sleep, systemClock } from '../../src/base/clock.ts'
import { deferred } from '../../src/base/deferred.ts'
import { FakeClock } from '../helpers/fake-clock.ts'

t.test('the system clock measures forward and calls back', async t => {
  const before = systemClock.monotonicMs()
  t.type(systemClock.now(), 'number')
  await new Promise<void>(resolve => void systemClock.after(0, resolve))
  t.ok(systemClock.monotonicMs() >= before)
})

t.test('a cancelled timer of the system clock never calls', async t => {
  let called = false
  const cancel = systemClock.after(0, () => {
    called = true
  })
  cancel()
  await new Promise<void>(resolve => void systemClock.after(1, resolve))
  t.equal(called, false)
  cancel()
})

t.test('only a timer that holds keeps the process alive, and none is too long for setTimeout', async t => {
  const made: { delayMs: number; unreferenced: boolean }[] = []
  t.intercept(globalThis, 'setTimeout', {
    value: (_action: () => void, delayMs: number) => {
      const timer = { delayMs, unreferenced: false, unref: () => (timer.unreferenced = true) }
      made.push(timer)
      return timer
    }
  })
  const nothing = (): void => undefined
  systemClock.after(5, nothing)
  systemClock.after(6, nothing, true)
  systemClock.after(7, nothing, false)
  systemClock.after(2 ** 31, nothing)
  systemClock.after(Number.POSITIVE_INFINITY, nothing)
  t.match(made, [
    { delayMs: 5, unreferenced: false },
    { delayMs: 6, unreferenced: false },
    { delayMs: 7, unreferenced: true },
    { delayMs: 2 ** 31 - 1 },
    { delayMs: 2 ** 31 - 1 }
  ])
})

t.test('sleep resolves when its time is over', async t => {
  const clock = new FakeClock()
  let awake = false
  const sleeping = sleep(clock, 10).then(() => {
    awake = true
  })
  await clock.advance(9)
  t.equal(awake, false)
  await clock.advance(1)
  await sleeping
  t.equal(awake, true)
})

t.test('settlesWithin tells whether the promise or the time came first, and leaves no timer', async t => {
  const clock = new FakeClock()
  t.equal(await settlesWithin(clock, 5, Promise.resolve('value')), true)
  t.equal(await settlesWithin(clock, 5, Promise.reject(new Error('lost'))), true)
  t.equal(clock.pending, 0)

  const late = deferred<void>()
  const tooLate = settlesWithin(clock, 5, late.promise)
  await clock.advance(5)
  t.equal(await tooLate, false)
  late.reject(new Error('nobody minds any more'))

  const soon = deferred<void>()
  const inTime = settlesWithin(clock, 5, soon.promise)
  await clock.advance(4)
  soon.resolve()
  t.equal(await inTime, true)
  t.equal(clock.pending, 0)
})

t.test('the fake clock runs due timers in order, those set meanwhile included', async t => {
  const clock = new FakeClock(1000)
  const ran: string[] = []
  const sleeper = async (): Promise<void> => {
    await sleep(clock, 12)
    await sleep(clock, 3)
    ran.push(`sleeper@${clock.monotonicMs()}`)
  }
  const slept = sleeper()
  const note = (name: string) => (): void => void ran.push(`${name}@${clock.monotonicMs()}`)
  clock.after(20, note('late'))
  clock.after(10, note('first'))
  clock.after(10, note('second'))
  clock.after(5, () => void clock.after(5, note('nested')))
  const cancel = clock.after(7, note('cancelled'))
  clock.after(31, note('never'))
  clock.after(-1, note('at once'))
  cancel()
  await clock.advance(30)
  t.same(ran, ['at once@0', 'first@10', 'second@10', 'nested@10', 'sleeper@15', 'late@20'])
  await slept
  t.equal(clock.now(), 1030)
  t.equal(clock.pending, 1)
})
