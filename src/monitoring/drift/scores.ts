// One monitor in one window: every score that its counts allow, against the reference. Pure; nothing is ever NaN.
import { type CellPlace, cellKinds } from './bins.ts'
import type { MonitorReference, NumericReference } from './profile.ts'
import type { SlotCells } from './ring.ts'
import {
  chiSquare,
  designEffect,
  jsBase2,
  ks,
  ksTail,
  linf,
  psi,
  psiTail,
  rateTail,
  totalOf,
  wasserstein
} from './statistics.ts'
import { type RateKind, type RateView, rateKinds } from './view.ts'

export interface Scores {
  /** In bins. */
  readonly counts: Float64Array
  readonly rows: number
  readonly effectiveRows: number
  readonly designEffect: number
  readonly psi: number | undefined
  readonly psiP: number | undefined
  readonly ks: number | undefined
  readonly ksP: number | undefined
  readonly chi2: number | undefined
  readonly chi2P: number | undefined
  readonly jsBase2: number | undefined
  readonly wasserstein: number | undefined
  readonly linf: number | undefined
  readonly linfBin: number | undefined
  readonly rates: readonly Rate[]
}

export type Rate = Omit<RateView, 'severity'>

export interface ScoredWindow {
  /** The monitor's cells of each slot: bins, then kinds. */
  readonly slots: readonly SlotCells[]
  /** Of the first and the last bin of a numeric monitor: how far its values lay from the reference's mean there, in deviations. */
  readonly sums: readonly [number, number]
  /** The design effect that the version's monitors have in common: rows that repeat do so in every feature, and one monitor's own estimate may be low by chance. */
  readonly commonEffect?: number
}

/**
 * `place` is of the counting, `reference` of the profile: both of the same monitor. Below `rowsMin` effective rows, of which nothing follows,
 * there are no distances: most evaluations look at windows that are still too short.
 */
export function scoreWindow(
  place: CellPlace,
  reference: MonitorReference,
  window: ScoredWindow,
  rowsMin = 0
): Scores {
  const bins = place.bins.count
  const counts = new Float64Array(bins)
  const kinds = new Float64Array(cellKinds.length)
  let rows = 0
  for (const slot of window.slots) {
    for (let bin = 0; bin < bins; bin++) {
      counts[bin]! += slot[bin]!
      rows += slot[bin]!
    }
    for (let kind = 0; kind < kinds.length; kind++) kinds[kind]! += slot[bins + kind]!
  }
  const effect = rows === 0 ? 1 : Math.max(designEffect(window.slots, bins), window.commonEffect ?? 1)
  const seen = { counts, rows, effectiveRows: rows / effect, designEffect: effect }
  const base = referenceCounts(reference)
  const referenceRows = totalOf(base)
  const rates = ratesOf(seen, kinds, reference)
  if (rows === 0 || referenceRows === 0 || seen.effectiveRows < rowsMin) return withoutScores(seen, rates)
  const { a, b } = compared(base, counts, effect)
  const index = psi(a, b)
  const most = linf(base, counts)
  const isNumeric = reference.kind === 'numeric'
  const distance = isNumeric ? ks(base, counts) : undefined
  const pearson = isNumeric ? undefined : chiSquare(base, counts, effect)
  return {
    counts,
    rows,
    effectiveRows: seen.effectiveRows,
    designEffect: effect,
    psi: index,
    psiP: psiTail(index, referenceRows, seen.effectiveRows, a.length),
    ks: distance,
    ksP: distance === undefined ? undefined : ksTail(distance, referenceRows, seen.effectiveRows),
    chi2: pearson?.statistic,
    chi2P: pearson?.p,
    jsBase2: jsBase2(base, counts),
    wasserstein: isNumeric ? moved(reference, counts, window.sums) : undefined,
    linf: most.value,
    linfBin: most.bin,
    rates
  }
}

/**
 * What the index is taken of: the bins that have rows on either side, since those without say nothing, but half a row in each would
 * differ with the sizes; and the rows at what they are worth, since half a row must not be less beside rows that come several times.
 */
function compared(
  base: readonly number[],
  counts: Float64Array,
  effect: number
): { readonly a: readonly number[]; readonly b: readonly number[] } {
  const a: number[] = []
  const b: number[] = []
  for (let bin = 0; bin < counts.length; bin++) {
    if (base[bin]! + counts[bin]! === 0) continue
    a.push(base[bin]!)
    b.push(counts[bin]! / effect)
  }
  return { a, b }
}

type Seen = Pick<Scores, 'counts' | 'rows' | 'effectiveRows' | 'designEffect'>

/** The same fields in the same order as with scores: spread together, they took most of an evaluation. */
function withoutScores({ counts, rows, effectiveRows, designEffect }: Seen, rates: readonly Rate[]): Scores {
  return {
    counts,
    rows,
    effectiveRows,
    designEffect,
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
    rates
  }
}

/** In deviations of the reference. Inner bins are atoms at the reference's own means: what moves inside of one is not seen. */
function moved(
  { binMeans, counts: base, mean, deviation }: NumericReference,
  counts: Float64Array,
  sums: ScoredWindow['sums']
): number | undefined {
  const scale = deviation > 0 ? deviation : 1
  const standard = new Float64Array(counts.length)
  for (let bin = 0; bin < standard.length; bin++) standard[bin] = (binMeans[bin]! - mean) / scale
  const seen = standard.slice()
  const last = counts.length - 1
  if (counts[0]! > 0) seen[0]! += sums[0] / counts[0]!
  if (last > 0 && counts[last]! > 0) seen[last]! += sums[1] / counts[last]!
  const distance = wasserstein(base, standard, counts, seen)
  return Number.isFinite(distance) ? distance : undefined
}

function ratesOf(
  { counts, rows, designEffect: effect }: Seen,
  kinds: Float64Array,
  reference: MonitorReference
): readonly Rate[] {
  const seen = rows + kinds[0]! + kinds[1]! + kinds[2]!
  const known = reference.rows
  const rates: Rate[] = []
  for (const kind of rateKinds) {
    if (!applies(kind, reference)) continue
    const count = kind === 'unseen' ? counts.at(-1)! : kinds[cellKinds.indexOf(kind)]!
    const before = referenceCount(kind, reference)
    const p = rateTail(count / effect, seen / effect, before, known)
    const share = seen === 0 ? 0 : count / seen
    rates.push({ kind, count, share, referenceShare: known === 0 ? 0 : before / known, p })
  }
  return rates
}

/** Of the reference's bins; of a category's, with the empty bin of what it has never seen. */
export function referenceCounts(reference: MonitorReference): readonly number[] {
  return reference.kind === 'numeric' ? reference.counts : [...reference.counts, 0]
}

/** How often a kind came in the reference data. Nothing there lay outside of its own range. */
export function referenceCount(kind: RateKind, reference: MonitorReference): number {
  switch (kind) {
    case 'missing':
      return reference.missing
    case 'nan':
      return reference.nan
    case 'inf':
      return reference.infinite
    case 'below':
      return reference.kind === 'numeric' ? reference.below : 0
    case 'above':
      return reference.kind === 'numeric' ? reference.above : 0
    case 'unseen':
      return 0
  }
}

function applies(kind: RateKind, reference: MonitorReference): boolean {
  if (kind === 'below' || kind === 'above') return reference.kind === 'numeric'
  return kind !== 'unseen' || reference.kind === 'categorical'
}
