// Who may call a route. Every route declares its scope; one that forgets cannot be registered.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { ServingError } from '../errors/serving-error.ts'

/** `open` to all; `predict` and `read` open until authentication is required; `admin` from this machine only. */
export type Scope = 'open' | 'predict' | 'read' | 'admin'

declare module 'fastify' {
  interface FastifyContextConfig {
    scope?: Scope
  }
}

/** Adds the check to every route that is registered on `app` afterwards. */
export function enforceScopes(app: FastifyInstance, options: { readonly requireAuth: boolean }): void {
  app.addHook('onRoute', route => {
    // The pages of the documentation come from a plugin that knows nothing of scopes.
    const scope = route.config?.scope ?? (/^\/docs(\/|$)/.test(route.url) ? 'read' : undefined)
    if (scope === undefined) throw new Error(`route ${String(route.method)} ${route.url} declares no scope`)
    route.config = { ...route.config, scope }
  })
  app.addHook('onRequest', (request, _reply, done) => {
    done(refusal(request, options.requireAuth))
  })
}

function refusal(request: FastifyRequest, requireAuth: boolean): ServingError | undefined {
  const { scope } = request.routeOptions.config
  // Without a route there is nothing to protect: the answer will be 404 or 405.
  if (scope === undefined || scope === 'open') return undefined
  if (requireAuth) return new ServingError('UNAUTHENTICATED', 'this server requires authentication')
  if (scope === 'admin' && !isLoopback(request.socket.remoteAddress)) {
    return new ServingError('FORBIDDEN', 'administration is open to this machine only')
  }
  return undefined
}

function isLoopback(address: string | undefined): boolean {
  return address !== undefined && (address === '::1' || /^(::ffff:)?127\./.test(address))
}
