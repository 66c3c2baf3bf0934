import t, { type Test } from 'tap'
import { seededRandom } from '../../../src/base/random.ts'
import { type ProblemKind, problemsError, ServingError } from '../../../src/errors/serving-error.ts'
import type { ModelVersion } from '../../../src/lifecycle/model-version.ts'
import type { DriftChange } from '../../../src/monitoring/drift/change.ts'
import { makeProfile } from '../../../src/monitoring/drift/make-profile.ts'
import type { Profile } from '../../../src/monitoring/drift/profile.ts'
import { DriftService, type DriftServiceOptions } from '../../../src/monitoring/drift/service.ts'
import { modelDigest } from '../../../src/monitoring/drift/subject.ts'
import { featuresOf } from '../../../src/schema/features.ts'
import type { Signature } from '../../../src/schema/signature.ts'
import type { NamedTensor } from '../../../src/tensor/tensor.ts'
import { normalProfile, normals, numbers, numericPlans } from '../../helpers/drift-world.ts'
import { FakeClock } from '../../helpers/fake-clock.ts'
import { fakeVersion, manifestOf } from '../../helpers/fakes.ts'

const columns = 2
const signature: Signature = {
  inputs: [{ name: 'x', datatype: 'FP32', shape: ['n', columns] }],
  outputs: []
}
const inputs = {
  x: {
    columns: [
      { name: 'f0', type: 'number' },
      { name: 'f1', type: 'number' }
    ]
  }
} as const

function version(number = 1, tree: Readonly<Record<string, unknown>> = {}): ModelVersion {
  const { features } = featuresOf(signature, inputs)
  const manifest = manifestOf({ inputs, ...tree })
  return fakeVersion('m', number, { signature, features, manifest }).version
}

const profile = (of: ModelVersion): Profile => ({
  ...normalProfile(numericPlans(columns), 10_000),
  modelSha256: modelDigest(of)
})

function world(t: Test, over: Partial<DriftServiceOptions> = {}) {
  const clock = new FakeClock()
  const files = new Map<number, string>()
  const state = new Map<string, string>()
  const warnings: string[] = []
  const changes: DriftChange[] = []
  const options: DriftServiceOptions = {
    enabled: true,
    falseAlarmsPerWeek: 0.5,
    subWindowMs: 60_000,
    requestBudgetUs: 0,
    snapshotMs: 300_000,
    monitorsMax: 512,
    featuresExportedMax: 50,
    learn: true,
    learnRowsMax: 1000,
    learnMs: 600_000,
    store: {
      read: name => Promise.resolve(state.get(name)),
      write: (name, text) => Promise.resolve(void state.set(name, text))
    },
    reference: ({ version }) => ({
      print: files.get(version) ?? '',
      read: () => Promise.resolve(files.get(version) ?? '')
    }),
    makeProfile: ({ plans, columns, facts }) => Promise.resolve(makeProfile(plans, columns, facts)),
    clock,
    random: seededRandom(1),
    tool: 'kedge test',
    log: { info: () => {}, warn: (_, message) => void warnings.push(message) },
    onChange: change => void changes.push(change),
    nextTurn: () => Promise.resolve(),
    ...over
  }
  const service = new DriftService(options)
  t.teardown(() => service.stop())
  const next = normals(8)
  return {
    service,
    options,
    clock,
    files,
    state,
    warnings,
    changes,
    /** A request that was answered. */
    ask(of: ModelVersion, rows: number, shift = 0, tensors?: readonly NamedTensor[]) {
      const request = { inputs: tensors ?? numbers(rows, columns, () => next() + shift), parameters: {} }
      service.observer.decoded?.({ version: of, request, rows, key: request })
      const result = { outputs: [], queueMs: 0, runMs: 0, batchRows: rows, firstOfBatch: true }
      const ran = { rows, readMs: 0, result }
      const report = { version: of, protocol: 'v2', durationMs: 1, key: request } as const
      service.observer.finished({ ...report, outcome: 'success', ran, error: undefined })
    },
    refuse(of: ModelVersion, error: ServingError) {
      const report = { version: of, protocol: 'v2', durationMs: 1, key: undefined } as const
      service.observer.finished({ ...report, outcome: 'invalid', ran: undefined, error })
    }
  }
}

async function minutes({ clock, service }: ReturnType<typeof world>, count: number, each: () => void) {
  for (let minute = 0; minute < count; minute++) {
    each()
    await clock.advance(60_000)
    await service.tick()
  }
}

