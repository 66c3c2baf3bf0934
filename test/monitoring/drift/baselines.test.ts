import t from 'tap'
import { type BaselineOptions, Baselines } from '../../../src/monitoring/drift/baselines.ts'
import { makeProfile } from '../../../src/monitoring/drift/make-profile.ts'
import type { Profile } from '../../../src/monitoring/drift/profile.ts'
import { modelDigest, type Phase, Subject } from '../../../src/monitoring/drift/subject.ts'
import type { MakeProfileInput } from '../../../src/monitoring/drift/tasks.ts'
import { normalProfile, normals, numbers, numericPlans } from '../../helpers/drift-world.ts'
import { FakeClock } from '../../helpers/fake-clock.ts'
import { fakeVersion, manifestOf } from '../../helpers/fakes.ts'

const inputs = { x: { columns: ['f0', 'f1'].map(name => ({ name, type: 'number' as const })) } }
const shape = ['n', 2]

/** Version 1 of `m` with two numeric columns and no outputs. */
function subject(drift: object = {}): Subject {
  const features = inputs.x.columns.map(({ name, type }, column) => ({
    name,
    input: 'x',
    column,
    type,
    rules: { type }
  }))
  const signature = { inputs: [{ name: 'x', datatype: 'FP32' as const, shape }], outputs: [] }
  const { version } = fakeVersion('m', 1, { signature, features, manifest: manifestOf({ inputs, drift }) })
  return new Subject(version, 512)
}

const profileOf = (each: Subject, over: Partial<Profile> = {}): Profile => ({
  ...normalProfile(numericPlans(2), 1000),
  modelSha256: modelDigest(each.version),
  ...over
})

interface World {
  /** Text of reference.json; '' for none. */
  readonly file: string
  readonly saved: Map<string, string>
}

function world({ file = '', saved = new Map() }: Partial<World> = {}, over: Partial<BaselineOptions> = {}) {
  const clock = new FakeClock()
  const logged: [facts: object, message: string][] = []
  const made: MakeProfileInput[] = []
  const log = (facts: object, message: string): void => void logged.push([facts, message])
  const baselines = new Baselines({
    enabled: true,
    falseAlarmsPerWeek: 0.5,
    requestBudgetUs: 0,
    subWindowMs: 60_000,
    learn: true,
    learnRowsMax: 100,
    learnMs: 120_000,
    store: {
      read: name => Promise.resolve(saved.get(name)),
      write: (name, text) => Promise.resolve(void saved.set(name, text))
    },
    reference: () => ({ print: file, read: () => Promise.resolve(file) }),
    makeProfile: input => {
      made.push(input)
      return Promise.resolve(makeProfile(input.plans, input.columns, input.facts))
    },
    clock,
    random: () => 0,
    tool: 'kedge test',
    log: { info: log, warn: log },
    ...over
  })
  return { baselines, clock, saved, logged, made }
}

/** The phase of a subject whose reference.json is `file`. */
const phase = (file: string, each: Subject, over: Partial<BaselineOptions> = {}): Promise<Phase> =>
  world({ file }, over).baselines.phase(each)

function watchedOf(found: Phase) {
  if (found.type !== 'watched') throw new Error(`${found.type}: ${'reason' in found ? found.reason : ''}`)
  return found.watched
}

function learningOf(found: Phase) {
  if (found.type !== 'learning') throw new Error(`${found.type}: ${'reason' in found ? found.reason : ''}`)
  return found.learning
}

