// How far two histograms lie apart, and how likely chance would do the same. `a` are counts of the reference and `b` of a window, over
// the same bins. Pure; nothing is ever NaN: an empty side has distance 0 and probability 1.
import { betaTail, chiSquareTail, kolmogorovTail } from './tails.ts'

type Counts = ArrayLike<number>

/** Half a row in each bin (Jeffreys' prior), so that an empty bin does not make the index infinite. */
const smoothing = 0.5

/** Of the first `bins` counts. */
export function totalOf(counts: Counts, bins = counts.length): number {
  let total = 0
  for (let bin = 0; bin < bins; bin++) total += counts[bin]!
  return total
}

/** The population stability index, Σ(p − q)·ln(p/q) of smoothed shares. */
export function psi(a: Counts, b: Counts): number {
  const [n, m] = [totalOf(a), totalOf(b)]
  if (n === 0 || m === 0) return 0
  let sum = 0
  for (let bin = 0; bin < a.length; bin++) {
    const p = (b[bin]! + smoothing) / (m + smoothing * b.length)
    const q = (a[bin]! + smoothing) / (n + smoothing * a.length)
    sum += (p - q) * Math.log(p / q)
  }
  return Math.max(0, sum)
}

/** P(PSI ≥ index) without drift: PSI ÷ (1/n + 1/m) follows χ² with B − 1 degrees of freedom. */
export function psiTail(index: number, n: number, m: number, bins: number): number {
  if (n === 0 || m === 0 || bins < 2) return 1
  return chiSquareTail(index / (1 / n + 1 / m), bins - 1)
}

/** Rows of a window from which `threshold` lies above what chance makes: infinite where the reference alone is too small for it. */
export function psiRowsMin(threshold: number, chi2Critical: number, n: number): number {
  const share = threshold / chi2Critical - 1 / n
  return share > 0 ? 1 / share : Number.POSITIVE_INFINITY
}

/** The largest distance between the cumulative shares (Kolmogorov and Smirnov), over bins. */
export function ks(a: Counts, b: Counts): number {
  const [n, m] = [totalOf(a), totalOf(b)]
  if (n === 0 || m === 0) return 0
  let [distance, sumA, sumB] = [0, 0, 0]
  for (let bin = 0; bin < a.length; bin++) {
    sumA += a[bin]!
    sumB += b[bin]!
    distance = Math.max(distance, Math.abs(sumB / m - sumA / n))
  }
  return distance
}

/** The classic limit; conservative over bins. */
export function ksTail(distance: number, n: number, m: number): number {
  if (n === 0 || m === 0) return 1
  return kolmogorovTail(distance * Math.sqrt((n * m) / (n + m)))
}

/** The Jensen–Shannon distance with logarithms to base 2, from 0 to 1, of raw shares. */
export function jsBase2(a: Counts, b: Counts): number {
  const [n, m] = [totalOf(a), totalOf(b)]
  if (n === 0 || m === 0) return 0
  let sum = 0
  for (let bin = 0; bin < a.length; bin++) {
    const [p, q] = [b[bin]! / m, a[bin]! / n]
    if (p > 0) sum += p * Math.log2((2 * p) / (p + q))
    if (q > 0) sum += q * Math.log2((2 * q) / (p + q))
  }
  return Math.sqrt(Math.min(1, Math.max(0, sum / 2)))
}

/** The largest difference of shares, and its bin. */
export function linf(a: Counts, b: Counts): { readonly value: number; readonly bin: number } {
  const [n, m] = [totalOf(a), totalOf(b)]
  let [value, bin] = [0, 0]
  if (n === 0 || m === 0) return { value, bin }
  for (let index = 0; index < a.length; index++) {
    const difference = Math.abs(b[index]! / m - a[index]! / n)
    if (difference <= value) continue
    value = difference
    bin = index
  }
  return { value, bin }
}

/**
 * Wasserstein's distance W₁, each bin an atom at its own mean: the area between the two cumulative shares, in the unit of the means.
 */