t.test(
  'a version with a reference.json is watched from the moment that it serves, and forgotten when it goes',
  async t => {
    const w = world(t)
    const [one, two] = [version(1), version(2)]
    for (const of of [one, two]) w.files.set(of.version, JSON.stringify(profile(of)))
    await w.service.sync([one, two])
    t.match(await w.service.view(one), {
      state: 'insufficient_data',
      rowsSeen: 0,
      profile: { source: 'csv: train.csv' }
    })
    t.match(
      w.service.expose(),
      /kedge_feature_bin_total\{model="m",version="1",profile="[0-9a-f]{8}",feature="f0",bin="00"\} 0\n/
    )
    await minutes(w, 12, () => w.ask(one, 200))
    t.match(await w.service.view(one), { state: 'ok', rowsSeen: 2400, rowsCounted: 2400 })
    t.match(await w.service.view(two), { state: 'insufficient_data', rowsSeen: 0 })
    t.match(
      w.service.expose(),
      /kedge_feature_observations_total\{model="m",version="1",feature="f0",kind="ok"\} 2[34]\d\d\n/
    )
    await w.service.sync([two])
    t.match(await w.service.view(one), { state: 'no_baseline', reason: 'the version is not served' })
    t.notMatch(w.service.expose(), /version="1"/)
    t.equal(w.service.profile(one), undefined)
  }
)

t.test('a change of state is told once, and counted', async t => {
  const w = world(t)
  const one = version()
  w.files.set(1, JSON.stringify(profile(one)))
  await w.service.sync([one])
  await minutes(w, 12, () => w.ask(one, 300))
  await minutes(w, 14, () => w.ask(one, 300, 1))
  const critical = w.changes.filter(({ to, feature }) => to === 'critical' && feature === 'f0')
  t.match(critical, [{ model: 'm', version: 1, window: '10m', threshold: 0.2, profile: /^[0-9a-f]{64}$/ }])
  t.ok(critical[0]!.psi! > 0.2)
  t.match(w.service.expose(), /kedge_drift_state_changes_total\{model="m",version="1",to="critical"\} [1-9]/)
  t.match(w.service.expose(), /kedge_drift_state\{model="m",version="1",feature="f0",state="critical"\} 1\n/)
})

t.test(
  'a reference.json that does not fit leaves the version without a baseline, until it is mended',
  async t => {
    const w = world(t)
    const one = version()
    w.files.set(1, '{"schema":1')
    await w.service.sync([one])
    t.match(await w.service.view(one), {
      state: 'no_baseline',
      reason: /^reference\.json is refused: not JSON: /
    })
    t.strictSame(w.warnings, ['drift is not monitored'])
    w.ask(one, 3)
    t.match(
      w.service.expose(),
      /kedge_drift_state\{model="m",version="1",feature="",state="no_baseline"\} 1\n/
    )
    w.files.set(1, JSON.stringify({ ...profile(one), modelSha256: 'cd'.repeat(32) }))
    await w.service.sync([one])
    t.match(await w.service.view(one), { reason: /made for another model/ })
    w.files.set(1, JSON.stringify(profile(one)))
    await w.service.sync([one])
    t.match(await w.service.view(one), { state: 'insufficient_data', rowsSeen: 0 })
  }
)

