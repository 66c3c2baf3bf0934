import t from 'tap'
import { Holds } from '../../src/lifecycle/handle.ts'
import { FakeClock } from '../helpers/fake-clock.ts'
import { fakeVersion } from '../helpers/fakes.ts'
import { turn } from '../helpers/turn.ts'

const { version } = fakeVersion()

async function settled(promise: Promise<void>): Promise<boolean> {
  let done = false
  void promise.then(() => {
    done = true
  })
  await turn()
  return done
}

t.test('a handle gives the version and is counted until it is released', async t => {
  const holds = new Holds(version, new FakeClock())
  t.equal(holds.version, version)
  t.equal(holds.count, 0)
  const first = holds.acquire()
  const second = holds.acquire()
  t.equal(first.version, version)
  t.equal(holds.count, 2)
  second.release()
  first.release()
  t.equal(holds.count, 0)
})

t.test('a second release of the same handle is a programming error and counts nothing', async t => {
  const holds = new Holds(version, new FakeClock())
  const first = holds.acquire()
  holds.acquire()
  first.release()
  t.throws(() => first.release(), { message: 'invariant broken: a handle is released once' })
  t.equal(holds.count, 1, 'the hold of the other is untouched')
})

t.test('when it was last used: now while somebody holds it, then when the last one let go', async t => {
  const clock = new FakeClock()
  await clock.advance(5)
  const holds = new Holds(version, clock)
  await clock.advance(5)
  t.equal(holds.lastUsedMs, 5, 'its making counts as a use')
  const handles = [holds.acquire(), holds.acquire()]
  t.equal(holds.lastUsedMs, 10)
  await clock.advance(5)
  handles[0]!.release()
  await clock.advance(5)
  t.equal(holds.lastUsedMs, 20, 'the other still holds it')
  handles[1]!.release()
  await clock.advance(5)
  t.equal(holds.lastUsedMs, 20)
})

t.test('idle at once when nobody holds it', async t => {
  const holds = new Holds(version, new FakeClock())
  t.equal(await settled(holds.whenIdle()), true)
  holds.acquire().release()
  t.equal(await settled(holds.whenIdle()), true)
})

t.test('the last release, and no earlier one, wakes everyone who waits', async t => {
  const holds = new Holds(version, new FakeClock())
  const handles = [holds.acquire(), holds.acquire(), holds.acquire()]
  const waits = [holds.whenIdle(), holds.whenIdle()]
  handles[1]!.release()
  handles[0]!.release()
  t.strictSame(await Promise.all(waits.map(settled)), [false, false])
  handles[2]!.release()
  t.strictSame(await Promise.all(waits.map(settled)), [true, true])
})
