// Models that load when somebody asks for them, and leave when nobody does or others need the room.
import t from 'tap'
import { Bench, scan, scanOf, serving } from '../helpers/manager-bench.ts'
import { settling, turn } from '../helpers/turn.ts'

const lazy = { load: 'onDemand', timeoutMs: 700 }
const tree = { ...lazy, unloadIdleMs: 1000 }

/** A manager that knows these models, all of which sleep. */
async function asleep(models: Record<string, readonly number[]>, of: object = tree): Promise<Bench> {
  const bench = new Bench()
  const settled = await bench.reconcile(scan(models, of as never))
  t.strictSame([settled(), bench.started], [true, []])
  return bench
}

/** Demands a model and lets its load succeed. */
async function woken(bench: Bench, name: string) {
  bench.manager.demand(name)
  await turn()
  return bench.ready(`${name}/1`)
}

t.test('nothing is loaded until somebody asks; then the policy decides as ever', async t => {
  const bench = await asleep({ m: [1, 2] })
  t.strictSame(bench.index, [
    ['m', 2, 'UNAVAILABLE', 'loads on demand'],
    ['m', 1, 'UNAVAILABLE', 'loads on demand']
  ])
  const demanded = bench.manager.demand('m')
  const arrived = settling(demanded!.arrived)
  await turn()
  t.strictSame([demanded?.timeoutMs, bench.started, arrived()], [700, ['m/2'], false])
  await bench.fail('m/2')
  t.strictSame([bench.started, arrived()], [['m/2', 'm/1'], false])
  await bench.ready('m/1')
  t.strictSame([bench.serving, arrived()], [[1], true])
})

t.test('who asks while it loads waits for the same load', async t => {
  const bench = await asleep({ m: [1] })
  const all = [1, 2, 3].map(() => settling(bench.manager.demand('m')!.arrived))
  await turn()
  all.push(settling(bench.manager.demand('m')!.arrived))
  t.strictSame([bench.started, all.map(arrived => arrived())], [['m/1'], [false, false, false, false]])
  await bench.ready('m/1')
  t.strictSame([bench.started, all.map(arrived => arrived())], [['m/1'], [true, true, true, true]])
  t.equal(bench.manager.demand('m'), undefined, 'there is nothing to wait for any more')
})

t.test('what fails on demand has failed, and is not tried again for the next one', async t => {
  const bench = await asleep({ m: [1] })
  const arrived = settling(bench.manager.demand('m')!.arrived)
  await turn()
  await bench.fail('m/1', 'no graph')
  t.strictSame([arrived(), bench.manager.demand('m')], [true, undefined])
  t.strictSame(bench.index, [['m', 1, 'UNAVAILABLE', 'no graph']])
  await bench.clock.advance(10_000)
  await bench.reconcile(scan({ m: [1] }, tree))
  t.strictSame(bench.started, ['m/1'])
})

t.test('models that cannot be demanded', async t => {
  const bench = new Bench(8, model => model !== 'unchosen')
  await bench.reconcile(scan({ unchosen: [1], gone: [1] }, tree))
  t.equal(bench.manager.demand('unchosen'), undefined, 'nobody asked for it')
  await bench.reconcile(scan({ eager: [1] }))
  for (const model of ['nobody', 'gone', 'eager']) t.equal(bench.manager.demand(model), undefined, model)
  t.strictSame(bench.started, ['eager/1'])
})

t.test('unused for long enough it leaves, and comes back on the next demand', async t => {
  const bench = await asleep({ m: [1] })
  const instance = await woken(bench, 'm')
  await bench.clock.advance(600)
  const handle = bench.manager.served('m')!.standard.acquire()
  await bench.clock.advance(3000)
  t.strictSame(bench.serving, [1], 'somebody holds it')
  handle.release()
  await bench.clock.advance(999)
  t.strictSame(bench.serving, [1])
  await bench.clock.advance(1001)
  t.strictSame([bench.serving, instance.closes], [[], 1])
  t.strictSame(bench.index, [['m', 1, 'UNAVAILABLE', 'loads on demand']])
  t.equal(bench.clock.pending, 0)
  await woken(bench, 'm')
  t.strictSame([bench.serving, bench.started], [[1], ['m/1', 'm/1']])
})

t.test('without a time it stays; a pinned one leaves when it is idle, as any other', async t => {
  const bench = await asleep({ m: [1] }, lazy)
  await woken(bench, 'm')
  await bench.clock.advance(1e9)
  t.strictSame(bench.serving, [1])
  const pinned = await asleep({ m: [1] }, { ...tree, pinned: true })
  await woken(pinned, 'm')
  await pinned.clock.advance(1000)
  t.strictSame(pinned.serving, [])
})