t.test('without a reference.json what is normal is learned, kept, and used after a restart', async t => {
  const w = world(t)
  const one = version()
  await w.service.sync([one])
  await minutes(w, 5, () => w.ask(one, 300))
  const learning = await w.service.view(one)
  t.match(learning, {
    state: 'learning',
    reason: 'learning what is normal: 300 of 1000 rows, and 5 more minutes'
  })
  await minutes(w, 16, () => w.ask(one, 300))
  const watched = await w.service.view(one)
  t.match(watched, { profile: { source: 'live-capture', rows: 1000 } })
  t.match(w.service.profile(one), { source: { kind: 'live-capture' }, tool: 'kedge test' })
  const saved = w.state.get('drift-m-1.profile.json')!
  t.notOk(/"rows":\[/.test(saved))
  const again = world(t, { store: w.options.store })
  await again.service.sync([one])
  t.match(await again.service.view(one), { profile: { id: watched.profile!.id } })
  const off = world(t, { learn: false })
  await off.service.sync([one])
  t.match(await off.service.view(one), { state: 'no_baseline', reason: /learning is switched off/ })
})

t.test('counts are saved now and then and at the end, and a disk that is full disturbs nobody', async t => {
  const w = world(t)
  const one = version()
  w.files.set(1, JSON.stringify(profile(one)))
  await w.service.sync([one])
  await minutes(w, 4, () => w.ask(one, 10))
  t.equal(w.state.get('drift-m-1.json'), undefined)
  await minutes(w, 2, () => w.ask(one, 10))
  t.match(w.state.get('drift-m-1.json'), /"schema":1/)
  w.ask(one, 7)
  await w.service.stop()
  const after = world(t, { store: w.options.store, clock: w.clock })
  after.files.set(1, JSON.stringify(profile(one)))
  await after.service.sync([one])
  const { monitors } = await after.service.view(one)
  t.equal(monitors.find(({ name }) => name === 'f0')?.windows[3]?.rows, 67)

  const full = world(t, {
    store: { read: w.options.store.read, write: () => Promise.reject(new Error('ENOSPC')) }
  })
  full.files.set(1, JSON.stringify(profile(one)))
  await full.service.sync([one])
  await minutes(full, 6, () => full.ask(one, 10))
  t.match(full.warnings, ['drift counts could not be saved'])
  t.match(await full.service.view(one), { rowsSeen: 60 })
})

t.test('what was wrong with refused requests is counted by kind', async t => {
  const w = world(t)
  const one = version()
  w.files.set(1, JSON.stringify(profile(one)))
  await w.service.sync([one])
  const refused = (...kinds: readonly (ProblemKind | undefined)[]): ServingError =>
    problemsError(
      'INVALID_INPUT',
      kinds.map(kind => ({ path: 'x', problem: 'not valid', ...(kind !== undefined && { kind }) }))
    )
  for (const kind of ['shape', 'type', 'name', 'type', 'range', 'shape'] as const)
    w.refuse(one, refused(kind))
  w.refuse(one, refused(undefined))
  // Each kind once, however many values show it.
  w.refuse(one, refused('range', 'range'))
  w.refuse(one, new ServingError('QUEUE_FULL', 'full'))
  t.strictSame((await w.service.view(one)).violations, { type: 2, shape: 2, name: 1, range: 2 })
  t.match(w.service.expose(), /kedge_input_violations_total\{model="m",version="1",kind="shape"\} 2\n/)
})

t.test('a fault of the counting ends the counting, not the request', async t => {
  const w = world(t)
  const one = version()
  w.files.set(1, JSON.stringify(profile(one)))
  await w.service.sync([one])
  const broken = [{ name: 'x', datatype: 'FP32', shape: [1, 2], data: undefined as never }] as const
  w.ask(one, 1, 0, broken)
  t.match(await w.service.view(one), { state: 'no_baseline', reason: /^counting failed: / })
  t.match(w.warnings, ['drift is no longer monitored'])
  w.ask(one, 1)
})

t.test('where nobody wants it there is nothing, not even series that could alarm', async t => {
  const w = world(t, { enabled: false })
  const own = world(t)
  const one = version(1, { drift: { enabled: false } })
  for (const { service, warnings } of [w, own]) {
    await service.sync([one])
    t.match(await service.view(one), { state: 'no_baseline', reason: 'drift monitoring is switched off' })
    t.strictSame([service.expose(), warnings], ['', []])
  }
})

t.test('an exposition is one block a metric, with names that people chose escaped', async t => {
  const w = world(t)
  const odd = 'a"b\\c\nd'
  const columnRules = [
    { name: odd, type: 'number' },
    { name: '__proto__', type: 'number' }
  ] as const
  const { features } = featuresOf(signature, { x: { columns: columnRules } })
  const one = fakeVersion('m', 1, { signature, features }).version
  await w.service.sync([one])
  await minutes(w, 25, () => w.ask(one, 100))
  const lines = w.service.expose().trimEnd().split('\n')
  const families = lines.filter(line => line.startsWith('# TYPE')).map(line => line.split(' ')[2]!)
  t.strictSame(families, [...new Set(families)])
  let family = ''
  for (const line of lines) {
    if (line.startsWith('#')) family = line.split(' ')[2]!
    else if (!line.startsWith(`${family}{`)) t.fail(`${line} stands under ${family}`)
    else if (!/^[a-z_0-9]+\{([a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)*\} -?[\d.e+-]+$/.test(line)) t.fail(line)
  }
  t.ok(lines.some(line => line.includes('feature="a\\"b\\\\c\\nd"')))
  t.ok(lines.some(line => line.includes('feature="__proto__"')))
})
