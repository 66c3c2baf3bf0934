import t from 'tap'
import { eventDelayMs } from '../../src/repository/source.ts'
import { holding, outcome, pollMs, SourceWorld, shown, stableMs } from '../helpers/source-world.ts'
import { turn } from '../helpers/turn.ts'

t.test('the first look returns what may be taken at once, and tells nobody', async t => {
  const world = new SourceWorld()
  t.equal(world.source.lastScanMs, 0)
  await world.clock.advance(10)
  t.equal(shown(await world.source.first()), '1:a')
  t.equal(world.source.lastScanMs, world.clock.now())
  await world.clock.advance(100_000)
  t.strictSame(world.looks, [10], 'and does not look again by itself')
  t.strictSame(world.told, [])
  t.throws(() => world.source.first(), /first look comes first/)
})

t.test('a first look that fails throws, and may be tried again', async t => {
  const world = new SourceWorld()
  world.disk = new Error('nothing to read')
  await t.rejects(world.source.first(), { message: 'nothing to read' })
  await t.rejects(world.source.look('ann'), { message: 'nothing to read' })
  world.disk = holding({ 1: 'a' })
  t.equal(shown(await world.source.first()), '1:a')
  t.strictSame(world.problems, [])
})

t.test('it polls, and tells only of what differs', async t => {
  const world = await new SourceWorld().started()
  await world.clock.advance(3 * pollMs)
  t.strictSame(world.looks, [0, 5000, 10_000, 15_000])
  t.strictSame(world.told, [])
  world.disk = holding({ 1: 'a' }, ['an odd folder'])
  await world.clock.advance(2 * pollMs)
  t.strictSame(world.told, ['1:a'], 'also in warnings')
})

t.test('what waits is looked at as soon as it can be stable', async t => {
  const world = await new SourceWorld().started()
  world.disk = holding({ 1: 'a', 2: 'b' })
  await world.clock.advance(5000)
  t.strictSame(world.told, ['1:a (2)'])
  await world.clock.advance(1000)
  world.disk = holding({ 1: 'a', 2: 'bb' })
  await world.clock.advance(1000)
  t.strictSame(world.looks, [0, 5000, 7000])
  t.strictSame(world.told, ['1:a (2)'], 'it has changed meanwhile, which is nothing new')
  await world.clock.advance(2000)
  t.strictSame(world.told, ['1:a (2)', '2:bb 1:a'])
  await world.clock.advance(5000)
  t.strictSame(world.looks, [0, 5000, 7000, 9000, 14_000])
})

t.test('an event brings a look soon, many events no more', async t => {
  const world = await new SourceWorld().started()
  await world.clock.advance(1000)
  for (let i = 0; i < 100; i++) world.event()
  await world.clock.advance(50)
  world.event()
  await world.clock.advance(1000)
  t.strictSame(world.looks, [0, 1000 + eventDelayMs])
  await world.clock.advance(pollMs)
  t.strictSame(world.looks, [0, 1100, 6100])
})

t.test('an event during a look brings another one', async t => {
  const world = await new SourceWorld().started()
  world.held = []
  await world.clock.advance(5000)
  world.event()
  await world.clock.advance(150)
  t.strictSame(world.looks, [0, 5000], 'not before this one has ended')
  world.held.pop()!.resolve()
  await turn()
  world.held = undefined
  // It took 150 ms, and looks that nobody polls for may take a twentieth of the time.
  await world.clock.advance(2999)
  t.strictSame(world.looks, [0, 5000])
  await world.clock.advance(1)
  t.strictSame(world.looks, [0, 5000, 8150])
})

t.test('events that never end cost a twentieth of the time', async t => {
  const world = await new SourceWorld({ pollMs: 1_000_000 }).started()
  for (let ms = 0; ms < 10_000; ms += 10) {
    world.event()
    if (world.looks.at(-1) === world.clock.monotonicMs() && world.held !== undefined) {
      await world.clock.advance(40)
      world.held.pop()?.resolve()
    }
    world.held ??= []
    await world.clock.advance(10)
  }
  const gaps = world.looks.slice(2).map((ms, index) => ms - world.looks[index + 1]!)
  t.ok(gaps.length > 3 && gaps.every(gap => gap >= 20 * 40), gaps.join(' '))
})

t.test('folders of versions and models are watched while it runs', async t => {
  const world = await new SourceWorld().started()
  t.strictSame(world.watched, ['/r/m', '/r/m/1'])
  world.disk = holding({ 1: 'a', 2: 'b' })
  await world.clock.advance(7000)
  t.strictSame(world.watched, ['/r/m', '/r/m/2', '/r/m/1'])
  world.source.stop()
  t.equal(world.watched, undefined)
})