t.test('why there is no baseline, and whether somebody should do something about it', async t => {
  const empty = new Subject(fakeVersion('m', 1, { signature: { inputs: [], outputs: [] } }).version, 512)
  const each = subject()
  const unreadable = { print: '1', read: () => Promise.reject(new Error('EACCES')) }
  const wrong = { ...profileOf(each), schema: 2, seed: -1, model: 7, modelVersion: 'x', tool: null }
  const cases: [reason: string | RegExp, wanted: boolean, found: Promise<Phase>][] = [
    ['drift monitoring is switched off', false, phase('', each, { enabled: false })],
    ['drift monitoring is switched off', false, phase('', subject({ enabled: false }))],
    ['the model has nothing that could be monitored', false, phase('', empty)],
    ['there is no reference.json, and learning is switched off', true, phase('', each, { learn: false })],
    ['reference.json cannot be read: EACCES', true, phase('', each, { reference: () => unreadable })],
    [/^reference\.json is refused: not JSON: /, true, phase('{', each)],
    [
      /^reference\.json is refused: made for another model: [^;]*$/,
      true,
      phase(JSON.stringify(profileOf(each, { modelSha256: '0'.repeat(64) })), each)
    ],
    [
      /^reference\.json is refused: schema: expected 1, got 2; [^;]+; [^;]+ \(and 2 more\)$/,
      true,
      phase(JSON.stringify(wrong), each)
    ]
  ]
  for (const [reason, wanted, found] of cases)
    t.match(await found, { type: 'none', reason, wanted }, String(reason))
})

t.test('a reference.json that fits is watched, whatever was learned before', async t => {
  const each = subject()
  const [given, learned] = [profileOf(each, { tool: 'given' }), profileOf(each, { tool: 'learned' })]
  const saved = new Map([['drift-m-1.profile.json', JSON.stringify(learned)]])
  const watched = watchedOf(await world({ file: JSON.stringify(given), saved }).baselines.phase(each))
  t.equal(watched.profile.tool, 'given')
  t.equal(watchedOf(await world({ saved }).baselines.phase(each)).profile.tool, 'learned')
  t.equal(watchedOf(await world({ saved }, { learn: false }).baselines.phase(each)).profile.tool, 'learned')
})

t.test('what was learned of other files, or cannot be read, is learned anew', async t => {
  const each = subject()
  const other = JSON.stringify(profileOf(each, { modelSha256: '0'.repeat(64) }))
  for (const text of [other, '', '{"schema":9}', 'null']) {
    const { baselines, logged } = world({ saved: new Map([['drift-m-1.profile.json', text]]) })
    t.equal((await baselines.phase(each)).type, 'learning', text.slice(0, 20))
    t.strictSame(logged, [])
  }
  const store = { read: () => Promise.reject(new Error('EIO')), write: () => Promise.resolve() }
  await t.rejects(
    world({}, { store }).baselines.phase(each),
    { message: 'EIO' },
    'a fault is told, not learned over'
  )
})

t.test('how far learning got', async t => {
  const { baselines, clock } = world()
  await clock.advance(5000)
  const learning = learningOf(await baselines.phase(subject()))
  const cases: [advanceMs: number, rows: number, text: string][] = [
    [0, 0, '0 of 100 rows, and 2 more minutes'],
    [59_999, 40, '40 of 100 rows, and 2 more minutes'],
    [1, 0, '40 of 100 rows, and 1 more minute'],
    [59_999, 40, '80 of 100 rows, and 1 more minute'],
    [1, 0, '80 of 100 rows'],
    [9e9, 40, '100 of 100 rows']
  ]
  for (const [advanceMs, rows, text] of cases) {
    await clock.advance(advanceMs)
    learning.offerInputs(
      numbers(rows, 2, column => column),
      rows
    )
    learning.offerOutputs([], rows)
    t.equal(baselines.progress(learning), `learning what is normal: ${text}`)
  }
})

/** A subject that has learned from rows of which each is different. */
async function taught(over: Partial<BaselineOptions> = {}) {
  const each = subject()
  const all = world({}, over)
  const learning = learningOf(await all.baselines.phase(each))
  let row = 0
  for (let request = 0; request < 5; request++)
    learning.offerInputs(
      numbers(40, 2, () => row++ / 7),
      40
    )
  const found = await all.baselines.learned(each, learning)
  return { ...all, each, found }
}

