import t from 'tap'
import { LifecycleManager } from '../../src/lifecycle/manager.ts'
import { FakeClock } from '../helpers/fake-clock.ts'
import type { FakeInstance } from '../helpers/fakes.ts'
import { Bench, scan, serving, type Tree } from '../helpers/manager-bench.ts'
import { turn } from '../helpers/turn.ts'

t.test('first start: a failed newest version gives its place to the next lower, and so on', async t => {
  const bench = new Bench()
  const settled = await bench.reconcile(scan({ m: [1, 2, 3, 4] }))
  t.strictSame(bench.started, ['m/4'], 'one at a time, the newest first')
  t.match(bench.index.at(-1), ['m', 1, 'LOADING'], 'what the policy may still come to is not given up yet')
  await bench.fail('m/4', 'no graph')
  await bench.fail('m/3', 'no weights')
  t.equal(settled(), false)
  t.equal(bench.manager.served('m'), undefined)
  await bench.ready('m/2', 'careful')
  t.equal(settled(), true)
  t.strictSame(bench.started, ['m/4', 'm/3', 'm/2'], '1 is not wanted')
  t.equal(bench.manager.served('m')?.standard.version.version, 2)
  t.strictSame(bench.index, [
    ['m', 4, 'UNAVAILABLE', 'no graph'],
    ['m', 3, 'UNAVAILABLE', 'no weights'],
    ['m', 2, 'READY', 'careful'],
    ['m', 1, 'UNAVAILABLE', 'not wanted by the version policy']
  ])
  t.equal(bench.manager.problemCount(), 2)
})

t.test('first start: reconcile settles when everything failed, and nothing serves', async t => {
  const bench = new Bench()
  const settled = await bench.reconcile(scan({ m: [1, 2] }))
  await bench.fail('m/2')
  await bench.fail('m/1')
  t.equal(settled(), true)
  t.strictSame(bench.serving, [])
  t.strictSame(bench.manager.servedModels(), [])
})

t.test('which versions the policies and labels make ready', async t => {
  const cases: [name: string, tree: Tree, broken: number[], ready: number[]][] = [
    ['latest, 1', {}, [], [4]],
    ['latest, 2', { versions: { policy: 'latest', count: 2 } }, [], [4, 3]],
    ['latest, 2, one broken', { versions: { policy: 'latest', count: 2 } }, [3], [4, 2]],
    ['latest, 2, all but one broken', { versions: { policy: 'latest', count: 2 } }, [4, 3, 2], [1]],
    ['all', { versions: { policy: 'all' } }, [2], [4, 3, 1]],
    ['specific', { versions: { policy: 'specific', versions: [1, 3] } }, [], [3, 1]],
    [
      'specific, broken: no other takes its place',
      { versions: { policy: 'specific', versions: [3] } },
      [3],
      []
    ],
    ['a label besides', { labels: { stable: 2 } }, [], [4, 2]],
    ['a label on a broken one', { labels: { stable: 2 } }, [2], [4]],
    ['a label on the next lower', { labels: { stable: 3 } }, [4], [3]]
  ]
  for (const [name, tree, broken, ready] of cases) {
    const bench = new Bench()
    const settled = await bench.reconcile(scan({ m: [1, 2, 3, 4] }, tree))
    for (let tried = 0; tried < bench.started.length; tried++) {
      const next = bench.started[tried]!
      if (broken.includes(Number(next.slice(2)))) await bench.fail(next)
      else await bench.ready(next)
    }
    t.strictSame(bench.serving, ready, name)
    t.equal(settled(), true, `${name}: settled`)
  }
})

t.test(
  'a release: the old version leaves once the new one is ready, and is freed once nobody holds it',
  async t => {
    const { bench, manager, instance } = await serving([1], {})
    const handle = manager.served('m')!.standard.acquire()
    const settled = await bench.reconcile(scan({ m: [1, 2] }))
    t.strictSame([bench.serving, bench.history], [[1], []], 'while it loads, the old one answers')
    await bench.ready('m/2')
    t.strictSame([bench.serving, bench.history], [[2], ['2 ready', '1 draining']])
    t.strictSame([settled(), instance(1).closes], [true, 0], 'what is wanted is ready')
    handle.release()
    await turn()
    t.equal(instance(1).closes, 1)
    t.strictSame(bench.history, ['2 ready', '1 draining', '1 unloading', '1 unloaded'])
    t.strictSame(bench.index.at(-1), ['m', 1, 'UNAVAILABLE', 'not wanted by the version policy'])
  }
)

