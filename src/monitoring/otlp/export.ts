// Sends traces and metrics to an OpenTelemetry collector, in the background. What cannot be sent is dropped and said, once in a while.
import { randomUUID } from 'node:crypto'
import { DiagLogLevel, diag } from '@opentelemetry/api'
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import {
  defaultResource,
  detectResources,
  emptyResource,
  envDetector,
  type Resource,
  resourceFromAttributes
} from '@opentelemetry/resources'
import { MeterProvider, type MetricProducer, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import {
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  TracerProvider
} from '@opentelemetry/sdk-trace'
import { type Clock, settlesWithin } from '../../base/clock.ts'
import type { Tracing } from '../tracing.ts'
import { parseExposition } from './exposition.ts'
import { metricData } from './metric-data.ts'
import { tracingWith } from './tracer.ts'

export interface ExportOptions {
  /** The collector's address; `/v1/traces` and `/v1/metrics` are added. */
  readonly endpoint: string
  readonly signals: 'all' | 'traces' | 'metrics'
  /** Share of the requests that are traced where the caller does not say. */
  readonly traceRatio: number
  readonly metricsIntervalMs: number
  readonly serviceName: string
  readonly version: string
  readonly clock: Clock
  /** Milliseconds since the epoch at which the counters began. */
  readonly startedMs: number
  /** The text that Prometheus scrapes. */
  readonly render: () => Promise<string>
  /** Told what cannot be sent. */
  readonly onProblem: (message: string) => void
}

export interface Export {
  readonly tracing: Tracing | undefined
  /** Sends what is left, for a while: a collector that is gone must not keep the process. */
  close(): Promise<void>
}

const scope = 'kedge'
/** The same problem comes back with every batch. */
const saidEveryMs = 60_000
const closeMaxMs = 3000

export function startExport(options: ExportOptions): Export {
  const { signals, clock } = options
  const resource = resourceOf(options)
  const say = sayProblems(options)
  const traces = signals === 'metrics' ? undefined : tracesTo(options, resource)
  const metrics = signals === 'traces' ? undefined : metricsTo(options, resource)
  return {
    tracing:
      traces &&
      tracingWith(traces.getTracer(scope, options.version), clock, {
        ratio: options.traceRatio,
        random: Math.random
      }),
    async close() {
      const sent = Promise.allSettled([traces?.shutdown(), metrics?.shutdown()])
      if (!(await settlesWithin(clock, closeMaxMs, sent)))
        say(`the last of it was not taken within ${closeMaxMs} ms`)
      diag.disable()
    }
  }
}

/** What OTEL_RESOURCE_ATTRIBUTES and OTEL_SERVICE_NAME say wins. */
function resourceOf({ serviceName, version }: ExportOptions): Resource {
  const own = resourceFromAttributes({
    'service.name': serviceName,
    'service.version': version,
    // Replicas must not be taken for one: their counters would jump back and forth.
    'service.instance.id': randomUUID()
  })
  const given = detectResources({ detectors: [envDetector] })
  return emptyResource().merge(defaultResource()).merge(own).merge(given)
}

function tracesTo(options: ExportOptions, resource: Resource): TracerProvider {
  const exporter = new OTLPTraceExporter({ url: addressOf(options, 'v1/traces') })
  return new TracerProvider({
    resource,
    sampler: new ParentBasedSampler({ root: new AlwaysOnSampler() }),
    spanProcessors: [new BatchSpanProcessor({ exporter })]
  })
}

function metricsTo(options: ExportOptions, resource: Resource): MeterProvider {
  const { metricsIntervalMs, clock, startedMs, render } = options
  const producer: MetricProducer = {
    async collect() {
      const metrics = metricData(parseExposition(await render()), { fromMs: startedMs, toMs: clock.now() })
      return {
        resourceMetrics: { resource, scopeMetrics: [{ scope: { name: scope }, metrics }] },
        errors: []
      }
    }
  }
  const reader = new PeriodicExportingMetricReader({
    exporter: new OTLPMetricExporter({ url: addressOf(options, 'v1/metrics') }),
    exportIntervalMillis: metricsIntervalMs,
    exportTimeoutMillis: Math.min(metricsIntervalMs, 30_000),
    metricProducers: [producer]
  })
  return new MeterProvider({ resource, readers: [reader] })
}

function addressOf({ endpoint }: ExportOptions, path: string): string {
  const url = new URL(endpoint)
  url.pathname = `${url.pathname.replace(/\/$/, '')}/${path}`
  return url.href
}

/** The library says what went wrong to a logger of the whole process. */
function sayProblems({ clock, onProblem }: ExportOptions): (message: string) => void {
  let quietUntilMs = Number.NEGATIVE_INFINITY
  const say = (message: string): void => {
    if (clock.monotonicMs() < quietUntilMs) return
    quietUntilMs = clock.monotonicMs() + saidEveryMs
    onProblem(message)
  }
  const nothing = (): void => {}
  const logger = { error: say, warn: say, info: nothing, debug: nothing, verbose: nothing }
  diag.setLogger(logger, { logLevel: DiagLogLevel.WARN, suppressOverrideMessage: true })
  return say
}
