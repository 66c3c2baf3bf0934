import t from 'tap'
import { leastRecentlyUsed, watchIdle } from '../../src/lifecycle/idle.ts'
import type { ManagedModel } from '../../src/lifecycle/managed-model.ts'
import { FakeClock } from '../helpers/fake-clock.ts'
import { makeReady, managed, type Tree } from '../helpers/manager-bench.ts'

const lazy = { load: 'onDemand', unloadIdleMs: 1000, versions: { policy: 'all' } }

/** A model that was demanded and serves these versions. */
function awake(clock: FakeClock, tree: Tree = lazy, versions = [1], name = 'm') {
  const model = managed(versions, tree, name)
  model.awake = true
  const holds = versions.map(version => makeReady(model, version, clock))
  return { model, holds }
}

/** Watches it; gives the times at which it would have been put to sleep. */
function watched(model: ManagedModel, clock: FakeClock): number[] {
  const slept: number[] = []
  watchIdle(model, clock, () => void slept.push(clock.monotonicMs()))
  return slept
}

t.test('a model that nobody uses sleeps once its time is over, and not before', async t => {
  const clock = new FakeClock()
  const slept = watched(awake(clock).model, clock)
  t.equal(clock.holding, 0, 'waiting for it keeps no process alive')
  await clock.advance(999)
  t.strictSame(slept, [])
  await clock.advance(5000)
  t.strictSame(slept, [1000], 'once')
})

t.test('the time runs from the last use of any of its versions', async t => {
  const clock = new FakeClock()
  const { model, holds } = awake(clock, lazy, [1, 2])
  const slept = watched(model, clock)
  await clock.advance(400)
  holds[1]!.acquire().release()
  await clock.advance(300)
  holds[0]!.acquire().release()
  await clock.advance(999)
  t.strictSame(slept, [])
  await clock.advance(1)
  t.strictSame(slept, [1700])
})

t.test('while somebody holds it, no time runs', async t => {
  const clock = new FakeClock()
  const { model, holds } = awake(clock, lazy, [1, 2])
  const handle = holds[0]!.acquire()
  const slept = watched(model, clock)
  await clock.advance(3500)
  handle.release()
  await clock.advance(999)
  t.strictSame(slept, [])
  await clock.advance(1001)
  t.equal(slept.length, 1)
  t.ok(slept[0]! >= 4500)
})

t.test('a use from before it was watched counts', async t => {
  const clock = new FakeClock()
  const { model } = awake(clock)
  await clock.advance(600)
  const slept = watched(model, clock)
  await clock.advance(400)
  t.strictSame(slept, [1000])
})

t.test('while it changes nobody puts it to sleep, and nobody keeps looking', async t => {
  const clock = new FakeClock()
  const { model } = awake(clock)
  const slept = watched(model, clock)
  model.settling = Promise.resolve()
  await clock.advance(1000)
  t.strictSame([slept, clock.pending], [[], 0], 'whoever settles it watches anew')
})

t.test('with nothing loaded there is nothing to put to sleep', async t => {
  const clock = new FakeClock()
  const model = managed([1], lazy)
  model.awake = true
  const slept = watched(model, clock)
  await clock.advance(10_000)
  t.strictSame(slept, [])
})

t.test('a watch takes the place of the one before, and ends where there is nothing to watch', async t => {
  const cases: [name: string, change: (model: ManagedModel) => void][] = [
    ['it is gone', model => void Object.assign(model, { present: false })],
    ['it sleeps', model => void Object.assign(model, { awake: false })],
    ['it loads eagerly', model => void Object.assign(model, { manifest: managed([1]).manifest })],
    [
      'it is never unloaded',
      model => void Object.assign(model, { manifest: managed([1], { load: 'onDemand' }).manifest })
    ],
    ['its model.yaml was never readable', model => void Object.assign(model, { manifest: undefined })]
  ]
  for (const [name, change] of cases) {
    const clock = new FakeClock()
    const { model } = awake(clock)
    watched(model, clock)
    const slept = watched(model, clock)
    t.equal(clock.pending, 1, `${name}: one watch`)
    change(model)
    watchIdle(model, clock, () => void slept.push(-1))
    t.equal(clock.pending, 0, name)
    await clock.advance(2000)
    t.strictSame(slept, [], name)
  }
})

t.test('a changed time applies from the next watch on', async t => {
  const clock = new FakeClock()
  const { model } = awake(clock)
  watched(model, clock)
  model.manifest = managed([1], { ...lazy, unloadIdleMs: 5000 }).manifest
  const slept = watched(model, clock)
  await clock.advance(10_000)
  t.strictSame(slept, [5000])
})

t.test('whom to unload for others: whoever was not used for the longest time and may go', async t => {
  const clock = new FakeClock()
  const { model: oldest, holds } = awake(clock, lazy, [1], 'oldest')
  const { model: pinned } = awake(clock, { ...lazy, pinned: true }, [1], 'pinned')
  const { model: eager } = awake(clock, {}, [1], 'eager')
  const { model: asleep } = awake(clock, lazy, [1], 'asleep')
  asleep.awake = false
  const { model: changing } = awake(clock, lazy, [1], 'changing')
  changing.settling = Promise.resolve()
  const unloaded = managed([1], lazy, 'unloaded')
  unloaded.awake = true
  const { model: held, holds: heldBy } = awake(clock, lazy, [1, 2], 'held')
  heldBy[0]!.acquire()
  await clock.advance(100)
  const { model: two, holds: ofTwo } = awake(clock, lazy, [1, 2], 'two')
  await clock.advance(100)
  const { model: newest } = awake(clock, { load: 'onDemand' }, [1], 'newest')

  const others = [pinned, eager, asleep, changing, unloaded, held]
  const found = (...models: readonly ManagedModel[]) => leastRecentlyUsed([...others, ...models])?.name
  t.equal(found(), undefined, 'none of these may go')
  for (const model of others) t.equal(leastRecentlyUsed([model]), undefined, model.name)
  t.equal(found(newest), 'newest', 'though it would never be unloaded for its own sake')
  t.equal(found(newest, two, oldest), 'oldest')
  await clock.advance(100)
  holds[0]!.acquire().release()
  t.equal(found(newest, two, oldest), 'two')
  ofTwo[1]!.acquire().release()
  t.equal(found(newest, two, oldest), 'newest', 'the last use of any of its versions counts')
})