t.test('what was learned is kept, and watched from then on', async t => {
  const { found, each, saved, logged, made, baselines } = await taught()
  const { profile } = watchedOf(found)
  const seed = Number.parseInt(modelDigest(each.version).slice(0, 7), 16)
  t.match(profile, {
    model: 'm',
    modelVersion: 1,
    modelSha256: modelDigest(each.version),
    createdAt: '2026-01-01T00:00:00.000Z',
    tool: 'kedge test',
    source: { kind: 'live-capture', rows: 200, sampledRows: 100 },
    seed
  })
  t.equal(made.length, 1)
  t.strictSame([...saved.keys()], ['drift-m-1.profile.json'])
  t.strictSame(logged, [[{ model: 'm', version: 1, rows: 100 }, 'drift baseline learned']])
  const again = watchedOf(await baselines.phase(each))
  t.equal(again.profileId, watchedOf(found).profileId, 'the same after a restart')
})

t.test('a disk that is full costs the next start its baseline, not this one', async t => {
  const store = {
    read: () => Promise.resolve(undefined),
    write: () => Promise.reject(new Error('ENOSPC'))
  }
  const { found, logged } = await taught({ store })
  t.equal(found.type, 'watched')
  t.strictSame(logged[0], [{ model: 'm', reason: 'ENOSPC' }, 'the learned baseline could not be saved'])
})

t.test('rows that no profile can be made of', async t => {
  const { found, saved } = await taught({ makeProfile: () => Promise.reject(new Error('out of memory')) })
  t.strictSame(found, {
    type: 'none',
    reason: 'no baseline could be made of the rows: out of memory',
    wanted: true
  })
  t.equal(saved.size, 0)
})

t.test("thresholds: the monitor's own, else those for all, else the standard", async t => {
  const cases: [given: object, warning: number, critical: number][] = [
    [{}, 0.1, 0.2],
    [{ psi: { warning: 0.3, critical: 0.4 } }, 0.3, 0.4],
    [{ f0: { warning: 0.05 } }, 0.05, 0.2],
    [{ f0: { critical: 0.5 }, psi: { warning: 0.3, critical: 0.4 } }, 0.3, 0.5],
    [{ f1: { warning: 0.01, critical: 0.02 } }, 0.1, 0.2]
  ]
  for (const [thresholds, warning, critical] of cases) {
    const each = subject({ thresholds })
    const [first] = watchedOf(await phase(JSON.stringify(profileOf(each)), each)).monitors
    t.strictSame(first?.terms.thresholds, { warning, critical }, JSON.stringify(thresholds))
  }
})

t.test(
  'the window that is asked for decides; one that there is not is told, and the shortest does',
  async t => {
    const cases: [window: string, decides: number, warned: boolean][] = [
      ['24h', 2, false],
      ['10m', 0, false],
      ['23h', 0, true]
    ]
    for (const [window, decides, warned] of cases) {
      const each = subject({ window })
      const { baselines, logged } = world({ file: JSON.stringify(profileOf(each)) })
      const watched = watchedOf(await baselines.phase(each))
      const next = normals(2)
      watched.counter.countInputs(
        numbers(5000, 2, () => next()),
        5000
      )
      watched.tick()
      for (const _ of watched.evaluate(0));
      t.equal(watched.monitors[0]?.decided?.window, decides, window)
      const facts = { model: 'm', version: 1, window, expected: ['10m', '1h', '24h', '7d'] }
      t.strictSame(logged, warned ? [[facts, 'drift.window in model.yaml is no window']] : [])
    }
  }
)

t.test('the print changes with the file and with the settings, and with nothing else', async t => {
  const print = (file: string, drift: object = {}): string =>
    world({ file }).baselines.print(subject(drift).version)
  t.equal(print('a'), print('a'))
  const different = [print(''), print('a'), print('a', { window: '1h' }), print('a', { enabled: false })]
  t.equal(new Set(different).size, different.length)
})
