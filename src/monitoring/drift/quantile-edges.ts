// The frozen edges of a numeric monitor's bins: quantiles of the reference, with a bin of its own for each value that many rows share. Pure.

/** Bins, at most. */
const binsMax = 20
/** Rows of the reference that a bin should have: small references get fewer, larger bins. */
const rowsPerBin = 10
const binsMin = 5

/**
 * Rising edges for `sorted` values, finite ones only: bin j holds edges[j−1] ≤ x < edges[j]. A value with at least the share of a bin
 * has a bin alone, from itself to the next number that the tensor can hold. `isSingle` where that is a single-precision number.
 */
export function quantileEdges(sorted: Float64Array, isSingle: boolean): number[] {
  const rows = sorted.length
  if (rows === 0) return []
  const bins = Math.max(binsMin, Math.min(binsMax, Math.floor(rows / rowsPerBin)))
  const heavy = heavyValues(sorted, rows / bins)
  const fixed = new Set(heavy.flatMap(value => [value, nextNumber(value, isSingle)]))
  const edges = new Set(fixed)
  for (let bin = 1; bin < bins; bin++) {
    const value = sorted[Math.floor((rows * bin) / bins)]!
    // The least value as an edge would have an empty bin below it.
    if (value > sorted[0]!) edges.add(value)
  }
  return thinned([...edges].filter(Number.isFinite).sort(ascending), fixed, sorted, bins - 1)
}

const ascending = (a: number, b: number): number => a - b

function heavyValues(sorted: Float64Array, rowsMin: number): number[] {
  const heavy: number[] = []
  for (let start = 0; start < sorted.length; ) {
    const end = upperBound(sorted, sorted[start]!)
    if (end - start >= rowsMin) heavy.push(sorted[start]!)
    start = end
  }
  return heavy
}

/** Takes away the edge between the two emptiest neighbours until few enough are left; those of heavy values stay. */
function thinned(
  edges: number[],
  fixed: ReadonlySet<number>,
  sorted: Float64Array,
  edgesMax: number
): number[] {
  const kept = [...edges]
  while (kept.length > Math.max(edgesMax, fixed.size)) {
    let [least, at] = [Number.POSITIVE_INFINITY, -1]
    for (const [index, edge] of kept.entries()) {
      if (fixed.has(edge)) continue
      const below = index === 0 ? 0 : lowerBound(sorted, kept[index - 1]!)
      const above = index === kept.length - 1 ? sorted.length : lowerBound(sorted, kept[index + 1]!)
      if (above - below >= least) continue
      least = above - below
      at = index
    }
    if (at < 0) break
    kept.splice(at, 1)
  }
  return kept
}

/** Index of the first value that is not below `value`. */
function lowerBound(sorted: Float64Array, value: number): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (sorted[middle]! < value) low = middle + 1
    else high = middle
  }
  return low
}

/** Index of the first value that is above `value`. */
function upperBound(sorted: Float64Array, value: number): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (sorted[middle]! <= value) low = middle + 1
    else high = middle
  }
  return low
}

const double = new Float64Array(1)
const doubleBits = new BigInt64Array(double.buffer)
const single = new Float32Array(1)
const singleBits = new Int32Array(single.buffer)

/** The least number above `value` in its precision. */
export function nextNumber(value: number, isSingle: boolean): number {
  if (value === 0) return isSingle ? 2 ** -149 : Number.MIN_VALUE
  if (isSingle) {
    single[0] = value
    singleBits[0]! += value > 0 ? 1 : -1
    return single[0]
  }
  double[0] = value
  doubleBits[0]! += value > 0 ? 1n : -1n
  return double[0]
}
