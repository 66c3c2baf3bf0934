// Views of drift made by hand: of one monitor in any state, and of whole versions as people meet them.
import type {
  DriftView,
  MonitorState,
  MonitorView,
  RateView,
  WindowView
} from '../../src/monitoring/drift/view.ts'

export const madeAt = '2025-11-27T07:30:00.000Z'
const endMs = Date.parse(madeAt)

type Reference = NonNullable<MonitorView['reference']>

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0)

/** Twenty quantile bins of a quantity around 50. */
export const numericReference: Reference = {
  rows: 10_000,
  counts: new Array<number>(20).fill(500),
  edges: Array.from({ length: 19 }, (_, index) => 50 + 12 * Math.log((index + 1) / (19 - index))),
  bins: Array.from({ length: 20 }, (_, index) => `bin ${index}`),
  mean: 50.03,
  deviation: 21.4
}

export function categoricalReference(categories: readonly string[], counts: readonly number[]): Reference {
  return {
    rows: sum(counts),
    counts: [...counts, 0],
    edges: undefined,
    bins: [...categories, 'other', 'unseen'],
    mean: undefined,
    deviation: undefined
  }
}

/** `rows` that lie as the reference does, and move towards its upper bins by `shift`. */
export function shiftedCounts({ counts }: Reference, rows: number, shift: number): number[] {
  const weights = counts.map((count, bin) => {
    const wobble = 1 + 0.08 * Math.sin(bin * 2.3)
    return (count + 1) * wobble * Math.exp(shift * (bin / counts.length - 0.5))
  })
  return weights.map(weight => Math.round((rows * weight) / sum(weights)))
}

/** A window whose effect sizes follow from its counts; its chances are invented. */
export function windowView(window: string, reference: Reference, counts: readonly number[]): WindowView {
  const [n, m, bins] = [sum(reference.counts), sum(counts), counts.length]
  const q = reference.counts.map(count => (count + 0.5) / (n + bins / 2))
  const p = counts.map(count => (count + 0.5) / (m + bins / 2))
  const differences = p.map((share, bin) => share - q[bin]!)
  const psi = sum(differences.map((difference, bin) => difference * Math.log(p[bin]! / q[bin]!)))
  const linf = Math.max(...differences.map(Math.abs))
  const chance = Math.exp(-psi * Math.min(m, 2000))
  const isNumeric = reference.edges !== undefined
  return {
    window,
    rows: m,
    effectiveRows: m / 1.18,
    designEffect: 1.18,
    rowsMin: 513,
    psi,
    psiP: chance,
    ks: isNumeric ? linf * 2.2 : undefined,
    ksP: isNumeric ? chance : undefined,
    chi2: psi * m,
    chi2P: chance,
    jsBase2: Math.sqrt(psi / 5.6),
    wasserstein: isNumeric ? psi * 1.9 : undefined,
    linf,
    linfBin: differences.findIndex(difference => Math.abs(difference) === linf),
    severity: severityOf(m, psi),
    counts,
    rates: [rateView('missing', Math.round(m * 0.012), m), rateView('above', Math.round(m / 900), m)]
  }
}

function severityOf(rows: number, psi: number): WindowView['severity'] {
  if (rows < 513) return 'insufficient_data'
  return psi > 0.2 ? 'critical' : psi > 0.1 ? 'warning' : psi > 0.02 ? 'significant_small' : 'ok'
}

/** A window in which no row has come yet. */
export function emptyWindow(window: string, bins: number): WindowView {
  return {
    window,
    rows: 0,
    effectiveRows: 0,
    designEffect: 1,
    rowsMin: 513,
    psi: undefined,
    psiP: undefined,
    ks: undefined,
    ksP: undefined,
    chi2: undefined,
    chi2P: undefined,
    jsBase2: undefined,
    wasserstein: undefined,
    linf: undefined,
    linfBin: undefined,
    severity: 'insufficient_data',
    counts: new Array<number>(bins).fill(0),
    rates: []
  }
}

export function rateView(kind: RateView['kind'], count: number, rows: number): RateView {
  return { kind, count, share: rows === 0 ? 0 : count / rows, referenceShare: 0.01, p: 0.4, severity: 'ok' }
}

/** PSI every quarter of an hour for a day and a half: it rises to `last`; a gap in between. */
export function timelineTo(last: number): MonitorView['timeline'] {
  const points = 144
  return Array.from({ length: points }, (_, index) => {
    const rise = 1 / (1 + Math.exp(-(index - 95) / 9))
    const noise = 0.012 * (1 + Math.sin(index * 1.7) + Math.sin(index * 0.6))
    const psi = index > 40 && index < 47 ? null : index === points - 1 ? last : last * rise * 0.94 + noise
    return { atMs: endMs - (points - 1 - index) * 900_000, psi }
  })
}

const explanations: Readonly<Record<MonitorState, string>> = {
  ok: 'Values come as they did in the baseline.',
  significant_small: 'Values have moved a little: more than chance explains, less than should matter.',
  warning: 'Values have moved towards the upper end; it is worth finding out why.',
  critical: 'Far more large values than in the baseline: predictions may no longer hold.',
  insufficient_data: 'Too few rows have come to say anything.',
  learning: 'The baseline is being learnt.',
  no_baseline: 'There is nothing to compare with.'
}

const shifts: Readonly<Record<MonitorState, number>> = {
  ok: 0.1,
  significant_small: 0.7,
  warning: 1.25,
  critical: 2.1,
  insufficient_data: 0.4,
  learning: 0,
  no_baseline: 0
}

