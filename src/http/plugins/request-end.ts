// The end of every request, answered or given up: counted, logged where it was slow, its permit and its memory given back.
import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { giveBack } from '../../base/spent-memory.ts'
import type { CountHttp } from '../../monitoring/http-counts.ts'
import type { NamedTensor } from '../../tensor/tensor.ts'
import { routeOf } from '../dialect.ts'
import { traceparentOf } from './request-id.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Of a prediction that is answered: what the answer is made of, which nobody needs once the response is closed. */
    spent: readonly NamedTensor[] | undefined
  }
}

export interface RequestEndOptions {
  readonly countHttp: CountHttp
  readonly slowRequestMs: number
  readonly nowMs: () => number
  readonly logger: FastifyBaseLogger
}

/** `route` in the metrics for paths that no route serves: paths themselves are the callers' to invent. */
const noRoute = 'none'

/** Where the caller went away before it was answered; nobody ever receives it. */
const statusOfAborted = 499

export function watchRequestEnds(app: FastifyInstance, options: RequestEndOptions): void {
  const { countHttp, slowRequestMs, nowMs, logger } = options

  function ended(request: FastifyRequest, { raw }: FastifyReply, durationMs: number): void {
    request.permit?.release()
    // A response is closed once the system has all of it, or its connection has gone: nothing of it is read any more.
    for (const { data } of request.spent ?? []) if (!Array.isArray(data)) giveBack(data)
    const route = routeOf(request) ?? noRoute
    const status = raw.writableFinished ? raw.statusCode : statusOfAborted
    request.trace?.end(status)
    countHttp(route, route === noRoute ? 'any' : request.method, status, durationMs)
    if (durationMs <= slowRequestMs) return
    const facts = {
      reqId: request.id,
      route,
      method: request.method,
      status,
      durationMs: Math.round(durationMs)
    }
    logger.warn({ ...facts, traceparent: traceparentOf(request) }, 'slow request')
  }

  app.decorateRequest('spent', undefined)
  app.addHook('onRequest', (request, reply, done) => {
    const startedMs = nowMs()
    // One listener of the response itself: the framework's hook costs two, and does not come to requests that were given up.
    reply.raw.on('close', () => ended(request, reply, nowMs() - startedMs))
    done()
  })
}
