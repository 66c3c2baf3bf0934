// A name for every request: the caller's x-request-id where it is a sensible one, else our own. It stands in the answer's header,
// in error bodies and in the log, so that the three can be put side by side.
import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { FastifyInstance, FastifyRequest } from 'fastify'

/** Ids of our own: random once a process, counted from there. */
export function requestIds(): (request: IncomingMessage | { headers: IncomingMessage['headers'] }) => string {
  const prefix = randomBytes(6).toString('base64url')
  let count = 0
  return ({ headers }) => {
    const given = headers['x-request-id']
    if (typeof given === 'string' && /^[\w.:/+=@-]{1,128}$/.test(given)) return given
    count++
    return `${prefix}-${count.toString(36)}`
  }
}

export function returnRequestId(app: FastifyInstance): void {
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id)
    done()
  })
}

/** The W3C trace context for the log line: of our own span, or the one that came along; undefined where there is none or it is malformed. */
export function traceparentOf({
  trace,
  headers
}: Pick<FastifyRequest, 'trace' | 'headers'>): string | undefined {
  if (trace !== undefined) return trace.traceparent
  const given = headers['traceparent']
  return typeof given === 'string' && /^[\da-f]{2}-[\da-f]{32}-[\da-f]{16}-[\da-f]{2}$/.test(given)
    ? given
    : undefined
}
