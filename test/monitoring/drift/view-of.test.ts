import t from 'tap'
import { buildReference } from '../../../src/monitoring/drift/build-reference.ts'
import type { Profile } from '../../../src/monitoring/drift/profile.ts'
import type { MonitorState, MonitorView } from '../../../src/monitoring/drift/view.ts'
import { bySeverity, monitorViews } from '../../../src/monitoring/drift/view-of.ts'
import type { Watched } from '../../../src/monitoring/drift/watched.ts'
import { monitorView } from '../../helpers/drift-monitors.ts'
import { normalProfile, normals, numbers, numericPlans, plansOf, watch } from '../../helpers/drift-world.ts'

const times = { subWindowMs: 60_000, tickedAtMs: 1_000_000_000 }
const plans = numericPlans(1)
const profile = normalProfile(plans, 10_000)

/** Ends so many sub-windows, each with so many rows, and evaluates after each. */
function live(watched: Watched, ticks: number, rows: number): void {
  const next = normals(3)
  for (let tick = 0; tick < ticks; tick++) {
    watched.counter.countInputs(
      numbers(rows, 1, () => next()),
      rows
    )
    watched.tick()
    for (const _ of watched.evaluate(0));
  }
}

const view = (watched: Watched, over: Partial<typeof times> = {}): MonitorView =>
  [...monitorViews(watched, { ...times, ...over })][0]!

t.test('one view a monitor, in the order of the plan, built when it is asked for', async t => {
  const three = numericPlans(3)
  const views = monitorViews(watch(three, normalProfile(three, 1000)), times)
  t.match(views.next(), { done: false, value: { name: 'f0' } })
  t.strictSame(
    [...views].map(({ name, role }) => [name, role]),
    [
      ['f1', 'input'],
      ['f2', 'input'],
      ['derived:pca_residual', 'derived']
    ]
  )
})

t.test('before any row came there is a reference, and nothing else to say', async t => {
  const { windows, reference, ...each } = view(watch(plans, profile))
  t.match(each, { name: 'f0', kind: 'numeric', state: 'insufficient_data', window: undefined, timeline: [] })
  t.strictSame(each.thresholds, { warning: 0.1, critical: 0.2 })
  t.strictSame(
    windows.map(({ window }) => window),
    ['10m', '1h', '24h', '7d']
  )
  for (const window of windows) {
    t.match(window, { rows: 0, effectiveRows: 0, designEffect: 1, psi: undefined, ksP: undefined })
    t.equal(window.severity, 'insufficient_data')
    t.strictSame(window.counts, new Array<number>(20).fill(0))
    for (const rate of window.rates) t.match(rate, { count: 0, share: 0, severity: 'ok' })
  }
  t.equal(reference?.rows, 10_000)
  t.equal(reference?.bins.length, 20)
  t.equal(reference?.edges?.length, 19)
  t.match(reference?.bins[0], /^below -1\.6\d*$/)
  t.match(reference?.bins.at(-1), /^1\.6\d* and more$/)
  t.notMatch(JSON.stringify({ windows, reference }), /NaN|null/)
})

t.test('counts are those of each window, and the one that decides is named', async t => {
  const watched = watch(plans, profile)
  live(watched, 25, 100)
  const { windows, state, window, explanation } = view(watched)
  t.strictSame(
    windows.map(({ rows }) => rows),
    [1000, 2500, 2500, 2500]
  )
  for (const { counts, rows } of windows)
    t.equal(
      counts.reduce((sum, count) => sum + count, 0),
      rows
    )
  t.strictSame([state, window], ['ok', '10m'])
  t.ok(explanation.length > 0)
})

t.test('windows are called by how long they last', async t => {
  const cases: [subWindowMs: number, names: string[]][] = [
    [60_000, ['10m', '1h', '24h', '7d']],
    [1000, ['10s', '1m', '24m', '168m']]
  ]
  for (const [subWindowMs, names] of cases)
    t.strictSame(
      view(watch(plans, profile), { subWindowMs }).windows.map(({ window }) => window),
      names
    )
})

