// The files of a version change while it serves, loads or leaves. Broken model.yaml files are in manager-manifest.test.ts.
import t from 'tap'
import { scanOf, serving } from '../helpers/manager-bench.ts'
import { turn } from '../helpers/turn.ts'

const changed = scanOf([1], { model: 'b' })

t.test('changed files are loaded beside what serves, and take its place at once', async t => {
  const { bench, manager, instance } = await serving([1], {})
  const old = manager.served('m')!.standard
  const handle = old.acquire()
  const settled = await bench.reconcile(changed, 'files')
  t.strictSame([bench.started, settled()], [['m/1'], false])
  t.equal(manager.served('m')?.standard, old, 'the old one answers while the new one loads')
  t.strictSame(bench.index, [['m', 1, 'READY', undefined]])
  const seen: unknown[] = []
  bench.watch = ({ to }) => void seen.push([to, manager.served('m')?.standard === old])
  await bench.ready('m/1')
  t.strictSame(seen, [
    ['warming', true],
    ['ready', false],
    ['draining', false]
  ])
  t.strictSame([settled(), instance(1).closes, handle.version === old.version], [true, 0, true])
  t.equal(bench.scanned.at(-1)?.prints.model, 'b')
  handle.release()
  await turn()
  t.equal(instance(1).closes, 1, 'freed once its last holder let go')
  t.strictSame(bench.history, ['1 ready', '1 draining', '1 unloading', '1 unloaded'])
  t.match(bench.events.at(-1), { reason: 'its files were replaced' })
  t.strictSame(bench.index, [['m', 1, 'READY', undefined]])
})

t.test('files that are refused leave the old ones serving, and say why', async t => {
  const { bench, manager, instance } = await serving([1], {})
  const old = manager.served('m')!.standard
  const settled = await bench.reconcile(changed, 'files')
  await bench.fail('m/1', 'gate: 1 of 3')
  t.strictSame([settled(), manager.served('m')?.standard === old, instance(1).closes], [true, true, 0])
  t.strictSame(bench.index, [['m', 1, 'READY', 'its changed files were refused: gate: 1 of 3']])
  t.strictSame([manager.problemCount(), manager.failures('m')], [1, ['version 1: gate: 1 of 3']])
  t.match(manager.entry('m', 1)?.revision.state, 'ready')
  bench.started.length = 0

  await bench.reconcile(changed, 'files')
  t.strictSame(bench.started, [], 'the same files are not tried again')
  await bench.reconcile(scanOf([1], { model: 'c' }), 'files')
  t.strictSame(bench.started, ['m/1'], 'others are')
  await bench.fail('m/1', 'gate: 2 of 3')
  t.match(bench.index, [['m', 1, 'READY', 'its changed files were refused: gate: 2 of 3']])

  bench.manager.forgive('nobody')
  await manager.load('nobody', 'api:ann')
  bench.manager.forgive('m')
  const asked = manager.load('m', 'api:ann')
  await turn()
  t.strictSame(bench.started, ['m/1', 'm/1'], 'and so are the same ones at somebody’s word')
  await bench.ready('m/1')
  await asked
  t.strictSame([manager.served('m')?.standard === old, instance(1).closes], [false, 1])
  t.strictSame([bench.index, manager.problemCount()], [[['m', 1, 'READY', undefined]], 0])
})

t.test('refused files that are taken back are a problem no longer', async t => {
  const { bench, manager } = await serving([1], {})
  const worse = { batching: { rowsMax: 2 } }
  await bench.reconcile(scanOf([1], { tree: worse }), 'files')
  await bench.fail('m/1')
  t.equal(manager.problemCount(), 1)
  await bench.reconcile(scanOf([1]), 'files')
  t.strictSame([bench.index, manager.problemCount()], [[['m', 1, 'READY', undefined]], 0])
  t.strictSame(bench.started, ['m/1'], 'what serves is what lies there')

  await bench.reconcile(scanOf([1], { tree: worse }), 'files')
  await bench.reconcile(scanOf([1]), 'files')
  t.strictSame(bench.started, ['m/1', 'm/1'])
  await bench.fail('m/1')
  t.strictSame([bench.index, manager.problemCount()], [[['m', 1, 'READY', undefined]], 0], 'while it loaded')
})

t.test('files that change again while the first change loads are loaded after it', async t => {
  const { bench, manager } = await serving([1], {})
  await bench.reconcile(changed)
  const settled = await bench.reconcile(scanOf([1], { model: 'c' }))
  t.strictSame(bench.started, ['m/1'], 'one at a time')
  await bench.ready('m/1')
  t.strictSame([bench.started, settled()], [['m/1', 'm/1'], false])
  await bench.ready('m/1')
  t.strictSame(
    bench.scanned.slice(1).map(({ prints }) => prints.model),
    ['b', 'c']
  )
  t.strictSame([settled(), manager.everyServed().length], [true, 1])
})

