// Which pages of other origins a browser lets call this server. Without any, no header says anything of it, and browsers let none.
import cors from '@fastify/cors'
import type { FastifyInstance } from 'fastify'

/** Headers of answers that a page may read besides those that any page may. */
const exposedHeaders = ['inference-header-content-length', 'retry-after', 'x-request-id']
/** A browser may remember the answer to its question for so long. */
const preflightSeconds = 600

/**
 * Answers the questions that browsers ask before a request (https://fetch.spec.whatwg.org/#cors-preflight-request), which carry no key;
 * so it comes before the routes learn who may call them.
 */
export async function allowOrigins(app: FastifyInstance, origins: readonly string[]): Promise<void> {
  if (origins.length === 0) return
  await app.register(cors, {
    origin: [...origins],
    methods: ['GET', 'HEAD', 'POST'],
    exposedHeaders,
    maxAge: preflightSeconds,
    // Other OPTIONS requests are answered likewise, not in words that are not ours.
    strictPreflight: false
  })
}