t.test('look() waits until nothing of its model changes', async t => {
  const world = await new SourceWorld({ watch: false }).started()
  await world.clock.advance(1000)
  t.equal(shown(await world.source.look('ann', 'm')), '1:a', 'at once when nothing does')
  world.disk = holding({ 1: 'a', 2: 'b' })
  const look = outcome(world.source.look('ann', 'm'))
  const other = outcome(world.source.look('ann', 'other'))
  const all = outcome(world.source.look('ann'))
  await world.clock.advance(1999)
  t.equal(shown(other.value!), '1:a (2)', 'what is pending is nothing of the other model')
  t.strictSame([look, all], [{}, {}])
  await world.clock.advance(1)
  t.equal(shown(look.value!), '2:b 1:a')
  t.equal(shown(all.value!), '2:b 1:a')
  t.strictSame(world.told, ['1:a (2)', '2:b 1:a'], 'nobody waits for whoever asked')
  t.strictSame(world.askers, ['ann', 'ann'])
})

t.test('look() has an end, whatever happens on disk', async t => {
  const world = await new SourceWorld().started()
  let size = 0
  world.disk = holding({ 1: 'a', 2: 'b' })
  const look = outcome(world.source.look('ann', 'm'))
  for (let ms = 0; ms < 10 * stableMs + 999; ms++) {
    world.disk = holding({ 1: 'a', 2: `b${++size}` })
    await world.clock.advance(1)
  }
  t.strictSame(look, {})
  await world.clock.advance(1)
  t.equal(shown(look.value!), '1:a (2)')
})

t.test('a look sees what was on disk when it was asked for; never two at once', async t => {
  const world = await new SourceWorld({ stableMs: 0 }).started()
  world.held = []
  const early = outcome(world.source.look('ann'))
  await turn()
  // The look under way may have seen the folder before this change.
  world.disk = holding({ 1: 'b' })
  const late = [outcome(world.source.look('ann')), outcome(world.source.look('ann'))]
  world.event()
  await world.clock.advance(20_000)
  t.equal(world.looks.length, 2)
  world.held.shift()!.resolve()
  await turn()
  t.equal(shown(early.value!), '1:b')
  t.strictSame(late, [{}, {}])
  t.equal(world.looks.length, 3, 'both share the next')
  world.held.shift()!.resolve()
  await turn()
  for (const { value } of late) t.equal(shown(value!), '1:b')
  t.equal(world.atOnceMax, 1)
})

t.test('a caller that looks again at once does not start a second look beside the next', async t => {
  const world = await new SourceWorld({ stableMs: 0 }).started()
  world.held = []
  const again = world.source.look('ann').then(() => world.source.look('ann'))
  const other = world.source.look('ann')
  for (let i = 0; i < 4; i++) {
    await turn()
    world.held.shift()?.resolve()
  }
  await Promise.all([again, other])
  t.equal(world.atOnceMax, 1)
})

t.test('looks that fail change nothing and are told of once', async t => {
  const world = await new SourceWorld().started()
  world.disk = new Error('EIO')
  await world.clock.advance(2 * pollMs)
  t.equal(shown(await world.source.look('ann')), '1:a')
  t.strictSame(world.problems, ['EIO'])
  const lastScanMs = world.source.lastScanMs
  t.equal(lastScanMs, world.clock.now() - 2 * pollMs)
  world.disk = holding({ 1: 'a' })
  await world.clock.advance(pollMs)
  world.disk = new Error('EIO')
  await world.clock.advance(pollMs)
  t.strictSame(world.problems, ['EIO', 'EIO'], 'and again after it worked')
  t.strictSame(world.told, [])
})

t.test('without a first look it tries until it finds something', async t => {
  const world = new SourceWorld()
  world.disk = new Error('EIO')
  world.source.start()
  await world.clock.advance(2 * pollMs)
  t.strictSame(world.problems, ['EIO'])
  world.disk = holding({ 1: 'a' })
  await world.clock.advance(pollMs)
  t.strictSame(world.told, ['1:a'])
})

t.test('after stop() nothing begins and nobody is told', async t => {
  const world = await new SourceWorld().started()
  world.disk = holding({ 1: 'a', 2: 'b' })
  const waiting = outcome(world.source.look('ann', 'm'))
  await turn()
  world.source.stop()
  t.equal(world.clock.pending, 0)
  await turn()
  t.equal(shown(waiting.value!), '1:a (2)', 'who waits is let go')
  world.disk = holding({ 1: 'c' })
  await world.clock.advance(10 * pollMs)
  t.equal(shown(await world.source.look('ann', 'm')), '1:a (2)')
  t.equal(world.clock.pending, 0)
  t.equal(world.looks.length, 2)
  const busy = await new SourceWorld().started()
  busy.held = []
  await busy.clock.advance(pollMs)
  busy.disk = holding({ 1: 'a' }, ['odd'])
  busy.source.stop()
  busy.held.pop()!.resolve()
  await turn()
  t.strictSame(busy.told, [], 'a look under way ends silently')
  busy.source.start()
  t.equal(busy.clock.pending, 0)
})
