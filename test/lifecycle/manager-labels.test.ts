import t from 'tap'
import { Bench, scanOf, serving } from '../helpers/manager-bench.ts'
import { turn } from '../helpers/turn.ts'

const labelled = (labels: Record<string, number>, more = {}) => ({ tree: { labels, ...more } })

t.test('a label comes with its version, and moves once its new target is ready', async t => {
  const bench = new Bench()
  await bench.reconcile(scanOf([1], labelled({ stable: 1 })))
  t.strictSame(bench.labels, {})
  await bench.ready('m/1')
  t.strictSame([bench.labels, bench.labelMoves], [{ stable: 1 }, ['stable: undefined to 1 by start']])
  bench.moves.length = 0

  const one = bench.manager.served('m')!.labels.get('stable')
  const settled = await bench.reconcile(scanOf([1, 2], labelled({ stable: 2 })), 'files')
  t.strictSame([bench.labels, bench.started.at(-1)], [{ stable: 1 }, 'm/2'])
  const seen: unknown[] = []
  bench.watch = ({ version, to }) => void seen.push([version, to, bench.labels])
  await bench.ready('m/2')
  t.strictSame(seen.slice(0, 3), [
    [2, 'warming', { stable: 1 }],
    [2, 'ready', { stable: 2 }],
    [1, 'draining', { stable: 2 }]
  ])
  t.strictSame([bench.labelMoves, settled()], [['stable: 1 to 2 by files'], true])
  t.not(bench.manager.served('m')?.labels.get('stable'), one)
})

t.test('what a label still means stays loaded, although the policy wants it no longer', async t => {
  const { bench, instance } = await serving([1], labelled({ stable: 1 }).tree)
  await bench.reconcile(scanOf([1, 2, 3], labelled({ stable: 2 })))
  await bench.ready('m/3')
  t.strictSame([bench.serving, bench.labels, instance(1).closes], [[3, 1], { stable: 1 }, 0])
  await bench.fail('m/2', 'gate')
  t.strictSame([bench.serving, bench.labels], [[3, 1], { stable: 1 }], 'its target failed: it stays')
  t.strictSame([bench.labelMoves, bench.manager.problemCount()], [[], 1])
  await bench.reconcile(scanOf([1, 2, 3], { ...labelled({ stable: 2 }), prints: { checks: 'x' } }))
  await bench.ready('m/2')
  t.strictSame([bench.serving, bench.labels, instance(1).closes], [[3, 2], { stable: 2 }, 1])
})

t.test('a label on a version that is ready moves at once, whatever else loads', async t => {
  const { bench, manager } = await serving([1, 2], { versions: { policy: 'all' }, labels: { stable: 1 } })
  const all = { versions: { policy: 'all' } }
  await bench.reconcile(scanOf([1, 2, 3], labelled({ stable: 1 }, all)))
  t.strictSame(bench.started, ['m/3'])
  const settled = await bench.reconcile(scanOf([1, 2, 3], labelled({ stable: 2 }, all)), 'files')
  t.strictSame([bench.labels, settled()], [{ stable: 2 }, false])
  t.equal(manager.served('m')?.standard.version.version, 2)
  t.strictSame(bench.labelMoves, ['stable: 1 to 2 by files'])
})

t.test('a label that is removed is gone, and its version with it where only that wanted it', async t => {
  const { bench, instance } = await serving([1, 2], labelled({ stable: 1, candidate: 2 }).tree)
  await bench.reconcile(scanOf([1, 2], labelled({ candidate: 2 })), 'files')
  t.strictSame([bench.labels, bench.serving, instance(1).closes], [{ candidate: 2 }, [2], 1])
  t.strictSame(bench.labelMoves, ['stable: 1 to undefined by files'])
})

t.test('a label whose target is missing keeps what it has, and says so', async t => {
  const { bench } = await serving([1, 2], labelled({ stable: 1 }).tree)
  await bench.reconcile(scanOf([1, 2], labelled({ stable: 9 })))
  t.strictSame([bench.serving, bench.labels, bench.manager.problemCount()], [[2, 1], { stable: 1 }, 1])
})

t.test('the version labelled stable answers by default, where there is one', async t => {
  const { bench, manager } = await serving([1, 2], labelled({ stable: 1 }).tree)
  const standard = () => manager.served('m')?.standard.version.version
  t.equal(standard(), 1)
  await bench.reconcile(scanOf([1, 2, 3], labelled({ stable: 1, candidate: 3 })))
  await bench.ready('m/3')
  t.equal(standard(), 1, 'a release does not change that')
  await bench.reconcile(scanOf([1, 2, 3], labelled({ candidate: 3 })))
  t.equal(standard(), 3)
})

t.test('files that replace those of a labelled version take the label along', async t => {
  const { bench, manager } = await serving([1], labelled({ stable: 1 }).tree)
  const before = manager.served('m')!.labels.get('stable')
  await bench.reconcile(scanOf([1], { ...labelled({ stable: 1 }), model: 'b' }))
  await bench.ready('m/1')
  const { labels, standard } = manager.served('m')!
  t.strictSame([labels.get('stable') === standard, standard === before], [true, false])
  t.strictSame(bench.labelMoves, [], 'it means the same version')
})

t.test('a label whose version is lost means nothing, and says so before anything else', async t => {
  const { bench, instance } = await serving([1, 2], labelled({ stable: 1 }).tree)
  instance(1).lose(new Error('gone'))
  await turn()
  t.strictSame([bench.labels, bench.serving], [{}, [2]])
  t.strictSame(bench.labelMoves, ['stable: 1 to undefined by lost'])
})

t.test('labels go with their versions at the end', async t => {
  const { bench, manager } = await serving([1], labelled({ stable: 1 }).tree)
  await manager.stop()
  t.strictSame(bench.labelMoves, ['stable: 1 to undefined by shutdown'])
})
