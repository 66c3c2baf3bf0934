// Scores → a verdict: a change counts when it is large, and cannot be chance, and came with enough rows, and lasted. Pure.
import type { Rate, Scores } from './scores.ts'
import type { Terms } from './terms.ts'
import type { RateView, WindowView } from './view.ts'

export type Severity = WindowView['severity']

/** From the least to the most that needs doing. */
const severities = [
  'insufficient_data',
  'ok',
  'significant_small',
  'warning',
  'critical'
] as const satisfies readonly Severity[]

/** Share of all rows by which a rate has to have grown, besides not being chance. */
const rateGrowth = { warning: 0.005, critical: 0.05 } as const

export function rateSeverity({ share, referenceShare, p }: Rate, alpha: number): RateView['severity'] {
  if (p >= alpha) return 'ok'
  const growth = share - referenceShare
  if (growth >= rateGrowth.critical) return 'critical'
  return growth >= rateGrowth.warning ? 'warning' : 'ok'
}

/** Of one window, its rates included. */
export function severityOf(scores: Scores, terms: Terms): Severity {
  const { alpha, rowsMin } = terms
  const seen = scores.rates.reduce((most, rate) => worse(most, rateSeverity(rate, alpha)), 'ok' as Severity)
  // Where nothing but missing values comes, no bin gets a row, and the rates say all there is to say.
  if (scores.effectiveRows < rowsMin) return seen === 'ok' ? 'insufficient_data' : seen
  return worse(seen, distanceSeverity(scores, terms))
}

function distanceSeverity(scores: Scores, { alpha, thresholds }: Terms): Severity {
  const index = scores.psi ?? 0
  const isChance = [scores.psiP, scores.ksP, scores.chi2P].every(p => p === undefined || p >= alpha)
  if (isChance) return 'ok'
  if (index >= thresholds.critical) return 'critical'
  return index >= thresholds.warning ? 'warning' : 'significant_small'
}

function worse<S extends Severity>(a: S, b: S): S {
  return severities.indexOf(a) >= severities.indexOf(b) ? a : b
}

/** Evaluations that a verdict is taken from. */
export const remembered = 3

/** What held in two of the last three evaluations: their median. Evaluations that have not been yet said nothing. */
export function lasting(recent: readonly Severity[]): Severity {
  const ranks = Array.from({ length: remembered }, (_, index) => {
    const severity = recent[recent.length - 1 - index]
    return severity === undefined ? 0 : severities.indexOf(severity)
  })
  ranks.sort((a, b) => a - b)
  return severities[ranks[1]!]!
}

/** The place of the window that decides: the one that is asked for, else the shortest with enough rows; undefined where none has. */
export function decidingWindow(all: readonly Severity[], asked: number | undefined): number | undefined {
  if (asked !== undefined) return all[asked] === 'insufficient_data' ? undefined : asked
  const place = all.findIndex(severity => severity !== 'insufficient_data')
  return place < 0 ? undefined : place
}
