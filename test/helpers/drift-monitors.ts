// Monitors of drift made by hand: one in any state, with windows and a timeline that fit it.
import type { MonitorState, MonitorView, RateView, WindowView } from '../../src/monitoring/drift/view.ts'

const endMs = Date.parse('2025-11-27T07:30:00.000Z')

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
function shiftedCounts({ counts }: Reference, rows: number, shift: number): number[] {
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

export const plans = categoricalReference(
  ['basic', 'family', 'student', 'premium', 'pensioner with a long name that goes on and on', 'trial'],
  [4100, 2300, 1500, 1200, 480, 300, 120]
)