t.test(
  'the old instance is lost while its replacement loads: that is on its way, and nothing else',
  async t => {
    for (const works of [true, false]) {
      const { bench, manager, instance } = await serving([2], {})
      await bench.reconcile(scanOf([1, 2], { model: 'b' }), 'files')
      instance(2).lose(new Error('gone'))
      await turn()
      t.strictSame([bench.serving, bench.started], [[], ['m/2']])
      t.match(bench.index[0], ['m', 2, 'LOADING'])
      if (works) {
        await bench.ready('m/2')
        t.strictSame([bench.serving, bench.started], [[2], ['m/2']])
        t.strictSame(bench.history, ['2 failed', '2 ready'])
      } else {
        await bench.fail('m/2', 'gate')
        t.strictSame(bench.started, ['m/2', 'm/1'], 'what failed just now is not tried again')
        t.match(bench.index[0], ['m', 2, 'UNAVAILABLE', 'gate'])
        await bench.ready('m/1')
        t.strictSame([bench.serving, manager.problemCount()], [[1], 1])
      }
    }
  }
)

t.test(
  'an instance that is lost after its replacement was refused: the next lower version, no second try',
  async t => {
    const { bench, instance } = await serving([2], {})
    await bench.reconcile(scanOf([1, 2], { model: 'b' }))
    await bench.fail('m/2', 'gate')
    bench.started.length = 0
    instance(2).lose(new Error('gone'))
    await turn()
    t.strictSame(bench.started, ['m/1'])
    t.match(bench.index[0], [
      'm',
      2,
      'UNAVAILABLE',
      'its instance was lost: gone; its changed files were refused: gate'
    ])
  }
)

t.test('a version that is deleted while its replacement loads', async t => {
  for (const works of [true, false]) {
    const { bench, instance } = await serving([1], {})
    await bench.reconcile(changed)
    const settled = await bench.reconcile(scanOf([]))
    t.strictSame([bench.serving, settled()], [[1], false], 'it serves until the load is over')
    const fresh = works ? await bench.ready('m/1') : await bench.fail('m/1')
    await turn()
    t.strictSame([bench.serving, instance(1).closes, settled()], [[], 1, true])
    if (fresh !== undefined) t.equal(fresh.closes, 1, 'the replacement is freed as well')
    t.strictSame(bench.index, [['m', undefined, 'UNAVAILABLE', undefined]])
  }
})

t.test('a version that is deleted after both its instance was lost and another one drained', async t => {
  const { bench, manager, instance } = await serving([1, 2])
  const all = { versions: { policy: 'all' } }
  const handle = manager.served('m')!.versions.get(1)!.acquire()
  await bench.reconcile(scanOf([2], { tree: all, model: 'b' }))
  t.strictSame(bench.started, ['m/2'])
  instance(2).lose(new Error('gone'))
  const settled = await bench.reconcile(scanOf([], { tree: all }))
  handle.release()
  const fresh = await bench.ready('m/2')
  await turn()
  t.strictSame([settled(), bench.serving, fresh.closes], [true, [], 1], 'what loaded is not left behind')
})

t.test(
  'a version deleted while it drains is forgotten once it is gone, whatever comes meanwhile',
  async t => {
    const { bench, manager, instance } = await serving([1], {})
    const handle = manager.served('m')!.standard.acquire()
    await bench.reconcile(scanOf([1, 2]))
    await bench.ready('m/2')
    await bench.reconcile(scanOf([2]))
    t.match(bench.index.at(-1), ['m', 1, 'UNLOADING'])
    handle.release()
    await turn()
    t.strictSame([bench.index, instance(1).closes], [[['m', 2, 'READY', undefined]], 1])
  }
)

t.test('a version that comes back with other files while it drains', async t => {
  const { bench, manager, instance } = await serving([1], {})
  const handle = manager.served('m')!.standard.acquire()
  await bench.reconcile(scanOf([]))
  await bench.reconcile(changed)
  t.strictSame(bench.started, ['m/1'])
  await bench.ready('m/1')
  handle.release()
  await turn()
  t.strictSame([bench.serving, instance(1).closes, bench.index], [[1], 1, [['m', 1, 'READY', undefined]]])
})

t.test('other versions that a policy names serve nothing yet: what serves stays', async t => {
  const { bench, instance } = await serving([1], {})
  const three = { versions: { policy: 'specific', versions: [3] } }
  await bench.reconcile(scanOf([1, 3], { tree: three }))
  await bench.fail('m/3', 'gate')
  t.strictSame([bench.serving, instance(1).closes], [[1], 0])
  await bench.reconcile(scanOf([1, 3], { tree: three, model: 'b' }))
  await bench.ready('m/3')
  t.strictSame([bench.serving, instance(1).closes], [[3], 1])
})
