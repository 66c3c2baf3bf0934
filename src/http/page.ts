// What a browser is told of a page of ours: to load nothing from elsewhere, to guess no types, to show it in nobody's frame.
import type { FastifyReply } from 'fastify'

const everywhere = "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

export const pagePolicies = {
  /** A page that is whole by itself. */
  whole: `default-src 'none'; style-src 'unsafe-inline'; img-src data:; ${everywhere}`,
  /** Swagger UI: scripts and styles of its own, which write styles into the page; requests to this server. */
  apiDocs: `default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; ${everywhere}`
} as const

export function protectPage(reply: FastifyReply, policy: keyof typeof pagePolicies): void {
  reply.headers({
    'content-security-policy': pagePolicies[policy],
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer'
  })
}
