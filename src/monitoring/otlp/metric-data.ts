// Families of Prometheus' text as OpenTelemetry metrics, under the same names: dashboards and alerts mean the same over either way.
// https://opentelemetry.io/docs/specs/otel/compatibility/prometheus_and_openmetrics/#prometheus-metric-points-to-otlp
import { type HrTime, ValueType } from '@opentelemetry/api'
import { millisToHrTime } from '@opentelemetry/core'
import {
  AggregationTemporality,
  DataPointType,
  type Histogram,
  type MetricData
} from '@opentelemetry/sdk-metrics'
import type { Family, Sample } from './exposition.ts'

export interface Span {
  /** Since when counters have counted, and until when: milliseconds since the epoch. */
  readonly fromMs: number
  readonly toMs: number
}

/** Kinds that have no like here, such as summaries, are left out; so are gauges that are not a number. */
export function metricData(families: readonly Family[], { fromMs, toMs }: Span): MetricData[] {
  const times = { startTime: millisToHrTime(fromMs), endTime: millisToHrTime(toMs) }
  return families.flatMap(family => {
    const data = dataOf(family, times)
    return data === undefined || data.dataPoints.length === 0 ? [] : [data]
  })
}

interface Times {
  readonly startTime: HrTime
  readonly endTime: HrTime
}

function dataOf(family: Family, times: Times): MetricData | undefined {
  const common = {
    descriptor: {
      name: family.name,
      description: family.help,
      unit: unitOf(family.name),
      valueType: ValueType.DOUBLE
    },
    aggregationTemporality: AggregationTemporality.CUMULATIVE
  }
  const points = () =>
    family.samples
      .filter(({ value }) => !Number.isNaN(value))
      .map(({ labels, value }) => ({ ...times, attributes: labels, value }))
  switch (family.type) {
    case 'counter':
      return { ...common, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints: points() }
    case 'gauge':
      return { ...common, dataPointType: DataPointType.GAUGE, dataPoints: points() }
    case 'histogram': {
      const dataPoints = histogramsOf(family).map(point => ({ ...times, ...point }))
      return { ...common, dataPointType: DataPointType.HISTOGRAM, dataPoints }
    }
    default:
      return undefined
  }
}

/** As Prometheus names it, in UCUM: https://ucum.org/ucum */
function unitOf(name: string): string {
  const [, unit = ''] = /_(seconds|bytes)(_total)?$/.exec(name) ?? []
  return { seconds: 's', bytes: 'By' }[unit] ?? ''
}

interface HistogramPoint {
  readonly attributes: Readonly<Record<string, string>>
  readonly value: Histogram
}

function histogramsOf({ name, samples }: Family): HistogramPoint[] {
  const bySeries = new Map<string, { labels: Record<string, string>; samples: Sample[] }>()
  for (const sample of samples) {
    const { le: _, ...labels } = sample.labels
    const key = JSON.stringify(labels)
    const series = bySeries.get(key) ?? { labels, samples: [] }
    series.samples.push(sample)
    bySeries.set(key, series)
  }
  return [...bySeries.values()].map(({ labels, samples }) => ({
    attributes: labels,
    value: histogramOf(name, samples)
  }))
}

function histogramOf(name: string, samples: readonly Sample[]): Histogram {
  const figure = (suffix: string): number =>
    samples.find(sample => sample.name === `${name}_${suffix}`)?.value ?? 0
  const buckets = samples
    .filter(sample => sample.name === `${name}_bucket`)
    .map(({ labels, value }) => ({ bound: Number(labels['le']?.replace('+Inf', 'Infinity')), value }))
    .sort((a, b) => a.bound - b.bound)
  return {
    buckets: {
      boundaries: buckets.map(({ bound }) => bound).filter(bound => bound !== Number.POSITIVE_INFINITY),
      // There they add up from the least bound on; here each is by itself.
      counts: buckets.map(({ value }, index) => value - (buckets[index - 1]?.value ?? 0))
    },
    sum: figure('sum'),
    count: figure('count')
  }
}
