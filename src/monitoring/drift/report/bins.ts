// Which bins of a monitor are drawn, with their shares in the reference and in one window. Pure.
import type { MonitorView, WindowView } from '../view.ts'
import { markTexts, rangeTexts } from './edges.ts'

/** More bins than these are drawn together. */
export const binsDrawnMax = 24

export interface DrawnBin {
  readonly name: string
  /** 0 to 1. */
  readonly reference: number
  /** 0 to 1; undefined where no window has rows. */
  readonly current: number | undefined
}

export interface DrawnBins {
  readonly bins: readonly DrawnBin[]
  /** What stands between neighbouring bins; undefined of categories. */
  readonly edges: readonly string[] | undefined
}

type Reference = NonNullable<MonitorView['reference']>

/** The window that decided; where none did, the longest that has rows. */
export function shownWindow({ windows, window }: MonitorView): WindowView | undefined {
  return windows.find(each => each.window === window) ?? windows.findLast(({ rows }) => rows > 0)
}

/** The bin whose share changed most, as it is where no bins are drawn together. */
export function changedMost(
  { reference }: MonitorView,
  { linfBin, counts }: WindowView
): DrawnBin | undefined {
  if (reference === undefined || linfBin === undefined) return undefined
  return binsOf(binNames(reference), reference.counts, counts)[linfBin]
}

/** At most `binsDrawnMax` bins: of numbers neighbours are drawn together, of categories the rarest. */
export function drawnBins(monitor: MonitorView): DrawnBins | undefined {
  const { reference } = monitor
  if (reference === undefined) return undefined
  const window = shownWindow(monitor)
  if (reference.edges !== undefined) return numericBins(reference.edges, reference.counts, window?.counts)
  const names = binNames(reference)
  const bins = binsOf(names, reference.counts, window?.counts)
  return { bins: withoutRarest(bins, window?.linfBin), edges: undefined }
}

const binNames = ({ edges, bins }: Reference): readonly string[] =>
  edges === undefined ? bins : rangeTexts(edges)

function binsOf(
  names: readonly string[],
  referenceCounts: readonly number[],
  counts: readonly number[] | undefined
): DrawnBin[] {
  const reference = shares(referenceCounts)
  const current = counts === undefined ? undefined : shares(counts)
  return names.map((name, bin) => ({
    name,
    reference: reference?.[bin] ?? 0,
    current: current && (current[bin] ?? 0)
  }))
}

function numericBins(
  edges: readonly number[],
  referenceCounts: readonly number[],
  counts: readonly number[] | undefined
): DrawnBins {
  const together = Math.ceil((edges.length + 1) / binsDrawnMax)
  const kept = edges.filter((_, index) => (index + 1) % together === 0)
  const joined = (all: readonly number[]): number[] =>
    Array.from({ length: kept.length + 1 }, (_, bin) => sum(all.slice(bin * together, (bin + 1) * together)))
  const bins = binsOf(rangeTexts(kept), joined(referenceCounts), counts && joined(counts))
  return { bins, edges: markTexts(kept) }
}

/** Keeps the order; `always` is never left out. What is left out becomes one last bin. */
function withoutRarest(bins: readonly DrawnBin[], always: number | undefined): readonly DrawnBin[] {
  if (bins.length <= binsDrawnMax) return bins
  const weight = (bin: number): number =>
    bin === always ? 2 : Math.max(bins[bin]!.reference, bins[bin]!.current ?? 0)
  const byWeight = [...bins.keys()].sort((a, b) => weight(b) - weight(a) || a - b)
  const kept = new Set(byWeight.slice(0, binsDrawnMax - 1))
  const rest = bins.filter((_, bin) => !kept.has(bin))
  const current = rest.map(bin => bin.current).filter(share => share !== undefined)
  return [
    ...bins.filter((_, bin) => kept.has(bin)),
    {
      name: `${rest.length} rarer ones together`,
      reference: sum(rest.map(({ reference }) => reference)),
      current: current.length === 0 ? undefined : sum(current)
    }
  ]
}

/** Shares of the sum; undefined where nothing was counted. */
function shares(counts: readonly number[]): number[] | undefined {
  const all = sum(counts)
  return all > 0 ? counts.map(count => count / all) : undefined
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
