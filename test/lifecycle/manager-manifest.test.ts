// Edits of model.yaml while versions serve: broken ones change nothing, repaired ones apply, most need no load.
import t from 'tap'
import { LoadFailure } from '../../src/lifecycle/validate.ts'
import { gateVerdict } from '../helpers/fakes.ts'
import { Bench, scanOf, serving } from '../helpers/manager-bench.ts'

const problems = ['m/model.yaml: no']

t.test('a model.yaml that an edit breaks: labels, times and policy stay as they were', async t => {
  const tree = { labels: { stable: 1 }, timeoutMs: 500 }
  const { bench, manager } = await serving([1, 2], tree)
  const manifests = () => manager.everyServed().map(({ version }) => version.manifest.timeoutMs)
  await bench.reconcile(scanOf([1, 2], { problems }), 'files')
  t.strictSame([bench.serving, bench.labels, bench.started, bench.moves], [[2, 1], { stable: 1 }, [], []])
  t.strictSame([manifests(), manager.served('m')?.standard.version.version], [[500, 500], 1])
  t.strictSame(bench.index, [
    ['m', 2, 'READY', 'm/model.yaml: no'],
    ['m', 1, 'READY', 'm/model.yaml: no']
  ])
  t.equal(manager.problemCount(), 1, 'one file, one problem')

  const repaired = { labels: { stable: 2 }, timeoutMs: 700 }
  await bench.reconcile(scanOf([1, 2], { tree: repaired }), 'files')
  t.strictSame([bench.serving, bench.labels, bench.started], [[2], { stable: 2 }, []])
  t.strictSame([manifests(), manager.problemCount()], [[700], 0])
  t.match(bench.index[0], ['m', 2, 'READY', undefined])
})

t.test('a version that comes while model.yaml is broken waits for its repair', async t => {
  const { bench } = await serving([1], {})
  const settled = await bench.reconcile(scanOf([1, 2], { problems }))
  await bench.fail('m/2', 'm/model.yaml: no')
  t.strictSame([settled(), bench.serving], [true, [1]])
  await bench.reconcile(scanOf([1, 2], { problems }))
  t.strictSame(bench.started, ['m/2'], 'it is not tried again meanwhile')
  await bench.reconcile(scanOf([1, 2]))
  await bench.ready('m/2')
  t.strictSame([bench.started, bench.serving], [['m/2', 'm/2'], [2]])
})

t.test('a model.yaml that breaks while a version loads changes nothing of it', async t => {
  const bench = new Bench()
  await bench.reconcile(scanOf([1], { tree: { timeoutMs: 500 } }))
  const settled = await bench.reconcile(scanOf([1], { problems }))
  await bench.ready('m/1')
  t.strictSame([bench.started, bench.serving, settled()], [['m/1'], [1], true])
  t.strictSame(bench.index, [['m', 1, 'READY', 'm/model.yaml: no']])
  t.equal(bench.manager.problemCount(), 1)
  await bench.reconcile(scanOf([1], { tree: { timeoutMs: 600 } }))
  t.strictSame([bench.started, bench.manager.problemCount()], [['m/1'], 0])
  t.equal(bench.manager.served('m')?.standard.version.manifest.timeoutMs, 600)
})

t.test('an edit that needs no session applies at once, without a load', async t => {
  const { bench, manager } = await serving([1], {})
  const { version } = manager.served('m')!.standard
  const tree = { timeoutMs: 5, description: 'new', drift: { enabled: false }, gate: { required: true } }
  const settled = await bench.reconcile(
    scanOf([1], { tree, prints: { manifest: 'x', reference: 'y', checks: 'z' } })
  )
  t.strictSame([settled(), bench.started, bench.events], [true, [], []])
  t.match(version.manifest, tree)
})

t.test('an edit that comes while a version loads applies once that is ready', async t => {
  const bench = new Bench()
  await bench.reconcile(scanOf([1]))
  const settled = await bench.reconcile(scanOf([1], { tree: { timeoutMs: 5 } }))
  await bench.ready('m/1')
  t.strictSame([bench.started, settled()], [['m/1'], true])
  t.equal(bench.manager.served('m')?.standard.version.manifest.timeoutMs, 5)
})

t.test('an edit that needs another session is loaded beside', async t => {
  const { bench, manager } = await serving([1], {})
  const { version } = manager.served('m')!.standard
  await bench.reconcile(scanOf([1], { tree: { batching: { rowsMax: 2 }, timeoutMs: 5 } }))
  t.strictSame(bench.started, ['m/1'])
  const { timeoutMs, batching } = version.manifest
  t.strictSame([timeoutMs, batching.rowsMax], [5, 64], 'what needs no session is in force already')
  await bench.ready('m/1')
  t.equal(manager.served('m')?.standard.version.manifest.batching.rowsMax, 2)
})

t.test('a failed version is tried again for another gate or warm-up, and for nothing else', async t => {
  const bench = new Bench()
  await bench.reconcile(scanOf([1]))
  const failure = new LoadFailure('gate')
  failure.evidence = { verdict: gateVerdict(false) }
  await bench.fail('m/1', failure)
  t.equal(bench.manager.entry('m', 1)?.verdict?.passed, false)
  bench.started.length = 0
  await bench.reconcile(scanOf([1], { tree: { timeoutMs: 5 }, prints: { reference: 'x', manifest: 'x' } }))
  t.strictSame(bench.started, [])
  await bench.reconcile(scanOf([1], { prints: { checks: 'x' } }))
  t.strictSame(bench.started, ['m/1'])
  await bench.fail('m/1')
  await bench.reconcile(scanOf([1], { prints: { checks: 'x' }, tree: { gate: { slowRun: 'fail' } } }))
  t.strictSame(bench.started, ['m/1', 'm/1'])
  await bench.fail('m/1')
  bench.manager.forgive('m')
  const asked = bench.manager.load('m', 'api:ann')
  await bench.reconcile(scanOf([1], { prints: { checks: 'x' }, tree: { gate: { slowRun: 'fail' } } }))
  t.strictSame(bench.started, ['m/1', 'm/1', 'm/1'], 'or at somebody’s word')
  await bench.ready('m/1')
  await asked
  t.strictSame(bench.serving, [1])
})
