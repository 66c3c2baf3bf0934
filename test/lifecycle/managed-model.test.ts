// Which changes on disk make a version be loaded anew. What the index shows of it is in managed-model-status.test.ts.
import t from 'tap'
import { adopt, needsReload, needsRetry, snapshotOf } from '../../src/lifecycle/managed-model.ts'
import type { Prints } from '../../src/repository/fingerprint.ts'
import { type Manifest, manifestSchema } from '../../src/repository/manifest-schema.ts'
import type { ScannedVersion } from '../../src/repository/scan.ts'
import { FakeClock } from '../helpers/fake-clock.ts'
import { manifestOf, scannedVersion, unseen } from '../helpers/fakes.ts'
import { makeReady, managed, modelScan, type Tree } from '../helpers/manager-bench.ts'

const base = scannedVersion(1)

interface Expected {
  /** Of a version that serves. */
  readonly reload: boolean
  /** Of one that failed. */
  readonly retry: boolean
}

const nothing: Expected = { reload: false, retry: false }
const retry: Expected = { reload: false, retry: true }
const reload: Expected = { reload: true, retry: true }

/** A change of each key of model.yaml. */
const keys: Record<keyof Manifest, readonly [change: Tree, expected: Expected][]> = {
  schema: [],
  description: [[{ description: 'text' }, nothing]],
  card: [[{ card: { owner: 'growth' } }, nothing]],
  versions: [
    [{ versions: { policy: 'all' } }, nothing],
    [{ versions: { policy: 'latest', count: 2 } }, nothing]
  ],
  labels: [[{ labels: { stable: 1 } }, nothing]],
  timeoutMs: [[{ timeoutMs: 7 }, nothing]],
  load: [[{ load: 'onDemand' }, nothing]],
  unloadIdleMs: [[{ unloadIdleMs: 1000 }, nothing]],
  pinned: [[{ pinned: true }, nothing]],
  drift: [
    [{ drift: { enabled: false } }, nothing],
    [{ drift: { thresholds: { psi: { warning: 0.3 } } } }, nothing]
  ],
  predictionLog: [
    [{ predictionLog: { enabled: false } }, nothing],
    [{ predictionLog: { features: { age: 'hash' } } }, nothing]
  ],
  gate: [
    [{ gate: { required: true } }, retry],
    [{ gate: { runMsMax: 5 } }, retry],
    [{ gate: { slowRun: 'fail' } }, retry]
  ],
  inputs: [
    [{ inputs: { x: { type: 'number' } } }, reload],
    [{ inputs: { x: { columns: [{ name: 'age' }] } } }, reload]
  ],
  outputs: [[{ outputs: { y: { role: 'label' } } }, reload]],
  batching: [
    [{ batching: { enabled: false } }, reload],
    [{ batching: { rowsMax: 2 } }, reload],
    [{ batching: { delayMaxMs: 2 } }, reload]
  ],
  queue: [[{ queue: { rowsMax: 2 } }, reload]],
  instances: [
    [{ instances: { placement: 'thread' } }, reload],
    [{ instances: { count: 2 } }, reload]
  ],
  runtime: [[{ runtime: { graphOptimization: 'basic' } }, reload]]
}

/** A change of each kind of print. */
const prints: Record<keyof Prints, Expected> = {
  model: reload,
  checks: retry,
  reference: nothing,
  manifest: nothing,
  changedMs: nothing
}

const found: [name: string, ScannedVersion, Expected][] = [
  ['as it was', scannedVersion(1), nothing],
  ...Object.values(keys).flatMap(changes =>
    changes.map(
      ([tree, expected]) =>
        [JSON.stringify(tree), { ...base, manifest: manifestOf(tree) }, expected] as [
          string,
          ScannedVersion,
          Expected
        ]
    )
  ),
  ...Object.entries(prints).map(
    ([print, expected]) =>
      [
        `print ${print}`,
        { ...base, prints: { ...unseen, [print]: print === 'changedMs' ? 1 : 'other' } },
        expected
      ] as [string, ScannedVersion, Expected]
  )
]

t.test('every key of model.yaml and every kind of file is known', async t => {
  t.strictSame(Object.keys(keys).sort(), Object.keys(manifestSchema.shape).sort())
  t.strictSame(Object.keys(prints).sort(), Object.keys(unseen).sort())
  t.ok(found.length > 25)
})

t.test(
  'what makes another session necessary, and what may make a failed load come out otherwise',
  async t => {
    for (const [name, version, expected] of found) {
      const got = { reload: needsReload(base, version), retry: needsRetry(base, version) }
      t.strictSame(got, expected, name)
      const back = { reload: needsReload(version, base), retry: needsRetry(version, base) }
      t.strictSame(back, expected, `${name}, undone`)
    }
  }
)

