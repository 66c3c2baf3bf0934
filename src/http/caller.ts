// Who sent a request, by the name that the audit log and the logs know them by.
import type { FastifyRequest } from 'fastify'

/** Nobody can say who they are yet: there are no keys. */
export function callerOf(_request: FastifyRequest): string {
  return 'anonymous'
}
