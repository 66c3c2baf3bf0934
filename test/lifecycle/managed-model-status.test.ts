// What people are told of a model: index, problems, failures, events.
import t from 'tap'
import { Holds } from '../../src/lifecycle/handle.ts'
import {
  adopt,
  type Entry,
  failuresOf,
  type ManagedModel,
  newRevision,
  problemsOf,
  refuse,
  statesOf,
  statusesOf,
  takeOver
} from '../../src/lifecycle/managed-model.ts'
import { states } from '../../src/lifecycle/state.ts'
import { stateEvent } from '../../src/lifecycle/state-event.ts'
import { LoadFailure } from '../../src/lifecycle/validate.ts'
import { FakeClock } from '../helpers/fake-clock.ts'
import { fakeVersion, gateVerdict, manifestOf, scannedVersion } from '../helpers/fakes.ts'
import { makeReady, managed, modelScan } from '../helpers/manager-bench.ts'

const lazy = { load: 'onDemand' }

function entryOf(model: ManagedModel, version = 1): Entry {
  return model.versions.get(version)!
}

/** A model whose version 1 is in this state. */
function inState(state: string, reason?: string, tree = {}): ManagedModel {
  const model = managed([1], tree)
  Object.assign(entryOf(model).revision, { state, reason })
  return model
}

const refused = (reason: string) => ({ scanned: scannedVersion(1), reason })

t.test('what the index says of a version', async t => {
  const cases: [name: string, ManagedModel, change: object, shown: unknown[]][] = [
    ['loading', inState('warming'), {}, ['LOADING', undefined]],
    ['ready', inState('ready'), {}, ['READY', undefined]],
    ['ready with a warning', inState('ready', 'careful'), {}, ['READY', 'careful']],
    ['draining', inState('draining'), {}, ['UNLOADING', undefined]],
    ['failed', inState('failed', 'no graph'), {}, ['UNAVAILABLE', 'no graph']],
    ['not wanted', inState('discovered'), {}, ['UNAVAILABLE', 'not wanted by the version policy']],
    ['no longer wanted', inState('unloaded'), {}, ['UNAVAILABLE', 'not wanted by the version policy']],
    ['on demand', inState('discovered', undefined, lazy), {}, ['UNAVAILABLE', 'loads on demand']],
    [
      'unloaded by a caller',
      Object.assign(inState('unloaded', undefined, lazy), { chosen: false }),
      {},
      ['UNAVAILABLE', 'unloaded']
    ],
    [
      'about to load',
      Object.assign(inState('discovered'), { settling: Promise.resolve() }),
      {},
      ['LOADING', undefined]
    ],
    [
      'a refused change',
      inState('ready'),
      { refused: refused('gate: 1 of 3') },
      ['READY', 'its changed files were refused: gate: 1 of 3']
    ],
    ['broken files', inState('ready'), { problems: ['a: no', 'b: no'] }, ['READY', 'a: no; b: no']],
    [
      'everything at once',
      inState('ready', 'careful'),
      { refused: refused('gate'), problems: ['a: no'] },
      ['READY', 'careful; its changed files were refused: gate; a: no']
    ]
  ]
  for (const [name, model, change, shown] of cases) {
    Object.assign(entryOf(model), change)
    t.strictSame(
      statusesOf(model).map(({ state, reason }) => [state, reason]),
      [shown],
      name
    )
  }
})

t.test('every version that does not answer has a reason once nothing is in progress', async t => {
  for (const state of states) {
    const [status] = statusesOf(inState(state, state === 'failed' ? 'no' : undefined))
    t.equal(status!.reason === undefined, status!.state !== 'UNAVAILABLE', state)
  }
})

t.test('versions come from the highest; a model without any has its own line', async t => {
  t.strictSame(
    statusesOf(managed([1, 10, 2])).map(({ model, version }) => [model, version]),
    [
      ['m', 10],
      ['m', 2],
      ['m', 1]
    ]
  )
  t.strictSame(statusesOf(managed([])), [
    { model: 'm', version: undefined, state: 'UNAVAILABLE', reason: undefined }
  ])
  const broken = managed([])
  adopt(broken, { ...modelScan([], { problems: ['a', 'b'] }) })
  t.equal(statusesOf(broken)[0]?.reason, 'a; b')
  t.strictSame(statesOf(inState('gating')), [{ model: 'm', version: 1, state: 'gating' }])
})

t.test('problems are counted once each', async t => {
  const all = { versions: { policy: 'all' } }
  const model = managed([1, 2, 3], all)
  const clock = new FakeClock()
  t.equal(problemsOf(model), 0)
  entryOf(model, 1).revision.state = 'failed'
  t.equal(problemsOf(model), 1, 'a failed version')
  makeReady(model, 2, clock)
  entryOf(model, 2).refused = refused('no')
  t.equal(problemsOf(model), 2, 'a refused change')
  makeReady(model, 3, clock)
  entryOf(model, 3).problems = ['no']
  t.equal(problemsOf(model), 3, 'broken files')
  model.problems = ['model.yaml: no']
  t.equal(problemsOf(model), 3, 'one model.yaml breaks the files of each version, and is one problem')
  adopt(model, modelScan([2, 3], { tree: { labels: { stable: 9 } } }))
  t.match(model.problems, ['version 9 is asked for but missing'])
})

