// One look at each answered request: counted, and logged only where it was slow.
import type { FastifyInstance } from 'fastify'
import type { CountHttp } from '../../monitoring/http-counts.ts'
import { traceparentOf } from './request-id.ts'

/** `route` in the metrics for paths that no route serves: paths themselves are the callers' to invent. */
const noRoute = 'none'

export function observeRequests(app: FastifyInstance, count: CountHttp, slowRequestMs: number): void {
  app.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? noRoute
    const durationMs = reply.elapsedTime
    count(route, route === noRoute ? 'any' : request.method, reply.statusCode, durationMs)
    if (durationMs > slowRequestMs) {
      const facts = {
        reqId: request.id,
        route,
        method: request.method,
        status: reply.statusCode,
        durationMs: Math.round(durationMs)
      }
      request.log.warn({ ...facts, traceparent: traceparentOf(request.headers) }, 'slow request')
    }
    done()
  })
}
