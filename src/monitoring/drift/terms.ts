// When a difference counts: the probability of chance that one test may have, so that all of them together cry wolf as seldom as the
// settings say, and the rows below which nothing is decided.
import { levels } from './ring.ts'
import { psiRowsMin } from './statistics.ts'
import { chiSquareQuantile } from './tails.ts'
import { rateKinds } from './view.ts'

export interface Thresholds {
  readonly warning: number
  readonly critical: number
}

/** The population stability index from which a change is worth a look, and worth waking somebody. */
const standard: Thresholds = { warning: 0.1, critical: 0.2 }

/** What is not said is standard; a warning that is meant to come later than the standard critical moves that along. */
export function thresholdsOf(
  warning: number = standard.warning,
  critical: number = Math.max(standard.critical, warning)
): Thresholds {
  return { warning: Math.min(warning, critical), critical }
}

/** What one monitor is judged by. */
export interface Terms {
  /** Largest probability of chance that counts as significant. */
  readonly alpha: number
  readonly thresholds: Thresholds
  /** Effective rows below which a window says nothing. */
  readonly rowsMin: number
}

const weekMs = 7 * 24 * 3_600_000
/** Two of each monitor's distance: its PSI, and its Kolmogorov–Smirnov or χ² statistic. */
const distanceTests = 2

/**
 * `falseAlarmsPerWeek` spread over everything that is tested in a week: each window as often as it is wholly renewed, each monitor with
 * its distance and its rates. At most 0.05.
 */
export function alphaOf(falseAlarmsPerWeek: number, monitors: number, subWindowMs: number): number {
  let windows = 0
  for (const { slots, ticks } of levels) windows += weekMs / (slots * ticks * subWindowMs)
  const tests = Math.max(1, monitors) * (distanceTests + rateKinds.length)
  return Math.min(0.05, falseAlarmsPerWeek / (windows * tests))
}

/** Rows that each bin should get, at least, before the χ² law of the index holds. */
const rowsPerBin = 5
/** Beyond so many a bin the significance alone decides: a reference just large enough would ask for rows without end. */
const rowsPerBinMost = 50

/**
 * Rows from which the warning threshold lies above the noise, within bounds. What the noise of a small reference hides, the significance
 * knows: it is asked for in any case.
 */
export function rowsMinOf(threshold: number, alpha: number, bins: number, referenceRows: number): number {
  const floor = rowsPerBin * bins
  if (bins < 2) return floor
  const needed = psiRowsMin(threshold, chiSquareQuantile(alpha, bins - 1), referenceRows)
  if (!Number.isFinite(needed)) return floor
  return Math.min(rowsPerBinMost * bins, Math.max(floor, Math.ceil(needed)))
}
