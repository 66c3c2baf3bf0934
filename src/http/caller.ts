// Who sent a request, by the name that the audit log and the logs know them by.
import type { FastifyRequest } from 'fastify'

export function callerOf(request: FastifyRequest): string {
  return request.caller?.name ?? 'anonymous'
}