t.test('a model.yaml that was broken, or is, and problems with files', async t => {
  const broken = { ...base, manifest: undefined, problems: ['model.yaml: no'] }
  const missing = { ...base, problems: ['model.onnx is missing'] }
  const cases: [name: string, tried: ScannedVersion, found: ScannedVersion, Expected][] = [
    ['repaired', broken, base, reload],
    ['broken', base, broken, reload],
    ['still broken', broken, { ...broken }, nothing],
    ['broken otherwise', broken, { ...broken, problems: ['model.yaml: never'] }, retry],
    ['a file is missing now', base, missing, retry],
    ['a file came', missing, base, retry]
  ]
  for (const [name, tried, now, expected] of cases)
    t.strictSame({ reload: needsReload(tried, now), retry: needsRetry(tried, now) }, expected, name)
})

const changedOf = (state: string, version: ScannedVersion, refused?: ScannedVersion): boolean => {
  const model = managed([1])
  const entry = model.versions.get(1)!
  Object.assign(entry.revision, { state, scanned: base })
  Object.assign(entry, { scanned: version, refused: refused && { scanned: refused, reason: 'no' } })
  return snapshotOf(model).versions.get(1)!.changed
}

t.test('whether the policy is told of a change depends on how the version fares', async t => {
  for (const [name, version, expected] of found) {
    t.equal(changedOf('ready', version), expected.reload, `ready: ${name}`)
    t.equal(changedOf('failed', version), expected.retry, `failed: ${name}`)
    for (const state of ['discovered', 'loading', 'draining', 'unloaded'])
      t.equal(changedOf(state, version), false, `${state}: ${name}`)
  }
})

t.test('what was refused is no change until it changes in turn', async t => {
  const refused = { ...base, prints: { ...unseen, model: 'refused' } }
  const cases: [name: string, found: ScannedVersion, changed: boolean][] = [
    ['the same', refused, false],
    ['other labels', { ...refused, manifest: manifestOf({ labels: { a: 1 } }) }, false],
    ['another reference', { ...refused, prints: { ...refused.prints, reference: 'other' } }, false],
    ['other files', { ...refused, prints: { ...unseen, model: 'third' } }, true],
    ['another gate', { ...refused, prints: { ...refused.prints, checks: 'other' } }, true],
    ['a gate that asks for less', { ...refused, manifest: manifestOf({ gate: { slowRun: 'fail' } }) }, true]
  ]
  for (const [name, version, changed] of cases) {
    t.equal(changedOf('ready', version, refused), changed, name)
    t.equal(changedOf('failed', version, refused), changed, `${name}, after its instance was lost`)
  }
  t.equal(changedOf('ready', base, refused), false, 'what serves lies there again')
})

t.test('refused files are forgotten once those that serve lie there again', async t => {
  const model = managed([1])
  makeReady(model, 1, new FakeClock())
  const entry = model.versions.get(1)!
  adopt(model, modelScan([1], { model: 'b' }))
  entry.refused = { scanned: entry.scanned, reason: 'no' }
  adopt(model, modelScan([1], { model: 'b', tree: { timeoutMs: 5 } }))
  t.equal(entry.refused.reason, 'no', 'not by another change')
  adopt(model, modelScan([1]))
  t.equal(entry.refused, undefined)
})

t.test('a change of model.yaml that needs no session applies to what serves', async t => {
  const model = managed([1])
  const { version } = makeReady(model, 1, new FakeClock())
  adopt(model, modelScan([1], { tree: { timeoutMs: 5, batching: { rowsMax: 2 } } }))
  t.strictSame([version.manifest.timeoutMs, version.manifest.batching.rowsMax], [5, 64])
  adopt(model, modelScan([1], { problems: ['no'] }))
  t.strictSame([version.manifest.timeoutMs, model.manifest?.timeoutMs], [5, 5], 'the last good one stays')
})

t.test('which models are to serve at all', async t => {
  const cases: [name: string, tree: Tree, change: object, wanted: boolean][] = [
    ['there', {}, {}, true],
    ['gone', {}, { present: false }, false],
    ['not asked for', {}, { chosen: false }, false],
    ['on demand', { load: 'onDemand' }, {}, false],
    ['demanded', { load: 'onDemand' }, { awake: true }, true],
    ['demanded, but unloaded by a caller', { load: 'onDemand' }, { awake: true, chosen: false }, false],
    ['without a readable model.yaml', {}, { manifest: undefined }, true]
  ]
  for (const [name, tree, change, wanted] of cases)
    t.equal(snapshotOf(Object.assign(managed([1], tree), change)).wanted, wanted, name)
  const eager = managed([1])
  adopt(eager, modelScan([1], { tree: { load: 'onDemand' } }))
  t.equal(snapshotOf(eager).wanted, true, 'what serves goes on although it loads on demand from now on')
})
