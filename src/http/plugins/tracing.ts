// Follows requests from their first header to the end of their answer, where anybody asked for that; watchRequestEnds says when that is.
import type { FastifyInstance } from 'fastify'
import type { Trace, Tracing } from '../../monitoring/tracing.ts'
import { routeOf } from '../dialect.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Undefined where the request is not traced. */
    trace: Trace | undefined
  }
}

export function traceRequests(app: FastifyInstance, tracing: Tracing | undefined): void {
  app.decorateRequest('trace', undefined)
  if (tracing === undefined) return
  app.addHook('onRequest', (request, _reply, done) => {
    const { id, method, headers } = request
    const route = routeOf(request)
    // Probes and scrapes come all day and say nothing; without a route there is nothing to name a span by.
    const isTraced =
      route !== undefined && route !== '/metrics' && request.routeOptions.config.scope !== 'open'
    if (isTraced) request.trace = tracing.begin({ id, method, route, headers })
    done()
  })
}