t.test('a release that fails leaves the old version where it is', async t => {
  const { bench, instance } = await serving([1], {})
  const settled = await bench.reconcile(scan({ m: [1, 2] }))
  await bench.fail('m/2')
  t.strictSame([settled(), bench.serving, instance(1).closes], [true, [1], 0])
})

t.test(
  'what listeners see: ready after it is true, draining before it stops, unloaded after it is freed',
  async t => {
    const bench = new Bench()
    let old: FakeInstance | undefined
    const seen: unknown[] = []
    bench.watch = ({ version, to }) => void seen.push([version, to, [...bench.serving], old?.closes])
    await bench.reconcile(scan({ m: [1] }))
    old = await bench.ready('m/1')
    await bench.reconcile(scan({ m: [1, 2] }))
    seen.length = 0
    await bench.ready('m/2')
    t.strictSame(seen, [
      [2, 'warming', [1], 0],
      [2, 'ready', [2, 1], 0],
      [1, 'draining', [2, 1], 0],
      [1, 'unloading', [2], 0],
      [1, 'unloaded', [2], 1]
    ])
  }
)

t.test('events tell where from, why, and how long a load took', async t => {
  const bench = new Bench()
  await bench.reconcile(scan({ m: [1, 2] }))
  await bench.clock.advance(250)
  await bench.fail('m/2', 'no weights')
  await bench.clock.advance(40)
  await bench.ready('m/1', 'careful')
  const unknown = { digests: undefined, verdict: undefined }
  const common = {
    type: 'state',
    model: 'm',
    version: 2,
    reason: undefined,
    loadMs: undefined,
    cause: 'start',
    ...unknown
  }
  t.strictSame(bench.events.slice(0, 3), [
    { ...common, from: 'discovered', to: 'validating' },
    { ...common, from: 'validating', to: 'loading' },
    { ...common, from: 'loading', to: 'failed', reason: 'no weights', loadMs: 250 }
  ])
  t.strictSame(bench.events.slice(5), [
    { ...common, version: 1, from: 'loading', to: 'warming' },
    { ...common, version: 1, from: 'warming', to: 'ready', reason: 'careful', loadMs: 40, digests: {} }
  ])
})

t.test('models load at the same time, but never more versions than allowed', async t => {
  const bench = new Bench(2)
  const settled = await bench.reconcile(scan({ a: [1], b: [1], c: [1, 2], d: [1] }))
  t.strictSame(bench.started, ['a/1', 'b/1'])
  await bench.fail('b/1')
  t.strictSame(bench.started, ['a/1', 'b/1', 'c/2'], 'a failed load gives its place on')
  await bench.fail('c/2')
  t.strictSame(bench.started.slice(3), ['d/1'], 'whoever waited longest is next')
  await bench.ready('a/1')
  t.strictSame(bench.started.slice(4), ['c/1'])
  await bench.ready('d/1')
  t.equal(settled(), false)
  await bench.ready('c/1')
  t.equal(settled(), true)
  t.strictSame(bench.manager.servedModels().sort(), ['a', 'c', 'd'])
  const served = bench.manager.everyServed().map(({ version: { model, version } }) => `${model}/${version}`)
  t.strictSame(served.sort(), ['a/1', 'c/1', 'd/1'])
})

t.test('a loader that throws at once has failed like any other', async t => {
  const load = (): never => {
    throw new Error('at once')
  }
  const manager = new LifecycleManager({ load, loadsAtOnceMax: 1, clock: new FakeClock(), listeners: [] })
  await manager.reconcile(scan({ m: [1, 2] }))
  t.match(manager.statuses(), [
    { version: 2, state: 'UNAVAILABLE', reason: 'at once' },
    { version: 1, state: 'UNAVAILABLE', reason: 'at once' }
  ])
})
