// What happens to versions that serve already: they vanish from disk, lose their instance, come back, or have to end.
import t from 'tap'
import { manifestOf, scannedVersion } from '../helpers/fakes.ts'
import { Bench, scan, serving } from '../helpers/manager-bench.ts'
import { turn } from '../helpers/turn.ts'

const all = { versions: { policy: 'all' } }

t.test('what a scan no longer holds is unloaded, whatever it was, and forgotten', async t => {
  const { bench, manager, instance } = await serving([1, 2], all)
  const handle = manager.served('m')!.versions.get(1)!.acquire()
  const settled = await bench.reconcile(scan({ m: [2] }, all))
  t.strictSame([bench.serving, instance(1).closes, settled()], [[2], 0, true], 'what is wanted is there')
  t.match(bench.index, [
    ['m', 2, 'READY'],
    ['m', 1, 'UNLOADING']
  ])
  handle.release()
  await turn()
  t.strictSame([instance(1).closes, instance(2).closes], [1, 0])
  t.match(bench.events.at(-1), { version: 1, to: 'unloaded', digests: {} }, 'the record says what left')
  t.strictSame(bench.index, [['m', 2, 'READY', undefined]])
})

t.test('a model that a scan no longer holds is gone once its versions are', async t => {
  const { bench, manager, instance } = await serving([1, 2], all)
  t.equal((await bench.reconcile(scan({ other: [1] })))(), false)
  await bench.ready('other/1')
  t.strictSame([instance(1).closes, instance(2).closes], [1, 1])
  t.strictSame(manager.servedModels(), ['other'])
  t.strictSame(bench.index, [['other', 1, 'READY', undefined]])
})

t.test('a failed or unwanted version, and a broken model, are forgotten with their folders', async t => {
  const bench = new Bench()
  const broken = { name: 'bad', manifest: undefined, problems: ['bad/model.yaml: no'], versions: [] }
  const first = scan({ m: [1, 2, 3] })
  await bench.reconcile({ ...first, models: [broken, ...first.models] })
  await bench.fail('m/3')
  await bench.ready('m/2')
  t.match(bench.index[0], ['bad', undefined, 'UNAVAILABLE', 'bad/model.yaml: no'])
  t.equal(bench.manager.problemCount(), 2)
  await bench.reconcile(scan({ m: [2] }))
  t.strictSame(bench.index, [['m', 2, 'READY', undefined]])
  t.equal(bench.manager.problemCount(), 0)
})

t.test('the replacement of a vanished version is ready before that leaves', async t => {
  const { bench, instance } = await serving([2], {})
  await bench.reconcile(scan({ m: [1] }))
  t.strictSame([bench.started, bench.serving], [['m/1'], [2]])
  await bench.ready('m/1')
  t.strictSame([bench.serving, instance(2).closes], [[1], 1])
})

t.test('a version that comes back while it drains is loaded beside itself', async t => {
  const { bench, manager, instance } = await serving([1], {})
  const handle = manager.served('m')!.standard.acquire()
  await bench.reconcile(scan({}))
  t.match(bench.index, [['m', 1, 'UNLOADING']])
  const settled = await bench.reconcile(scan({ m: [1] }))
  t.strictSame(
    [bench.serving, bench.started, settled()],
    [[], ['m/1'], false],
    'nobody waits for the old one'
  )
  await bench.ready('m/1')
  t.strictSame([bench.serving, settled(), instance(1).closes], [[1], true, 0])
  handle.release()
  await turn()
  t.equal(instance(1).closes, 1)
  t.strictSame(bench.index, [['m', 1, 'READY', undefined]])
})

t.test('reconciling while a model settles: the second joins the first and looks again', async t => {
  const bench = new Bench()
  const first = await bench.reconcile(scan({ m: [1, 2] }))
  const second = await bench.reconcile(scan({ m: [1, 3] }))
  t.strictSame(bench.started, ['m/2'], 'one at a time for each model')
  await bench.ready('m/2')
  t.strictSame([bench.started, bench.serving], [['m/2', 'm/3'], [2]], '2 vanished but serves until 3 does')
  await bench.ready('m/3')
  t.strictSame([bench.serving, first(), second()], [[3], true, true])
  t.match(bench.index, [
    ['m', 3, 'READY'],
    ['m', 1, 'UNAVAILABLE']
  ])
})

t.test('a version that fails after it vanished is forgotten', async t => {
  const bench = new Bench()
  await bench.reconcile(scan({ m: [1] }))
  const settled = await bench.reconcile(scan({}))
  await bench.fail('m/1')
  t.strictSame([settled(), bench.index], [true, []])
})

t.test('a change of policy applies to what is loaded', async t => {
  const { bench, instance } = await serving([1, 2, 3], all)
  await bench.reconcile(scan({ m: [1, 2, 3] }, { labels: { stable: 1 } }))
  t.strictSame([bench.serving, instance(2).closes, bench.started], [[3, 1], 1, []])
})

t.test('a model.yaml that breaks leaves the last good one in force, and the index says so', async t => {
  const { bench, manager } = await serving([2], {})
  const problems = ['m/model.yaml: no']
  const versions = [2, 1].map(number => scannedVersion(number, { manifest: undefined, problems }))
  await bench.reconcile({
    warnings: [],
    pending: [],
    models: [{ name: 'm', manifest: undefined, problems, versions }]
  })
  t.strictSame([bench.serving, bench.started], [[2], []], 'one version is still enough')
  t.equal(manager.problemCount(), 1)
})