t.test('failures are those of what was asked for', async t => {
  const model = managed([1, 2, 3], { versions: { policy: 'latest', count: 2 }, labels: { old: 1 } })
  t.strictSame(failuresOf(model), [])
  Object.assign(entryOf(model, 3).revision, { state: 'failed', reason: 'no graph' })
  entryOf(model, 2).refused = refused('gate')
  Object.assign(entryOf(model, 1).revision, { state: 'failed', reason: 'too big' })
  t.strictSame(failuresOf(model), ['version 3: no graph', 'version 2: gate', 'version 1: too big'])
  model.manifest = manifestOf({})
  t.strictSame(failuresOf(model), ['version 3: no graph'], 'others were not asked for')
  entryOf(model, 3).present = false
  t.strictSame(failuresOf(model), ['version 2: gate'])
  model.problems = ['model.yaml: no']
  t.strictSame(failuresOf(model), ['model.yaml: no', 'version 2: gate'])
  model.manifest = undefined
  t.equal(failuresOf(model).length, 3, 'nothing to choose by: every version')
})

t.test('what was loaded takes over under what model.yaml says by then', async t => {
  const model = managed([1])
  const entry = entryOf(model)
  const fresh = newRevision(entry.scanned, 'files')
  Object.assign(entry, { arriving: fresh, refused: refused('no') })
  const found = scannedVersion(1, { manifest: manifestOf({ timeoutMs: 5 }) })
  entry.scanned = found
  const verdict = gateVerdict()
  const holds = new Holds(fakeVersion('m', 1, { verdict }).version, new FakeClock())
  takeOver(entry, fresh, holds)
  t.equal(holds.version.manifest.timeoutMs, 5)
  t.strictSame([entry.revision === fresh, fresh.holds === holds], [true, true])
  t.strictSame([entry.arriving, entry.refused, entry.verdict], [undefined, undefined, verdict])
  entry.scanned = scannedVersion(1, { manifest: undefined, problems: ['no'] })
  takeOver(entry, fresh, holds)
  t.strictSame([entry.problems, entry.scanned], [['no'], fresh.scanned], 'broken files change nothing')
})

t.test('what failed is refused where something else serves; its verdict is kept', async t => {
  const model = managed([1])
  const entry = entryOf(model)
  makeReady(model, 1, new FakeClock())
  const fresh = newRevision(modelScan([1], { model: 'b' }).versions[0]!, 'files')
  Object.assign(entry, { arriving: fresh, scanned: fresh.scanned })
  const error = new LoadFailure('gate')
  error.evidence = { verdict: gateVerdict(false) }
  refuse(entry, fresh, error)
  t.strictSame(entry.refused, { scanned: fresh.scanned, reason: 'gate' })
  t.strictSame([entry.arriving, entry.verdict?.passed], [undefined, false])
  refuse(entry, fresh, new Error('no verdict'))
  t.equal(entry.verdict?.passed, false, 'the last gate that ran')
  refuse(entry, fresh, new LoadFailure('no evidence'))
  t.equal(entry.verdict?.passed, false)
  Object.assign(entry, { revision: fresh, scanned: modelScan([1], { model: 'c' }).versions[0] })
  refuse(entry, fresh, new Error('gate'))
  t.equal(entry.refused, undefined, 'nothing else serves')
})

t.test('events tell who asked, how long a load took, and what was found', async t => {
  const model = managed([1])
  const { revision } = entryOf(model)
  const holds = makeReady(model, 1, new FakeClock())
  Object.assign(revision, { cause: 'api:ann', loadStartedMs: 100, reason: 'careful' })
  const common = { model, version: 1, revision, nowMs: 350, error: undefined }
  t.strictSame(stateEvent({ ...common, from: 'gating' }), {
    type: 'state',
    model: 'm',
    version: 1,
    from: 'gating',
    to: 'ready',
    reason: 'careful',
    loadMs: 250,
    cause: 'api:ann',
    digests: holds.version.digests,
    verdict: undefined
  })
  revision.state = 'failed'
  const error = new LoadFailure('gate')
  error.evidence = { digests: { 'model.onnx': 'abc' }, verdict: gateVerdict(false) }
  t.match(stateEvent({ ...common, from: 'gating', error }), {
    loadMs: 250,
    cause: 'api:ann',
    digests: { 'model.onnx': 'abc' },
    verdict: { passed: false }
  })
  t.match(stateEvent({ ...common, from: 'ready' }), { loadMs: undefined, cause: 'lost' })
  revision.state = 'draining'
  t.match(stateEvent({ ...common, from: 'ready' }), { loadMs: undefined, cause: 'api:ann' })
})
