// One monitor in one window: every score that its counts allow, against the reference. Pure; nothing is ever NaN.
import { type CellPlace, cellKinds } from './bins.ts'
import type { MonitorReference } from './profile.ts'
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
  readonly slots: readonly Uint32Array[]
  /** Of the first and the last bin of a numeric monitor: how far its values lay from the reference's mean there, in deviations. */
  readonly sums: readonly [number, number]
}

/** `place` is of the counting, `reference` of the profile: both of the same monitor. */
export function scoreWindow(place: CellPlace, reference: MonitorReference, window: ScoredWindow): Scores {
  const bins = place.bins.count
  const counts = new Float64Array(bins)
  const kinds = new Float64Array(cellKinds.length)
  for (const slot of window.slots) {
    for (let bin = 0; bin < bins; bin++) counts[bin]! += slot[bin]!
    for (let kind = 0; kind < kinds.length; kind++) kinds[kind]! += slot[bins + kind]!
  }
  const base = referenceCounts(reference)
  const [rows, referenceRows] = [total(counts), total(base)]
  const effect = designEffect(window.slots.map(slot => slot.subarray(0, bins)))
  const effectiveRows = rows / effect
  const common = { counts, rows, effectiveRows, designEffect: effect, rates: rates() }
  if (rows === 0 || referenceRows === 0) return { ...common, ...noScores }
  const index = psi(base, counts)
  const most = linf(base, counts)
  return {
    ...common,
    ...noScores,
    psi: index,
    psiP: psiTail(index, referenceRows, effectiveRows, bins),
    jsBase2: jsBase2(base, counts),
    linf: most.value,
    linfBin: most.bin,
    ...(reference.kind === 'numeric' ? numericScores() : categoricalScores())
  }

  function numericScores() {
    const distance = ks(base, counts)
    return { ks: distance, ksP: ksTail(distance, referenceRows, effectiveRows), wasserstein: moved() }
  }

  function categoricalScores() {
    const { statistic, p } = chiSquare(base, counts, effect)
    return { chi2: statistic, chi2P: p }
  }

  /** In deviations of the reference. Inner bins are atoms at the reference's own means: what moves inside of one is not seen. */
  function moved(): number | undefined {
    if (reference.kind !== 'numeric') return undefined
    const { binMeans, mean, deviation } = reference
    const scale = deviation > 0 ? deviation : 1
    const standard = binMeans.map(value => (value - mean) / scale)
    const seen = [...standard]
    const last = bins - 1
    if (counts[0]! > 0) seen[0]! += window.sums[0] / counts[0]!
    if (last > 0 && counts[last]! > 0) seen[last]! += window.sums[1] / counts[last]!
    const distance = wasserstein(base, standard, counts, seen)
    return Number.isFinite(distance) ? distance : undefined
  }

  function rates(): Rate[] {
    const seen = rows + kinds[0]! + kinds[1]! + kinds[2]!
    const known = reference.rows
    return rateKinds.flatMap(kind => {
      if (!applies(kind, reference)) return []
      const count = kind === 'unseen' ? counts[bins - 1]! : kinds[cellKinds.indexOf(kind)]!
      const before = referenceCount(kind, reference)
      const p = rateTail(count / effect, seen / effect, before, known)
      const share = seen === 0 ? 0 : count / seen
      return [{ kind, count, share, referenceShare: known === 0 ? 0 : before / known, p }]
    })
  }
}

const noScores = {
  psi: undefined,
  psiP: undefined,
  ks: undefined,
  ksP: undefined,
  chi2: undefined,
  chi2P: undefined,
  jsBase2: undefined,
  wasserstein: undefined,
  linf: undefined,
  linfBin: undefined
} as const

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

function total(counts: ArrayLike<number>): number {
  let sum = 0
  for (let index = 0; index < counts.length; index++) sum += counts[index]!
  return sum
}
