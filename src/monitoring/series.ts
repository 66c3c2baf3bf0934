// Counters and histograms that are counted in typed arrays and rendered at scrape: an increment costs an array store. A labelled
// increment of prom-client hashes its labels every time, which the request path cannot afford (docs/decisions/0005).

export type Labels = Readonly<Record<string, string>>

/** What prom-client renders: one line of the exposition. */
export interface Sample {
  readonly value: number
  readonly labels: Readonly<Record<string, string | number>>
  readonly metricName?: string
}

/** One row of numbers for each set of labels that was ever used. Sets come from the repository, never from a URL, so rows are few. */
abstract class Series {
  readonly #rows = new Map<string, { readonly labels: Labels; readonly numbers: Float64Array }>()
  readonly #width: number

  constructor(width: number) {
    this.#width = width
  }

  /** The row for `labels`, made where it is new. Callers on the request path keep it. */
  row(labels: Labels): Float64Array {
    const key = JSON.stringify(Object.entries(labels))
    const known = this.#rows.get(key)
    if (known !== undefined) return known.numbers
    const numbers = new Float64Array(this.#width)
    this.#rows.set(key, { labels, numbers })
    return numbers
  }

  samples(): Sample[] {
    return [...this.#rows.values()].flatMap(({ labels, numbers }) => this.render(labels, numbers))
  }

  protected abstract render(labels: Labels, numbers: Float64Array): Sample[]
}

/** Adds up. A row holds one number. */
export class CounterSeries extends Series {
  constructor() {
    super(1)
  }

  protected render(labels: Labels, numbers: Float64Array): Sample[] {
    return [{ value: numbers[0]!, labels }]
  }
}

/** Counts observations by bucket. A row holds a count for each bound, one above all bounds, and the sum. */
export class HistogramSeries extends Series {
  readonly #name: string
  readonly #bounds: readonly number[]

  /** `bounds` rise; a value equal to a bound counts below it, as Prometheus has it. */
  constructor(name: string, bounds: readonly number[]) {
    super(bounds.length + 2)
    this.#name = name
    this.#bounds = bounds
  }

  observe(row: Float64Array, value: number): void {
    const bounds = this.#bounds
    let index = 0
    while (index < bounds.length && value > bounds[index]!) index++
    row[index]! += 1
    row[bounds.length + 1]! += value
  }

  protected render(labels: Labels, numbers: Float64Array): Sample[] {
    const samples: Sample[] = []
    let count = 0
    for (let index = 0; index <= this.#bounds.length; index++) {
      count += numbers[index]!
      const le = this.#bounds[index] ?? '+Inf'
      samples.push({ metricName: `${this.#name}_bucket`, labels: { ...labels, le }, value: count })
    }
    samples.push({ metricName: `${this.#name}_sum`, labels, value: numbers[this.#bounds.length + 1]! })
    samples.push({ metricName: `${this.#name}_count`, labels, value: count })
    return samples
  }
}
