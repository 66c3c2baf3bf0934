// Who or what each event is put down to.
import t from 'tap'
import { Bench, scan, scanOf, serving } from '../helpers/manager-bench.ts'
import { turn } from '../helpers/turn.ts'

const lazy = { load: 'onDemand', unloadIdleMs: 1000 }

t.test('the first scan, later ones, and every step of a load', async t => {
  const bench = new Bench()
  await bench.reconcile(scanOf([1]))
  await bench.ready('m/1')
  t.same(new Set(bench.events.map(({ cause }) => cause)), new Set(['start']))
  bench.events.length = 0
  await bench.reconcile(scanOf([1, 2]), 'files')
  await bench.ready('m/2')
  t.strictSame(bench.causes, [
    '2 ready: files',
    '1 draining: files',
    '1 unloading: files',
    '1 unloaded: files'
  ])
  t.same(new Set(bench.events.map(({ cause }) => cause)), new Set(['files']))
})

t.test('a replacement, and one that failed', async t => {
  const { bench } = await serving([1], {})
  await bench.reconcile(scanOf([1], { model: 'b' }), 'files')
  await bench.fail('m/1')
  bench.manager.forgive('m')
  void bench.manager.load('m', 'api:ann')
  await turn()
  await bench.ready('m/1')
  t.strictSame(bench.causes, [
    '1 failed: files',
    '1 ready: api:ann',
    '1 draining: api:ann',
    '1 unloading: api:ann',
    '1 unloaded: api:ann'
  ])
})

t.test('callers by their names', async t => {
  const bench = new Bench(8, () => false)
  await bench.reconcile(scanOf([1]))
  t.strictSame([bench.events, bench.index], [[], [['m', 1, 'UNAVAILABLE', 'unloaded']]])
  bench.manager.forgive('m')
  void bench.manager.load('m', 'api:ann')
  await turn()
  await bench.ready('m/1')
  await bench.manager.unload('m', 'api:bob')
  await turn()
  t.strictSame(bench.causes, [
    '1 ready: api:ann',
    '1 draining: api:bob',
    '1 unloading: api:bob',
    '1 unloaded: api:bob'
  ])
})

t.test('demand, idleness and room for others', async t => {
  const bench = new Bench()
  await bench.reconcile(scan({ m: [1] }, lazy))
  const wake = async () => {
    bench.manager.demand('m')
    await turn()
    await bench.ready('m/1')
  }
  await wake()
  await bench.clock.advance(1000)
  await wake()
  await bench.manager.makeRoom()
  const left = (cause: string) => ['draining', 'unloading', 'unloaded'].map(to => `1 ${to}: ${cause}`)
  t.strictSame(bench.causes, ['1 ready: demand', ...left('idle'), '1 ready: demand', ...left('memory')])
})

t.test('a lost instance, and what takes its place', async t => {
  const { bench, instance } = await serving([2], {})
  await bench.reconcile(scanOf([1, 2]), 'files')
  instance(2).lose(new Error('gone'))
  await turn()
  await bench.ready('m/1')
  t.strictSame(bench.causes, ['2 failed: lost', '1 ready: lost'])
})

t.test('the end, for whatever serves', async t => {
  const { bench, manager } = await serving([1], {})
  await manager.stop()
  t.strictSame(bench.causes, ['1 draining: shutdown', '1 unloading: shutdown', '1 unloaded: shutdown'])
})

t.test('what takes long is put down to who began it, not to who came later', async t => {
  const { bench, manager } = await serving([1], {})
  const handle = manager.served('m')!.standard.acquire()
  await bench.reconcile(scanOf([1, 2]), 'files')
  bench.manager.forgive('m')
  const asked = manager.load('m', 'api:ann')
  await bench.ready('m/2')
  await asked
  const stopping = manager.stop()
  await turn()
  handle.release()
  await stopping
  t.strictSame(
    bench.causes.filter(line => line.startsWith('1 ')),
    ['1 draining: files', '1 unloading: files', '1 unloaded: files']
  )
})