t.test('categories have their names, then other, then unseen', async t => {
  const words = plansOf({ inputs: [{ name: 'word', datatype: 'BYTES', shape: ['n'] }], outputs: [] })
  const reference = buildReference(words[0]!, ['__proto__', 'a"b', '__proto__'])
  const ofWords: Profile = { ...profile, monitors: [reference] }
  const watched = watch(words, ofWords)
  const word = { name: 'word', datatype: 'BYTES', shape: [3], data: ['a"b', 'new', '__proto__'] } as const
  watched.counter.countInputs([{ ...word, data: [...word.data] }], 3)
  watched.tick()
  const { kind, reference: shown, windows } = view(watched)
  t.equal(kind, 'categorical')
  t.strictSame(shown, {
    rows: 3,
    counts: [2, 1, 0, 0],
    edges: undefined,
    bins: ['__proto__', 'a"b', 'other', 'unseen'],
    mean: undefined,
    deviation: undefined
  })
  t.strictSame(windows[0]?.counts, [1, 1, 0, 1])
  t.match(
    windows[0]?.rates.find(({ kind }) => kind === 'unseen'),
    { count: 1, share: 1 / 3, referenceShare: 0 }
  )
  t.strictSame([windows[0]?.ks, windows[0]?.wasserstein], [undefined, undefined])
})

t.test('the timeline begins with the first answer, and has gaps where nothing could be said', async t => {
  const watched = watch(plans, profile)
  live(watched, 20, 0)
  t.strictSame(view(watched).timeline, [])
  live(watched, 15, 300)
  const minute = 60_000
  // 35 sub-windows are over: points lie at 0, 10, 20 and 30 of them.
  const { timeline } = view(watched)
  t.strictSame(
    timeline.map(({ atMs }) => times.tickedAtMs - atMs),
    [15 * minute, 5 * minute]
  )
  for (const { psi } of timeline) t.ok(psi !== null && psi >= 0 && psi < 0.1)
  watched.pass(30)
  t.strictSame(
    view(watched).timeline.map(({ atMs, psi }) => [(times.tickedAtMs - atMs) / minute, psi === null]),
    [
      [45, false],
      [35, false],
      [25, true],
      [15, true],
      [5, true]
    ]
  )
})

t.test('the timeline holds a day', async t => {
  const watched = watch(plans, profile)
  live(watched, 1500, 100)
  const { timeline } = view(watched)
  t.equal(timeline.length, 144)
  t.equal(timeline.at(-1)?.atMs, times.tickedAtMs)
  t.equal(timeline[0]?.atMs, times.tickedAtMs - 143 * 600_000)
})

t.test('the worst first, and among equals the one that moved most', async t => {
  const psi = (name: string, state: MonitorState, value: number): MonitorView => {
    const each = monitorView(name, state)
    const windows = each.windows.map(window => ({ ...window, psi: window.window === '1h' ? value : 9 }))
    return { ...each, windows }
  }
  const monitors = [
    monitorView('none', 'no_baseline'),
    monitorView('learning', 'learning'),
    monitorView('few', 'insufficient_data'),
    psi('still', 'ok', 0.01),
    psi('moved', 'ok', 0.09),
    psi('small', 'significant_small', 0.05),
    psi('bad', 'critical', 0.3),
    psi('worse', 'critical', 0.4),
    psi('odd', 'warning', 0.5)
  ]
  const before = monitors.map(({ name }) => name)
  t.strictSame(
    bySeverity(monitors).map(({ name }) => name),
    ['worse', 'bad', 'odd', 'small', 'moved', 'still', 'few', 'learning', 'none']
  )
  t.strictSame(
    monitors.map(({ name }) => name),
    before,
    'the list that was given stays'
  )
  t.strictSame(bySeverity([]), [])
})