export function wasserstein(a: Counts, aMeans: Counts, b: Counts, bMeans: Counts): number {
  const [n, m] = [totalOf(a), totalOf(b)]
  if (n === 0 || m === 0) return 0
  // Interleaved, the atoms are almost in order already: inserting each where it belongs seldom moves any.
  const at = new Float64Array(2 * a.length)
  const shares = new Float64Array(2 * a.length)
  let atoms = 0
  const insert = (place: number, share: number): void => {
    let index = atoms++
    for (; index > 0 && at[index - 1]! > place; index--) {
      at[index] = at[index - 1]!
      shares[index] = shares[index - 1]!
    }
    at[index] = place
    shares[index] = share
  }
  for (let bin = 0; bin < a.length; bin++) {
    if (a[bin]! > 0) insert(aMeans[bin]!, -a[bin]! / n)
    if (b[bin]! > 0) insert(bMeans[bin]!, b[bin]! / m)
  }
  let [area, height] = [0, 0]
  for (let index = 0; index < atoms; index++) {
    if (index > 0) area += Math.abs(height) * (at[index]! - at[index - 1]!)
    height += shares[index]!
  }
  return area
}

/** Expected rows below which a column is pooled with others. */
const expectedMin = 5

export interface ChiSquare {
  readonly statistic: number
  readonly degreesOfFreedom: number
  readonly p: number
}

/**
 * Pearson's test that both come from one distribution, without Yates' correction. Empty columns are dropped, and those of which fewer
 * than five rows are expected on either side are pooled; where even together they are too few, they join the smallest of the others.
 * Correlated rows count `effect` times less.
 */
export function chiSquare(a: Counts, b: Counts, effect = 1): ChiSquare {
  const [n, m] = [totalOf(a), totalOf(b)]
  const nothing = { statistic: 0, degreesOfFreedom: 0, p: 1 }
  if (n === 0 || m === 0) return nothing
  const scarce = Math.min(n, m) / (n + m)
  const columns: [number, number][] = []
  const pooled: [number, number] = [0, 0]
  for (let bin = 0; bin < a.length; bin++) {
    const both = a[bin]! + b[bin]!
    if (both * scarce >= expectedMin) columns.push([a[bin]!, b[bin]!])
    else {
      pooled[0] += a[bin]!
      pooled[1] += b[bin]!
    }
  }
  const left = pooled[0] + pooled[1]
  if (left * scarce >= expectedMin) columns.push(pooled)
  else if (left > 0 && columns.length > 0) {
    const smallest = columns.reduce((least, column) =>
      column[0] + column[1] < least[0] + least[1] ? column : least
    )
    smallest[0] += pooled[0]
    smallest[1] += pooled[1]
  }
  if (columns.length < 2) return nothing
  let sum = 0
  for (const [inA, inB] of columns) {
    const share = (inA + inB) / (n + m)
    sum += (inA - n * share) ** 2 / (n * share) + (inB - m * share) ** 2 / (m * share)
  }
  const degreesOfFreedom = columns.length - 1
  const statistic = sum / effect
  return { statistic, degreesOfFreedom, p: chiSquareTail(statistic, degreesOfFreedom) }
}

/**
 * How many rows are worth one: how much more neighbouring sub-windows differ than independent rows would have them. Of each pair of
 * neighbours Pearson's X² over its degrees of freedom; of these the median, so that one jump, which is what is looked for, is not
 * taken for correlation. At least 1.
 */
export function designEffect(slots: readonly Counts[], bins = slots[0]?.length ?? 0): number {
  const ratios: number[] = []
  let before: Counts | undefined
  let rowsBefore = 0
  for (const slot of slots) {
    const rows = totalOf(slot, bins)
    if (rows === 0) continue
    if (before !== undefined) ratios.push(excess(before, rowsBefore, slot, rows, bins))
    before = slot
    rowsBefore = rows
  }
  ratios.sort((a, b) => a - b)
  const middle = ratios[Math.floor(ratios.length / 2)] ?? 1
  return Math.max(1, middle)
}

/** X² of two histograms of n and m rows over what is its median where the rows are independent (Wilson and Hilferty). */
function excess(a: Counts, n: number, b: Counts, m: number, bins: number): number {
  let [sum, used] = [0, 0]
  for (let bin = 0; bin < bins; bin++) {
    const both = a[bin]! + b[bin]!
    if (both === 0) continue
    used++
    // What both tables' terms come to.
    sum += (m * a[bin]! - n * b[bin]!) ** 2 / both
  }
  const degreesOfFreedom = used - 1
  if (degreesOfFreedom < 1) return 1
  return sum / (n * m) / (degreesOfFreedom * (1 - 2 / (9 * degreesOfFreedom)) ** 3)
}

/**
 * P(so many events or more in the window) if it had the reference's rate: of all events, each is the window's with probability
 * m/(m + n) (the conditional test of two Poisson rates). Counts may be fractions.
 */
export function rateTail(events: number, m: number, referenceEvents: number, n: number): number {
  if (events <= 0 || m <= 0 || n <= 0) return 1
  return betaTail(m / (m + n), events, referenceEvents + 1)
}