t.test('a version is loaded as the last scan found it', async t => {
  const { bench } = await serving([2], {})
  await bench.reconcile(scan({ m: [1, 2] }, { timeoutMs: 1 }))
  await bench.reconcile(scan({ m: [1] }, { timeoutMs: 2 }))
  t.equal(bench.started.at(-1), 'm/1')
  t.equal(bench.scanned.at(-1)?.manifest?.timeoutMs, 2)
})

t.test('with a model.yaml that was broken from the start, every version is tried', async t => {
  const bench = new Bench()
  const versions = [2, 1].map(number => scannedVersion(number, { manifest: undefined }))
  await bench.reconcile({
    warnings: [],
    pending: [],
    models: [{ name: 'm', manifest: undefined, problems: ['no'], versions }]
  })
  await bench.fail('m/2')
  await bench.ready('m/1')
  t.strictSame(bench.started, ['m/2', 'm/1'])
})

t.test('versions that are asked for but missing are a problem of the model', async t => {
  const { bench, manager } = await serving([1], {})
  const tree = { versions: { policy: 'specific', versions: [1, 7] }, labels: { stable: 5 } }
  await bench.reconcile(scan({ m: [1] }, tree))
  t.equal(manager.problemCount(), 1)
  const manifest = manifestOf(tree)
  await bench.reconcile({
    warnings: [],
    pending: [],
    models: [{ name: 'm', manifest, problems: [], versions: [] }]
  })
  t.strictSame(bench.index, [['m', undefined, 'UNAVAILABLE', 'version 1, 5, 7 is asked for but missing']])
  t.equal(manager.problemCount(), 1)
})

t.test('a lost instance hands over to the next lower version that can serve', async t => {
  const { bench, instance } = await serving([2], {})
  await bench.reconcile(scan({ m: [1, 2] }))
  instance(2).lose(new Error('its thread ended with code 7'))
  await turn()
  t.strictSame([bench.serving, bench.started], [[], ['m/1']])
  await bench.ready('m/1')
  t.strictSame([bench.serving, bench.history], [[1], ['2 failed', '1 ready']])
  t.match(bench.index, [
    ['m', 2, 'UNAVAILABLE', 'its instance was lost: its thread ended with code 7'],
    ['m', 1]
  ])
})

t.test('a lost instance beside others leaves them alone, and its holders can let go of it', async t => {
  const { bench, manager, instance } = await serving([1, 2], all)
  const handle = manager.served('m')!.standard.acquire()
  instance(2).lose(new Error('gone'))
  await turn()
  t.strictSame([bench.serving, bench.started, bench.history], [[1], [], ['2 failed']])
  handle.release()
  await manager.stop()
  t.strictSame([instance(1).closes, instance(2).closes], [1, 0])
})

t.test('an instance that is lost while its version drains takes nothing else along', async t => {
  const { bench, manager, instance } = await serving([1], {})
  const handle = manager.served('m')!.standard.acquire()
  const settled = await bench.reconcile(scan({ m: [1, 2] }))
  await bench.ready('m/2')
  instance(1).lose(new Error('gone'))
  await turn()
  t.strictSame([bench.serving, settled(), manager.statuses().at(-1)?.state], [[2], true, 'UNLOADING'])
  handle.release()
  await turn()
  t.strictSame(bench.serving, [2])
  t.strictSame(bench.history, ['2 ready', '1 draining', '1 unloading', '1 unloaded'])
})

t.test(
  'stop drains: held versions answer their holders and close after them, and nothing loads any more',
  async t => {
    const { bench, manager, instance } = await serving([1, 2], all)
    const handle = manager.served('m')!.standard.acquire()
    let stopped = false
    const stopping = manager.stop().then(() => {
      stopped = true
    })
    await turn()
    t.strictSame([bench.serving, instance(1).closes, instance(2).closes, stopped], [[], 1, 0, false])
    handle.release()
    await stopping
    t.strictSame([instance(1).closes, instance(2).closes], [1, 1])
    await manager.reconcile(scan({ m: [1, 2, 3], n: [1] }, all))
    t.strictSame([bench.started, bench.serving], [[], []])
    await manager.stop()
    t.strictSame([instance(1).closes, instance(2).closes], [1, 1])
  }
)

t.test(
  'stop while versions load: what is on its way arrives and leaves, what waits never starts',
  async t => {
    const bench = new Bench(1)
    const settled = await bench.reconcile(scan({ a: [1, 2], b: [1] }, all))
    t.strictSame(bench.started, ['a/2'])
    const stopping = bench.manager.stop()
    await turn()
    const instance = await bench.ready('a/2')
    await stopping
    t.strictSame([bench.started, instance.closes, settled()], [['a/2'], 1, true])
    t.strictSame(bench.manager.servedModels(), [])
  }
)

t.test('stop while the last load fails, and while an instance is lost, loads nothing', async t => {
  const bench = new Bench()
  await bench.reconcile(scan({ m: [1, 2] }))
  const stopping = bench.manager.stop()
  await bench.fail('m/2')
  await stopping
  t.strictSame(bench.started, ['m/2'])

  const other = await serving([2], {})
  await other.bench.reconcile(scan({ m: [1, 2] }))
  const handle = other.manager.served('m')!.standard.acquire()
  const end = other.manager.stop()
  other.instance(2).lose(new Error('gone'))
  await turn()
  handle.release()
  await end
  t.strictSame([other.bench.started, other.bench.serving], [[], []])
})
