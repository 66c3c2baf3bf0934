// Sampled values of one monitor → its reference. Pure; the same values give the same reference.
import { binOf, categoryName } from './bins.ts'
import { keptLength, keptName } from './kept-text.ts'
import type { MonitorPlan } from './plan.ts'
import type { CategoricalReference, MonitorReference, NumericReference } from './profile.ts'
import { quantileEdges } from './quantile-edges.ts'
import type { Column } from './reservoir.ts'

/** Categories with a bin of their own. */
export const categoriesMax = 50
/** Names of rarer categories that are kept, so that they can be told from new ones. */
const othersMax = 1000
/** Texts of which more than this share are different are watched by their length: they are no categories. */
const textDistinctShare = 0.5
/** Or of which so many are too long for a category. */
const textLongShare = 0.5

/** Numbers whose squares come near the largest there is. */
const scaledFrom = 1e150

const shares = [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99]

/** An `open` monitor becomes categorical where its values are few. */
export function buildReference(plan: MonitorPlan, values: Column): MonitorReference {
  if (Array.isArray(values)) return textReference(plan, values)
  if (plan.kind === 'categorical') return codeReference(plan, values)
  return plan.kind === 'open' && isFew(values, plan.distinctMax)
    ? codeReference(plan, values)
    : numericReference(plan, values)
}

function isFew(values: Float64Array, distinctMax: number): boolean {
  const distinct = new Set<number>()
  for (const value of values) {
    if (Number.isFinite(value)) distinct.add(value)
    if (distinct.size > distinctMax) return false
  }
  return true
}

interface Common {
  readonly name: string
  readonly rows: number
  readonly missing: number
  readonly nan: number
  readonly infinite: number
}

/** What never enters a distance. */
function commonOf(plan: MonitorPlan, values: Float64Array): Common {
  let [absent, infinite] = [0, 0]
  for (const value of values) {
    if (Number.isNaN(value)) absent++
    else if (!Number.isFinite(value)) infinite++
  }
  const { name, nullable } = plan
  return {
    name,
    rows: values.length,
    missing: nullable ? absent : 0,
    nan: nullable ? 0 : absent,
    infinite
  }
}

export function numericReference(plan: MonitorPlan, values: Float64Array): NumericReference {
  const sorted = values.filter(Number.isFinite).sort()
  const edges = quantileEdges(sorted, plan.datatype === 'FP32')
  const frozen = Float64Array.from(edges)
  const counts = new Array<number>(edges.length + 1).fill(0)
  const means = new Array<number>(edges.length + 1).fill(0)
  const [min, max] = [sorted[0] ?? 0, sorted.at(-1) ?? 0]
  // Running means (Welford): sums of close values would cancel out. Squares of the largest numbers would overflow, so those are scaled.
  const largest = Math.max(Math.abs(min), Math.abs(max))
  const scale = largest > scaledFrom ? largest : 1
  let [mean, spread, below, above] = [0, 0, 0, 0]
  for (const [index, value] of sorted.entries()) {
    const bin = binOf(frozen, value)
    const scaled = value / scale
    counts[bin]! += 1
    means[bin]! += (scaled - means[bin]!) / counts[bin]!
    const away = scaled - mean
    mean += away / (index + 1)
    spread += (away * (scaled - mean) - spread) / (index + 1)
    if (plan.min !== undefined && value < plan.min) below++
    if (plan.max !== undefined && value > plan.max) above++
  }
  return {
    ...commonOf(plan, values),
    kind: 'numeric',
    min,
    max,
    below,
    above,
    mean: finite(mean * scale),
    deviation: finite(Math.sqrt(Math.max(0, spread)) * scale),
    edges,
    counts,
    binMeans: means.map((value, bin) =>
      counts[bin]! > 0 ? finite(value * scale) : middle(edges, bin, min, max)
    ),
    quantiles: shares.map(share => sorted[Math.floor(share * (sorted.length - 1))] ?? 0)
  }
}

/** Where an empty bin's values would be. */
function middle(edges: readonly number[], bin: number, min: number, max: number): number {
  const low = bin === 0 ? Math.min(min, edges[0] ?? min) : edges[bin - 1]!
  const high = bin === edges.length ? Math.max(max, low) : edges[bin]!
  return low / 2 + high / 2
}

/** Scaling back may pass the largest number by a rounding. */
function finite(value: number): number {
  return Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value))
}

function codeReference(plan: MonitorPlan, values: Float64Array): CategoricalReference {
  const tally = new Map<string, number>()
  for (const value of values) if (Number.isFinite(value)) add(tally, categoryName(value, plan.names))
  return categoricalReference(commonOf(plan, values), tally)
}

function textReference(plan: MonitorPlan, values: readonly string[]): MonitorReference {
  const tally = new Map<string, number>()
  let [missing, long] = [0, 0]
  for (const value of values) {
    const name = keptName(value)
    if (value === '' && plan.nullable) missing++
    else if (name === undefined) long++
    else add(tally, name)
  }
  const present = values.length - missing
  const isText = tally.size > categoriesMax && tally.size > (present - long) * textDistinctShare
  if (plan.kind === 'open' && (long >= present * textLongShare || isText) && present > 0) {
    const lengths = Float64Array.from(values, value =>
      value === '' && plan.nullable ? Number.NaN : keptLength(value)
    )
    return { ...numericReference(plan, lengths), of: 'length' }
  }
  return categoricalReference(
    { name: plan.name, rows: values.length, missing, nan: 0, infinite: 0 },
    tally,
    long
  )
}

function categoricalReference(
  common: Common,
  tally: ReadonlyMap<string, number>,
  /** Values that are too long to have a name; they count with the others. */
  nameless = 0
): CategoricalReference {
  const ranked = [...tally].sort(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1))
  const [top, rest] = [ranked.slice(0, categoriesMax), ranked.slice(categoriesMax)]
  const restCount = rest.reduce((sum, [, count]) => sum + count, nameless)
  const named = rest.map(([name]) => name)
  return {
    ...common,
    kind: 'categorical',
    categories: top.map(([name]) => name),
    counts: [...top.map(([, count]) => count), restCount],
    others: named.slice(0, othersMax),
    othersLeftOut: Math.max(0, named.length - othersMax) + nameless
  }
}

function add(tally: Map<string, number>, name: string): void {
  tally.set(name, (tally.get(name) ?? 0) + 1)
}
