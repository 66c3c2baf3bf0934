// A monitor's reference, ready to count with: a value → its bin. The frozen edges and names come from the profile.
import type { MonitorPlan } from './plan.ts'
import type { CategoricalReference, MonitorReference, NumericReference } from './profile.ts'

/** Behind its bins each monitor has a cell for each of these; `below` and `above` are in the outer bins as well. */
export const cellKinds = ['missing', 'nan', 'inf', 'below', 'above'] as const

/** Longer texts are not looked up: no category is that long, and hashing a novel takes its time. */
export const categoryCharsMax = 256

export interface NumericBins {
  readonly kind: 'numeric'
  readonly count: number
  readonly edges: Float64Array
  readonly min: number
  readonly max: number
  /** Mean of the reference in the first and in the last bin, and one over its deviation: how far out outer values lie is kept. */
  readonly firstMean: number
  readonly lastMean: number
  readonly perDeviation: number
  /** The value of a text is its length. */
  readonly ofLength: boolean
  readonly nullable: boolean
}

export interface CategoricalBins {
  readonly kind: 'categorical'
  /** Categories, then `other`, then `unseen`. */
  readonly count: number
  /** By the text, or by the number that stands for it. */
  readonly byText: ReadonlyMap<string, number>
  readonly byNumber: ReadonlyMap<number, number>
  /** Where a value that the profile does not name goes: `other` where that lists not all names, else `unseen`. */
  readonly elsewhere: number
  readonly nullable: boolean
}

export type Bins = NumericBins | CategoricalBins

export function binsOf(plan: MonitorPlan, reference: MonitorReference): Bins {
  return reference.kind === 'numeric' ? numericBins(plan, reference) : categoricalBins(plan, reference)
}

function numericBins(plan: MonitorPlan, reference: NumericReference): NumericBins {
  const { edges, binMeans, deviation } = reference
  return {
    kind: 'numeric',
    count: edges.length + 1,
    edges: Float64Array.from(edges),
    min: plan.min ?? reference.min,
    max: plan.max ?? reference.max,
    firstMean: binMeans[0]!,
    lastMean: binMeans.at(-1)!,
    // One over the least of numbers would be infinite, and nothing times that no number.
    perDeviation: deviation > 1e-300 ? 1 / deviation : 1,
    ofLength: reference.of === 'length',
    nullable: plan.nullable
  }
}

function categoricalBins(plan: MonitorPlan, reference: CategoricalReference): CategoricalBins {
  const { categories, others, othersLeftOut } = reference
  const byText = new Map<string, number>()
  for (const name of others) byText.set(name, categories.length)
  for (const [index, name] of categories.entries()) byText.set(name, index)
  const byNumber = new Map<number, number>()
  for (const [name, bin] of byText) {
    const code = plan.names === undefined ? Number(name) : plan.names.indexOf(name)
    if (plan.names === undefined ? name !== '' && !Number.isNaN(code) : code >= 0) byNumber.set(code, bin)
  }
  const unseen = categories.length + 1
  return {
    kind: 'categorical',
    count: categories.length + 2,
    byText,
    byNumber,
    elsewhere: othersLeftOut > 0 ? categories.length : unseen,
    nullable: plan.nullable
  }
}

/** The name of the category that a number stands for. */
export function categoryName(value: number, names: readonly string[] | undefined): string {
  return names?.[value] ?? String(value)
}

/** Where a monitor is counted: its bins from cell `offset` on, then the kinds. */
interface NumericPlace {
  readonly kind: 'numeric'
  readonly bins: NumericBins
  readonly offset: number
  /** Index of its two sums, of the first bin's values and of the last one's. */
  readonly sums: number
}

interface CategoricalPlace {
  readonly kind: 'categorical'
  readonly bins: CategoricalBins
  readonly offset: number
}

export type CellPlace = NumericPlace | CategoricalPlace

export interface Cells {
  readonly places: readonly CellPlace[]
  readonly cellCount: number
  readonly sumCount: number
}

/** One row of cells for all monitors of a version. */
export function cellsOf(all: readonly Bins[]): Cells {
  let [cellCount, sumCount] = [0, 0]
  const places = all.map((bins): CellPlace => {
    const offset = cellCount
    cellCount += bins.count + cellKinds.length
    if (bins.kind === 'categorical') return { kind: bins.kind, bins, offset }
    sumCount += 2
    return { kind: bins.kind, bins, offset, sums: sumCount - 2 }
  })
  return { places, cellCount, sumCount }
}

/** Outer values count as at most so many deviations away: one wild value must not drown the rest. */
const deviationsMax = 1e6

/** Index of the bin of a finite number: the number of edges that are not above it. */
export function binOf(edges: Float64Array, value: number): number {
  let [low, high] = [0, edges.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (value >= edges[middle]!) low = middle + 1
    else high = middle
  }
  return low
}

/** Values `from` to `to` of `values`, the last left out. */
export function countNumbers(
  place: NumericPlace,
  values: ArrayLike<number>,
  from: number,
  to: number,
  cells: Uint32Array,
  sums: Float64Array
): void {
  const { bins, offset } = place
  const { edges, min, max, perDeviation } = bins
  const last = bins.count - 1
  const kinds = offset + bins.count
  for (let index = from; index < to; index++) {
    const value = values[index]!
    if (value - value !== 0) {
      cells[kinds + (Number.isNaN(value) ? (bins.nullable ? 0 : 1) : 2)]! += 1
      continue
    }
    if (value < min) cells[kinds + 3]! += 1
    else if (value > max) cells[kinds + 4]! += 1
    const bin = binOf(edges, value)
    cells[offset + bin]! += 1
    if (bin !== 0 && bin !== last) continue
    const away = (value - (bin === 0 ? bins.firstMean : bins.lastMean)) * perDeviation
    sums[place.sums + (bin === 0 ? 0 : 1)]! += Math.max(-deviationsMax, Math.min(deviationsMax, away))
  }
}

/** Numbers that stand for categories. */
export function countCodes(
  { bins, offset }: CategoricalPlace,
  values: ArrayLike<number>,
  from: number,
  to: number,
  cells: Uint32Array
): void {
  const kinds = offset + bins.count
  for (let index = from; index < to; index++) {
    const value = values[index]!
    if (value - value !== 0) cells[kinds + (Number.isNaN(value) ? (bins.nullable ? 0 : 1) : 2)]! += 1
    else cells[offset + (bins.byNumber.get(value) ?? bins.elsewhere)]! += 1
  }
}

export function countTexts(
  { bins, offset }: CategoricalPlace,
  values: readonly string[],
  count: number,
  cells: Uint32Array
): void {
  const kinds = offset + bins.count
  for (let index = 0; index < count; index++) {
    const value = values[index]!
    if (value === '' && bins.nullable) cells[kinds]! += 1
    else {
      const bin = value.length > categoryCharsMax ? undefined : bins.byText.get(value)
      cells[offset + (bin ?? bins.elsewhere)]! += 1
    }
  }
}
