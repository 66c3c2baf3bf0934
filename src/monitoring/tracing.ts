// What follows single requests, as the server sees it: nothing here knows where traces go.
import type { IncomingHttpHeaders } from 'node:http'
import type { RequestTrace } from '../inference/observer.ts'

export interface TracedRequest {
  readonly id: string
  readonly method: string
  /** The pattern: paths themselves are the callers' to invent. */
  readonly route: string
  /** Where a caller's trace context comes along. */
  readonly headers: IncomingHttpHeaders
}

export interface Trace extends RequestTrace {
  /** The context of this server's own span, in the form of the W3C header. */
  readonly traceparent: string
  /** The response is closed. */
  end(status: number): void
}

export interface Tracing {
  /** Undefined where the request is not sampled. */
  begin(request: TracedRequest): Trace | undefined
}
