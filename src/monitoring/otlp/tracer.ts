// Requests as OpenTelemetry spans: one of kind SERVER, in the caller's trace where a W3C header came along, with the steps of the prediction in it.
// https://opentelemetry.io/docs/specs/semconv/http/http-spans/#http-server-span
import {
  type Context,
  defaultTextMapGetter,
  type HrTime,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace
} from '@opentelemetry/api'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import type { Clock } from '../../base/clock.ts'
import type { RequestReport } from '../../inference/observer.ts'
import type { Trace, TracedRequest, Tracing } from '../tracing.ts'
import { predictionAttributes, predictionSpans, type SpanPlan } from './spans.ts'

const firstServerError = 500

export interface SamplingOptions {
  /** Share of the requests that is traced where no caller says. */
  readonly ratio: number
  /** From 0 to 1, as `Math.random`. */
  readonly random: () => number
}

/** The tracer's own sampler has to follow the caller, and to take all others: of those the ratio is decided before anything is made. */
export function tracingWith(tracer: Tracer, clock: Clock, { ratio, random }: SamplingOptions): Tracing {
  const propagator = new W3CTraceContextPropagator()
  return {
    begin({ id, method, route, headers }: TracedRequest): Trace | undefined {
      const parent =
        headers['traceparent'] === undefined
          ? ROOT_CONTEXT
          : propagator.extract(ROOT_CONTEXT, headers, defaultTextMapGetter)
      // What is no valid context leaves the context empty.
      if (trace.getSpanContext(parent) === undefined && random() >= ratio) return undefined
      const startedMs = clock.monotonicMs()
      const epochMs = clock.now() - startedMs
      const at = (ms: number): HrTime => hrTime(epochMs + ms)
      const attributes = {
        'http.request.method': method,
        'http.route': route,
        'kedge.request.id': id
      }
      const span = tracer.startSpan(
        `${method} ${route}`,
        { kind: SpanKind.SERVER, startTime: at(startedMs), attributes },
        parent
      )
      if (!span.isRecording()) return undefined
      const inside = trace.setSpan(ROOT_CONTEXT, span)
      /** From here on the answer is written. */
      let answeredMs: number | undefined
      return {
        traceparent: traceparentOf(span),
        predicted(report: RequestReport) {
          // A caller who went away ended it: nothing can be added to it any more.
          if (!span.isRecording()) return
          answeredMs = clock.monotonicMs()
          span.setAttributes(predictionAttributes(report))
          for (const plan of predictionSpans(report, answeredMs)) record(tracer, plan, at, inside)
        },
        end(status: number) {
          const endedMs = clock.monotonicMs()
          if (answeredMs !== undefined)
            tracer.startSpan('write', { startTime: at(answeredMs) }, inside).end(at(endedMs))
          span.setAttribute('http.response.status_code', status)
          if (status >= firstServerError) {
            span.setAttribute('error.type', String(status))
            span.setStatus({ code: SpanStatusCode.ERROR })
          }
          span.end(at(endedMs))
        }
      }
    }
  }
}

function record(tracer: Tracer, plan: SpanPlan, at: (ms: number) => HrTime, parent: Context): void {
  const { name, attributes, children } = plan
  const span = tracer.startSpan(name, { startTime: at(plan.startMs), attributes }, parent)
  for (const child of children) record(tracer, child, at, trace.setSpan(parent, span))
  span.end(at(plan.endMs))
}

/** https://www.w3.org/TR/trace-context/#traceparent-header */
function traceparentOf(span: Span): string {
  const { traceId, spanId, traceFlags } = span.spanContext()
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`
}

/** A plain number below the time at which the process began would be taken for one of the monotonic clock. */
function hrTime(epochMs: number): HrTime {
  const seconds = Math.floor(epochMs / 1000)
  return [seconds, Math.round((epochMs - seconds * 1000) * 1e6)]
}
