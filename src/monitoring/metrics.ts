// The registry that Prometheus scrapes. The only file that imports prom-client; one registry an app, so that two fit in one process.
import { collectDefaultMetrics, Gauge, type Metric, Registry } from 'prom-client'
import { durationBounds, type MetricName, metricTable, rowBounds } from './metric-table.ts'
import { CounterSeries, HistogramSeries, type Labels, type Sample } from './series.ts'

type NameOf<Type extends string> = {
  [Name in MetricName]: (typeof metricTable)[Name]['type'] extends Type ? Name : never
}[MetricName]

export class Metrics {
  readonly #registry = new Registry()
  readonly #counters = new Map<string, CounterSeries>()
  readonly #histograms = new Map<string, HistogramSeries>()

  readonly #more: () => string

  /** `more` gives lines of metrics that are rendered elsewhere, in the text format, each ended. */
  constructor(more: () => string = () => '') {
    this.#more = more
    collectDefaultMetrics({ register: this.#registry })
    // Gauges with a counter's suffix, which promtool refuses; the same numbers by type stay.
    for (const kind of ['handles', 'requests', 'resources'])
      this.#registry.removeSingleMetric(`nodejs_active_${kind}_total`)
    for (const name of Object.keys(metricTable) as MetricName[]) {
      const { type } = metricTable[name]
      if (type === 'counter') {
        const series = new CounterSeries()
        this.#counters.set(name, series)
        this.#register(name, () => series.samples())
      } else if (type === 'histogram') {
        const series = new HistogramSeries(name, name === 'kedge_batch_rows' ? rowBounds : durationBounds)
        this.#histograms.set(name, series)
        this.#register(name, () => series.samples())
      }
    }
  }

  counter(name: NameOf<'counter'>): CounterSeries {
    return this.#counters.get(name)!
  }

  histogram(name: NameOf<'histogram'>): HistogramSeries {
    return this.#histograms.get(name)!
  }

  /** `read` is asked at every scrape for the gauge's present values. */
  gauge(
    name: NameOf<'gauge'>,
    read: () => readonly { readonly labels: Labels; readonly value: number }[]
  ): void {
    const { help, labels } = metricTable[name]
    new Gauge({
      name,
      help,
      labelNames: [...labels],
      registers: [this.#registry],
      collect() {
        this.reset()
        for (const sample of read()) this.set({ ...sample.labels }, sample.value)
      }
    })
  }

  get contentType(): string {
    return this.#registry.contentType
  }

  /** The exposition text. */
  async render(): Promise<string> {
    return (await this.#registry.metrics()) + this.#more()
  }

  /** prom-client asks a metric for nothing but `get()`, so counts kept elsewhere can be shown through it. */
  #register(name: MetricName, samples: () => Sample[]): void {
    const { help, type } = metricTable[name]
    const metric = {
      name,
      help,
      type,
      aggregator: 'sum',
      get: () => Promise.resolve({ name, help, type, aggregator: 'sum', values: samples() })
    }
    this.#registry.registerMetric(metric as unknown as Metric)
  }
}
