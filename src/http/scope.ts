// Who may call a route. Every route declares its scope; one that forgets cannot be registered.
import type { FastifyInstance, FastifyRequest, onRequestHookHandler, RouteOptions } from 'fastify'
import { ServingError } from '../errors/serving-error.ts'

/** `open` to all; `predict` and `read` open until authentication is required; `admin` from this machine only. */
export type Scope = 'open' | 'predict' | 'read' | 'admin'

declare module 'fastify' {
  interface FastifyContextConfig {
    scope?: Scope
  }
}

/**
 * Adds the check to every route that is registered on `app` afterwards, and to none that lets everybody in. Without a route there
 * is nothing to protect: the answer will be 404 or 405.
 */
export function enforceScopes(
  app: FastifyInstance,
  { requireAuth }: { readonly requireAuth: boolean }
): void {
  app.addHook('onRoute', route => {
    // The pages of the documentation come from a plugin that knows nothing of scopes.
    const scope = route.config?.scope ?? (/^\/docs(\/|$)/.test(route.url) ? 'read' : undefined)
    if (scope === undefined) throw new Error(`route ${String(route.method)} ${route.url} declares no scope`)
    route.config = { ...route.config, scope }
    if (scope === 'open' || (scope !== 'admin' && !requireAuth)) return
    prependOnRequest(route, (request, _reply, done) => done(refusal(request, scope, requireAuth)))
  })
}

/** Adds a hook to one route alone, before those that it has. */
export function prependOnRequest(route: RouteOptions, hook: onRequestHookHandler): void {
  route.onRequest = [hook, ...[route.onRequest ?? []].flat()]
}

function refusal(request: FastifyRequest, scope: Scope, requireAuth: boolean): ServingError | undefined {
  if (requireAuth) return new ServingError('UNAUTHENTICATED', 'this server requires authentication')
  if (scope === 'admin' && !isLoopback(request.socket.remoteAddress)) {
    return new ServingError('FORBIDDEN', 'administration is open to this machine only')
  }
  return undefined
}

function isLoopback(address: string | undefined): boolean {
  return address !== undefined && (address === '::1' || /^(::ffff:)?127\./.test(address))
}
