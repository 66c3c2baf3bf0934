import t from 'tap'
import { cellKinds } from '../../../src/monitoring/drift/bins.ts'
import { restore, snapshotOf } from '../../../src/monitoring/drift/snapshot.ts'
import { bySeverity, monitorViews } from '../../../src/monitoring/drift/view-of.ts'
import type { StateChange, Watched } from '../../../src/monitoring/drift/watched.ts'
import { normalProfile, normals, numbers, numericPlans, watch } from '../../helpers/drift-world.ts'

const columns = 3
const plans = numericPlans(columns)
const profile = normalProfile(plans, 10_000)

/** So many sub-windows with so many rows each; the first column is moved by `shift`. */
function live(watched: Watched, ticks: number, rows: number, shift: number, seed = 11): StateChange[] {
  const next = normals(seed)
  const changes: StateChange[] = []
  for (let tick = 0; tick < ticks; tick++) {
    watched.counter.countInputs(
      numbers(rows, columns, column => next() + (column === 0 ? shift : 0)),
      rows
    )
    watched.tick()
    for (const change of watched.evaluate(tick)) if (change !== undefined) changes.push(change)
  }
  return changes
}

const states = (watched: Watched): Record<string, string> =>
  Object.fromEntries(watched.monitors.map(({ plan, state }) => [plan.name, state]))

t.test('what has not moved is ok, what has moved is told once, and what comes back as well', async t => {
  const watched = watch(plans, profile)
  t.strictSame(states(watched), {
    f0: 'insufficient_data',
    f1: 'insufficient_data',
    f2: 'insufficient_data',
    'derived:pca_residual': 'insufficient_data'
  })
  live(watched, 12, 300, 0)
  t.strictSame([...new Set(Object.values(states(watched)))], ['ok'])
  const changes = live(watched, 30, 300, 1, 12)
  t.match(states(watched), { f0: 'critical', f1: 'ok', f2: 'ok' })
  t.strictSame(
    changes
      .filter(({ monitor }) => monitor.plan.name === 'f0')
      .map(({ from, to }) => `${from} ${to}`)
      .at(-1),
    'warning critical'
  )
  live(watched, 40, 300, 0, 13)
  t.match(states(watched), { f0: 'ok' })
})

t.test('a small shift that is no chance is told, and alarms nobody', async t => {
  const watched = watch(plans, profile)
  live(watched, 30, 1000, 0.2)
  t.match(states(watched), { f0: 'significant_small', f1: 'ok' })
})

t.test('a window that is asked for decides alone', async t => {
  const watched = watch(plans, profile, { window: 2 })
  live(watched, 15, 300, 1)
  t.match(states(watched), { f0: 'critical' })
  t.equal(watched.monitors[0]?.decided?.window, 2)
})

t.test('the counts of two processes add up to those of one, bit for bit', async t => {
  const [one, two, whole] = [watch(plans, profile), watch(plans, profile), watch(plans, profile)]
  const next = normals(3)
  for (let request = 0; request < 200; request++) {
    const odd = request % 17 === 0 ? Number.NaN : request % 23 === 0 ? Number.POSITIVE_INFINITY : undefined
    const tensors = numbers(7, columns, column => (column === 1 && odd !== undefined ? odd : 3 * next()))
    whole.counter.countInputs(tensors, 7)
    ;(request % 3 === 0 ? one : two).counter.countInputs(tensors, 7)
  }
  const sum = one.counter.cells.map((count, cell) => count + two.counter.cells[cell]!)
  t.strictSame(sum, whole.counter.cells)
  for (const [index, value] of whole.counter.sums.entries())
    t.ok(Math.abs(one.counter.sums[index]! + two.counter.sums[index]! - value) < 1e-9)
  for (const { place, plan } of whole.monitors) {
    const cells = whole.counter.cells.subarray(
      place.offset,
      place.offset + place.bins.count + cellKinds.length
    )
    const outside = ['below', 'above'].map(
      kind => cells[place.bins.count + cellKinds.indexOf(kind as 'below')]!
    )
    const all = cells.reduce((total, count) => total + count, 0) - outside[0]! - outside[1]!
    t.equal(all, 1400, `${plan.name}: every row is somewhere`)
  }
})

