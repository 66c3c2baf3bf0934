// Latencies in log-linear buckets: any quantile within half a percent, in fixed memory, whatever was recorded. Histograms of
// several sources add up. Mean and maximum are exact.

/** Each power of two is split into 2^7 buckets of equal width, so a bucket is at most 1/128 of its values wide. */
const mantissaBits = 7
const bucketsPerOctave = 2 ** mantissaBits
/** From about a microsecond to about 70 minutes; what lies outside counts in the first or the last bucket. */
const exponentMin = -10
const octaves = 32
const buckets = octaves * bucketsPerOctave
const exponentBias = 1023

// The exponent and the first bits of the mantissa stand next to each other in a double, so a shift finds the bucket.
const double = new DataView(new ArrayBuffer(8))

function bucketOf(valueMs: number): number {
  double.setFloat64(0, valueMs)
  const position = double.getUint32(0) >>> (20 - mantissaBits)
  const index = position - (exponentMin + exponentBias) * bucketsPerOctave
  return Math.min(Math.max(index, 0), buckets - 1)
}

function middleOf(bucket: number): number {
  const octave = Math.floor(bucket / bucketsPerOctave)
  const step = bucket % bucketsPerOctave
  return 2 ** (exponentMin + octave) * (1 + (step + 0.5) / bucketsPerOctave)
}

export class Histogram {
  readonly #counts = new Float64Array(buckets)
  #count = 0
  #sumMs = 0
  #minMs = Number.POSITIVE_INFINITY
  #maxMs = 0

  /** Times below zero, which a clock may give by rounding, count as zero. */
  record(valueMs: number): void {
    const value = Math.max(0, valueMs)
    this.#counts[bucketOf(value)]!++
    this.#count++
    this.#sumMs += value
    if (value > this.#maxMs) this.#maxMs = value
    if (value < this.#minMs) this.#minMs = value
  }

  /** Adds what `other` counted. */
  merge(other: Histogram): void {
    for (let index = 0; index < buckets; index++) this.#counts[index]! += other.#counts[index]!
    this.#count += other.#count
    this.#sumMs += other.#sumMs
    this.#maxMs = Math.max(this.#maxMs, other.#maxMs)
    this.#minMs = Math.min(this.#minMs, other.#minMs)
  }

  reset(): void {
    this.#counts.fill(0)
    this.#count = 0
    this.#sumMs = 0
    this.#minMs = Number.POSITIVE_INFINITY
    this.#maxMs = 0
  }

  get count(): number {
    return this.#count
  }

  /** NaN, as are all figures, when nothing was recorded. */
  get meanMs(): number {
    return this.#count === 0 ? Number.NaN : this.#sumMs / this.#count
  }

  get maxMs(): number {
    return this.#count === 0 ? Number.NaN : this.#maxMs
  }

  /** The value that the share `quantile` of all values does not exceed: 0.99 is the 99th percentile. */
  quantileMs(quantile: number): number {
    if (this.#count === 0) return Number.NaN
    const rank = Math.max(1, Math.ceil(quantile * this.#count))
    if (rank >= this.#count) return this.#maxMs
    let seen = 0
    for (let index = 0; index < buckets; index++) {
      seen += this.#counts[index]!
      if (seen >= rank) return Math.min(Math.max(middleOf(index), this.#minMs), this.#maxMs)
    }
    return this.#maxMs
  }
}