/** A monitor in `state`, with four windows that fit it. */
export function monitorView(
  name: string,
  state: MonitorState,
  wishes: Partial<MonitorView> = {}
): MonitorView {
  const withReference = state !== 'learning' && state !== 'no_baseline'
  const reference = 'reference' in wishes ? wishes.reference : withReference ? numericReference : undefined
  const sizes = state === 'insufficient_data' ? [0, 12, 140, 380] : [64, 1340, 31_200, 204_000]
  const windows = ['10m', '1h', '24h', '7d'].map((window, index) =>
    sizes[index] === 0 || reference === undefined
      ? emptyWindow(window, reference?.counts.length ?? 0)
      : windowView(
          window,
          reference,
          shiftedCounts(reference, sizes[index]!, shifts[state] / (1 + index / 9))
        )
  )
  const isDecided = withReference && state !== 'insufficient_data'
  const psi = windows[1]?.psi
  return {
    name,
    role: name.startsWith('output:') ? 'output' : name.startsWith('derived:') ? 'derived' : 'input',
    kind: reference?.edges === undefined && reference !== undefined ? 'categorical' : 'numeric',
    state,
    explanation: explanations[state],
    window: isDecided ? '1h' : undefined,
    thresholds: { warning: 0.1, critical: 0.2 },
    alpha: 2e-4,
    reference,
    windows,
    timeline: isDecided && psi !== undefined ? timelineTo(psi) : [],
    ...wishes
  }
}

export function driftView(monitors: readonly MonitorView[], wishes: Partial<DriftView> = {}): DriftView {
  return {
    model: 'churn',
    version: 3,
    state: monitors[0]?.state ?? 'ok',
    reason: undefined,
    profile: {
      id: '9f2c41d7aa01bb23',
      source: 'train-2025-10.parquet',
      rows: 10_000,
      createdAt: '2025-11-02T14:05:00Z'
    },
    rowsSeen: 214_380,
    rowsCounted: 214_380,
    falseAlarmsPerWeek: 0.5,
    evaluatedAt: '2025-11-27T07:25:00.000Z',
    violations: { type: 12, shape: 0, name: 3, range: 41 },
    monitors,
    ...wishes
  }
}

export const plans = categoricalReference(
  ['basic', 'family', 'student', 'premium', 'pensioner with a long name that goes on and on', 'trial'],
  [4100, 2300, 1500, 1200, 480, 300, 120]
)

/** One monitor and more of each state that a version with a baseline can have, in no order. */
export function everyState(): DriftView {
  const bad: RateView = { ...rateView('missing', 107, 1340), p: 3e-14, severity: 'critical' }
  const income = monitorView('monthly_charges', 'critical')
  const withRates = income.windows.map(window =>
    window.window === '1h' ? { ...window, rates: [bad, ...window.rates.slice(1)] } : window
  )
  const planWindows = [
    windowView('10m', plans, [22, 14, 21, 9, 2, 1, 1, 0]),
    windowView('1h', plans, [422, 248, 391, 134, 68, 51, 24, 3]),
    windowView('24h', plans, [9610, 6040, 9000, 3120, 1590, 1180, 560, 64]),
    emptyWindow('7d', plans.bins.length)
  ]
  return driftView(
    [
      monitorView('tenure_months', 'ok'),
      monitorView('plan', 'warning', {
        reference: plans,
        explanation: 'Fewer customers have the basic plan and more are students than in the baseline.',
        windows: planWindows,
        timeline: timelineTo(planWindows[1]!.psi!)
      }),
      { ...income, windows: withRates },
      monitorView('output:probability', 'significant_small'),
      monitorView('support_calls', 'insufficient_data'),
      monitorView('derived:pca_residual', 'ok'),
      monitorView('contract', 'ok', { reference: plans })
    ],
    { state: 'critical', rowsCounted: 180_112 }
  )
}

/** A hundred monitors; a few are not well. */
export function manyMonitors(): DriftView {
  const stateAt = (index: number): MonitorState =>
    index % 31 === 5
      ? 'critical'
      : index % 23 === 7
        ? 'warning'
        : index % 29 === 3
          ? 'insufficient_data'
          : 'ok'
  const monitors = Array.from({ length: 100 }, (_, index) =>
    monitorView(`sensor_${String(index).padStart(3, '0')}`, stateAt(index))
  )
  return driftView(monitors, { model: 'turbine', state: 'critical' })
}

/** Names, sources and reasons that are markup, keys of objects, or written from right to left. */
export const hostileNames = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' onload='alert(1)",
  '__proto__',
  'constructor',
  '\u202egnp.exe',
  '\u0000\u001b[31m\ud800',
  '</style></title></svg>&amp;',
  'x'.repeat(300),
  ''
]

export function hostileView(): DriftView {
  const monitors = hostileNames.map(name =>
    monitorView(name, 'critical', {
      explanation: name,
      reference: categoricalReference(hostileNames, [...hostileNames.map((_, index) => 100 - index), 5])
    })
  )
  const profile = { id: hostileNames[0]!, source: hostileNames[1]!, rows: 1, createdAt: hostileNames[2]! }
  return driftView(monitors, {
    model: hostileNames[0]!,
    reason: hostileNames[1]!,
    evaluatedAt: hostileNames[0]!,
    profile
  })
}

export function learningView(): DriftView {
  return driftView([monitorView('a', 'learning'), monitorView('output:y', 'learning')], {
    state: 'learning',
    reason: '1,204 of 5,000 rows seen; at the earliest complete at 2025-11-28 07:00 UTC',
    profile: undefined,
    rowsSeen: 1204,
    rowsCounted: 1204,
    evaluatedAt: undefined
  })
}

export function noBaselineView(): DriftView {
  return driftView([], {
    state: 'no_baseline',
    reason: 'the version has no reference.json, and monitoring.learn is off',
    profile: undefined,
    rowsSeen: 0,
    rowsCounted: 0,
    evaluatedAt: undefined
  })
}