t.test('rows that come five times are worth one', async t => {
  const watched = watch(plans, profile)
  const next = normals(5)
  for (let tick = 0; tick < 10; tick++) {
    for (let row = 0; row < 60; row++) {
      const values = Float32Array.from({ length: columns }, next)
      watched.counter.countInputs(
        numbers(5, columns, column => values[column]!),
        5
      )
    }
    watched.tick()
  }
  const { designEffect, effectiveRows, rows } = watched.scores(watched.monitors[0]!, 0)
  t.equal(rows, 3000)
  t.ok(designEffect > 3.5 && designEffect < 6.5, String(designEffect))
  t.equal(effectiveRows, rows / designEffect)
})

t.test('what people are told: each monitor in each window, the worst first, and no NaN anywhere', async t => {
  const watched = watch(plans, profile)
  const times = { subWindowMs: 60_000, tickedAtMs: Date.UTC(2026, 0, 2) }
  const empty = bySeverity([...monitorViews(watched, times)])
  live(watched, 25, 300, 1)
  const full = bySeverity([...monitorViews(watched, times)])
  t.equal(full[0]?.name, 'f0')
  t.match(full[0], {
    state: 'critical',
    window: '10m',
    explanation:
      /^Looks different from the reference: \d+ % of the rows are .*\(score [\d.]+, critical from 0\.2\)\.$/
  })
  t.match(empty[0], { state: 'insufficient_data', window: undefined, explanation: 'No rows yet.' })
  t.strictSame(
    full[0]?.windows.map(({ window }) => window),
    ['10m', '1h', '24h', '7d']
  )
  t.ok(full[0]!.timeline.length >= 2)
  for (const views of [empty, full]) {
    t.notMatch(JSON.stringify(views), /NaN|Infinity/)
    for (const { windows, timeline } of views)
      for (const numbers of [
        ...windows.map((window): unknown[] => Object.values(window)),
        timeline.map(({ psi }) => psi)
      ])
        t.ok(numbers.every(value => typeof value !== 'number' || Number.isFinite(value)))
  }
})

t.test('counts outlive a restart, under the same profile only, and grow older meanwhile', async t => {
  const before = watch(plans, profile)
  live(before, 12, 300, 1)
  const text = snapshotOf(before, 60_000, 1_000_000)
  t.notMatch(text, /"values"/)
  const rowsOf = (watched: Watched): number[] =>
    [0, 1, 2, 3].map(level => watched.scores(watched.monitors[0]!, level).rows)
  const after = watch(plans, profile)
  t.ok(restore(after, text, 60_000, 1_000_000))
  t.strictSame(rowsOf(after), rowsOf(before))
  t.strictSame(states(after), states(before))
  const later = watch(plans, profile)
  t.ok(restore(later, text, 60_000, 1_000_000 + 5 * 60_000))
  t.strictSame(rowsOf(later), [1500, 3600, 3600, 3600])
  const muchLater = watch(plans, profile)
  t.ok(restore(muchLater, text, 60_000, 1_000_000 + 30 * 86_400_000))
  t.strictSame(rowsOf(muchLater), [0, 0, 0, 0])
  const setBack = watch(plans, profile)
  t.ok(restore(setBack, text, 60_000, 0), 'a clock that was set back')
  t.strictSame(rowsOf(setBack), rowsOf(before))

  const other = watch(plans, normalProfile(plans, 10_000, 99))
  const spoil = (change: object): string => JSON.stringify({ ...(JSON.parse(text) as object), ...change })
  const broken = [
    ...['', 'null', '7', '{}', text.slice(0, 500)],
    ...[{ ticks: 'x' }, { savedAtMs: null }, { monitors: null }, { levels: [null, null, null, null] }].map(
      spoil
    ),
    spoil({ monitors: { f0: { state: 'ok', recent: ['fine'], timeline: '' } } })
  ]
  t.notOk(restore(other, text, 60_000, 1_000_000), 'another profile')
  t.notOk(restore(watch(plans, profile), text, 1000, 1_000_000), 'other windows')
  for (const spoilt of broken) {
    const fresh = watch(plans, profile)
    t.notOk(restore(fresh, spoilt, 60_000, 1_000_000), spoilt.slice(0, 20))
    t.strictSame(rowsOf(fresh), [0, 0, 0, 0])
  }
})