t.test('asked for again before it leaves it stays; while it leaves it is loaded beside itself', async t => {
  const bench = await asleep({ m: [1] })
  const { manager } = bench
  const old = await woken(bench, 'm')
  const room = manager.makeRoom()
  await manager.demand('m')!.arrived
  await room
  t.strictSame([bench.serving, bench.started, old.closes], [[1], ['m/1'], 0])

  const leaving = settling(manager.makeRoom())
  const handle = manager.served('m')!.standard.acquire()
  await turn()
  t.match([bench.index, leaving()], [[['m', 1, 'UNLOADING']], false])
  const arrived = settling(manager.demand('m')!.arrived)
  await turn()
  await bench.ready('m/1')
  t.strictSame([bench.serving, arrived(), old.closes, leaving()], [[1], true, 0, false])
  handle.release()
  await turn()
  t.strictSame([bench.serving, old.closes, leaving()], [[1], 1, true])
})

t.test('a model that serves goes on when model.yaml lets it load on demand from now on', async t => {
  const { bench } = await serving([1], {})
  await bench.reconcile(scanOf([1], { tree }))
  t.strictSame([bench.serving, bench.started], [[1], []])
  await bench.clock.advance(1000)
  t.strictSame(bench.serving, [], 'until nobody used it for its time')
  await bench.reconcile(scanOf([1]))
  t.strictSame(bench.started, ['m/1'], 'and one that sleeps loads when it no longer may')
})

t.test('a caller’s word wakes and unloads', async t => {
  const bench = await asleep({ m: [1] })
  bench.manager.forgive('m')
  void bench.manager.load('m', 'api:ann')
  await turn()
  await bench.ready('m/1')
  t.strictSame(bench.serving, [1])
  await bench.manager.unload('m', 'api:ann')
  await bench.manager.unload('nobody', 'api:ann')
  t.strictSame([bench.serving, bench.manager.demand('m')], [[], undefined])
  t.match(bench.index, [['m', 1, 'UNAVAILABLE', 'unloaded']])
})

t.test('room is made by whoever was unused for the longest time, once its memory is free', async t => {
  const bench = await asleep({ a: [1], b: [1], c: [1] }, lazy)
  const { manager } = bench
  t.equal(await manager.makeRoom(), false, 'nothing is loaded')
  const instances = [await woken(bench, 'a'), await woken(bench, 'b'), await woken(bench, 'c')]
  await bench.clock.advance(10)
  manager.served('a')!.standard.acquire().release()
  const held = manager.served('b')!.standard.acquire()
  const made = settling(manager.makeRoom())
  t.equal(made(), false)
  await turn()
  t.strictSame([manager.servedModels().sort(), made()], [['a', 'b'], true])
  t.strictSame(
    instances.map(({ closes }) => closes),
    [0, 0, 1],
    'b is older, but in use'
  )
  t.equal(await manager.makeRoom(), true)
  t.strictSame([manager.servedModels(), await manager.makeRoom()], [['b'], false])
  held.release()
  t.equal(await manager.makeRoom(), true)
  t.strictSame(manager.servedModels(), [])
})

t.test('room is there when what still drained of the model is gone as well', async t => {
  const bench = await asleep({ m: [1] }, lazy)
  await woken(bench, 'm')
  const handle = bench.manager.served('m')!.standard.acquire()
  await bench.reconcile(scanOf([1], { tree: lazy, model: 'b' }))
  await bench.ready('m/1')
  const made = settling(bench.manager.makeRoom())
  await turn()
  t.strictSame([bench.serving, made()], [[], false])
  handle.release()
  await turn()
  t.equal(made(), true)
})

t.test('stop while somebody waits: no load begins, and the wait is over', async t => {
  const bench = new Bench(1)
  await bench.reconcile(scan({ m: [1], n: [1], o: [1] }, tree))
  const [first, second] = ['m', 'n'].map(model => settling(bench.manager.demand(model)!.arrived))
  await turn()
  const stopping = settling(bench.manager.stop())
  await turn()
  t.strictSame([bench.started, first!(), second!(), stopping()], [['m/1'], false, false, false])
  const instance = await bench.ready('m/1')
  t.strictSame([first!(), second!(), stopping(), instance.closes], [true, true, true, 1])
  t.strictSame(
    ['n', 'o'].map(model => bench.manager.demand(model)),
    [undefined, undefined]
  )
  t.strictSame([bench.started, bench.clock.pending], [['m/1'], 0])
})

t.test('after the end nothing makes room, and nothing falls asleep', async t => {
  const bench = await asleep({ m: [1], n: [1] })
  const instance = await woken(bench, 'm')
  bench.manager.demand('n')
  await turn()
  const end = bench.manager.stop()
  await turn()
  t.strictSame([bench.serving, bench.clock.pending], [[1], 0], 'n loads still')
  t.strictSame([await bench.manager.makeRoom(), instance.closes], [false, 0])
  await bench.fail('n/1')
  await end
  t.equal(instance.closes, 1)
  t.strictSame(bench.index[0], ['m', 1, 'UNAVAILABLE', 'not wanted by the version policy'])
})

t.test('a model on demand that goes away leaves no watch behind', async t => {
  const bench = await asleep({ m: [1], n: [1] })
  await woken(bench, 'm')
  bench.manager.demand('n')
  await turn()
  await bench.fail('n/1')
  await bench.reconcile(scan({}))
  t.strictSame([bench.index, bench.clock.pending], [[], 0])
})
