import t from 'tap'
import {
  decidingWindow,
  lasting,
  rateSeverity,
  type Severity,
  severityOf
} from '../../../src/monitoring/drift/judge.ts'
import type { Scores } from '../../../src/monitoring/drift/scores.ts'
import { alphaOf, rowsMinOf, thresholdsOf } from '../../../src/monitoring/drift/terms.ts'

t.test('the budget of false alarms, spread over everything that is tested', async t => {
  // A week has 1008 + 168 + 7 + 1 windows, each monitor two tests of its distance and six of its rates.
  const cases: [perWeek: number, monitors: number, alpha: number, subWindowMs?: number][] = [
    [0.5, 30, 0.5 / (1184 * 30 * 8)],
    [0.5, 1, 0.5 / (1184 * 8)],
    [5, 100, 5 / (1184 * 100 * 8)],
    [1000, 1, 0.05],
    // Windows of a tenth of the time come ten times as often.
    [0.5, 30, 0.05 / (1184 * 30 * 8), 6000]
  ]
  for (const [perWeek, monitors, alpha, subWindowMs = 60_000] of cases)
    t.ok(
      Math.abs(alphaOf(perWeek, monitors, subWindowMs) / alpha - 1) < 1e-12,
      `${perWeek} a week, ${monitors} monitors`
    )
})

t.test('rows before anything is decided', async t => {
  const cases: [threshold: number, alpha: number, bins: number, reference: number, rows: number][] = [
    [0.1, 2e-4, 10, 10_000, 331],
    [0.1, 2e-4, 20, 10_000, 513],
    [0.1, 2e-4, 20, 1000, 952],
    // Too small a reference for the threshold: the significance alone decides, from five rows a bin.
    [0.1, 2e-4, 20, 100, 100],
    [10, 2e-4, 20, 10_000, 100],
    // One that is just large enough would ask for thousands.
    [0.1, 2e-4, 20, 500, 1000],
    [0.1, 2e-4, 1, 10_000, 5]
  ]
  for (const [threshold, alpha, bins, reference, rows] of cases)
    t.equal(rowsMinOf(threshold, alpha, bins, reference), rows, `${bins} bins, ${reference} rows`)
})

t.test('thresholds that are partly given', async t => {
  t.strictSame(thresholdsOf(), { warning: 0.1, critical: 0.2 })
  t.strictSame(thresholdsOf(0.5), { warning: 0.5, critical: 0.5 })
  t.strictSame(thresholdsOf(undefined, 0.05), { warning: 0.05, critical: 0.05 })
  t.strictSame(thresholdsOf(0.3, 0.9), { warning: 0.3, critical: 0.9 })
})

const terms = { alpha: 1e-6, thresholds: { warning: 0.1, critical: 0.2 }, rowsMin: 500 }
const scores = (over: Partial<Scores>): Scores => ({
  counts: new Float64Array(2),
  rows: 1000,
  effectiveRows: 1000,
  designEffect: 1,
  psi: 0.01,
  psiP: 0.5,
  ks: 0.01,
  ksP: 0.5,
  chi2: undefined,
  chi2P: undefined,
  jsBase2: 0.01,
  wasserstein: 0.01,
  linf: 0.01,
  linfBin: 0,
  rates: [],
  ...over
})
const rate = { kind: 'missing', count: 100, share: 0.1, referenceShare: 0.01, p: 1e-9 } as const

t.test('a change counts when it is large, no chance, and came with enough rows', async t => {
  const cases: [name: string, over: Partial<Scores>, severity: Severity][] = [
    ['nothing moved', {}, 'ok'],
    ['large, but it may be chance', { psi: 0.5 }, 'ok'],
    ['no chance, but small', { psi: 0.05, psiP: 1e-9 }, 'significant_small'],
    ['no chance by the other test', { psi: 0.05, ksP: 1e-9 }, 'significant_small'],
    ['warning', { psi: 0.1, psiP: 1e-9 }, 'warning'],
    ['critical', { psi: 0.2, psiP: 1e-9 }, 'critical'],
    ['too few rows', { psi: 0.9, psiP: 1e-9, effectiveRows: 499 }, 'insufficient_data'],
    ['too few rows, and most of them missing', { effectiveRows: 10, rates: [rate] }, 'critical'],
    ['missing values', { rates: [rate] }, 'critical'],
    [
      'no rows',
      { rows: 0, effectiveRows: 0, psi: undefined, psiP: undefined, ks: undefined, ksP: undefined },
      'insufficient_data'
    ]
  ]
  for (const [name, over, severity] of cases) t.equal(severityOf(scores(over), terms), severity, name)
})

t.test('a rate counts when it has grown, and not by chance', async t => {
  const cases: [share: number, p: number, severity: string][] = [
    [0.011, 1e-9, 'ok'],
    [0.0151, 1e-9, 'warning'],
    [0.0601, 1e-9, 'critical'],
    [0.06, 0.01, 'ok'],
    [0.001, 1, 'ok']
  ]
  for (const [share, p, severity] of cases)
    t.equal(rateSeverity({ ...rate, share, p }, 1e-6), severity, `${share}, ${p}`)
})

t.test('what held in two of the last three evaluations', async t => {
  const cases: [recent: Severity[], state: Severity][] = [
    [[], 'insufficient_data'],
    [['critical'], 'insufficient_data'],
    [['critical', 'critical'], 'critical'],
    [['ok', 'critical'], 'ok'],
    [['ok', 'critical', 'ok'], 'ok'],
    [['ok', 'critical', 'warning'], 'warning'],
    [['ok', 'ok', 'ok', 'warning', 'warning'], 'warning'],
    [['critical', 'critical', 'ok', 'ok'], 'ok']
  ]
  for (const [recent, state] of cases) t.equal(lasting(recent), state, recent.join())
})

t.test('the shortest window with enough rows decides, or the one that is asked for', async t => {
  const none = 'insufficient_data'
  t.equal(decidingWindow([none, 'ok', 'critical', 'ok'], undefined), 1)
  t.equal(decidingWindow([none, none, none, none], undefined), undefined)
  t.equal(decidingWindow([none, 'ok', 'critical', 'ok'], 2), 2)
  t.equal(decidingWindow([none, 'ok', none, 'ok'], 2), undefined)
})
