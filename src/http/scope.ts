// Who may call a route. Every route declares its scope; one that forgets cannot be registered.
import type { FastifyInstance, FastifyRequest, onRequestHookHandler, RouteOptions } from 'fastify'
import type { Refusal, Verdict } from '../auth/authenticator.ts'
import type { Caller } from '../auth/caller.ts'
import { type Demand, isGranted, isModelGranted } from '../auth/grants.ts'
import { ServingError } from '../errors/serving-error.ts'
import { isLocal } from './local.ts'

/** `open` to all; `predict` and `read` open until authentication is required; `admin` from this machine only. */
export type Scope = 'open' | 'predict' | 'read' | 'admin'

declare module 'fastify' {
  interface FastifyContextConfig {
    scope?: Scope
    /** The answer tells of every model: a caller who may see some of them only has no use of it. */
    every?: boolean
  }
  interface FastifyRequest {
    /** Undefined where nobody is asked who they are. */
    caller: Caller | undefined
  }
}

/** How callers are known, where they have to be. */
export interface Access {
  verdict(credentials: {
    readonly authorization: string | undefined
    readonly apiKey: string | undefined
  }): Verdict | Promise<Verdict>
  /** Seconds until the caller may ask again; 0 where they may now. Takes one request of what they have. */
  spend(caller: Caller): number
  count(refusal: Refusal): void
}

export interface ScopeOptions {
  /** Closes everything where nobody can be known. */
  readonly requireAuth: boolean
  readonly access: Access | undefined
  /** Whether a scrape of the metrics needs no key. */
  readonly openMetrics: boolean
}

/**
 * Adds the check to every route that is registered on `app` afterwards, and to none that lets everybody in. Without a route there
 * is nothing to protect: the answer will be 404 or 405.
 */
export function enforceScopes(app: FastifyInstance, options: ScopeOptions): void {
  const { requireAuth, access, openMetrics } = options
  app.decorateRequest('caller', undefined)
  app.addHook('onRoute', route => {
    // The pages of the documentation come from a plugin that knows nothing of scopes.
    const isDocumentation = /^\/docs(\/|$)/.test(route.url)
    const scope = route.config?.scope ?? (isDocumentation ? 'read' : undefined)
    if (scope === undefined) throw new Error(`route ${String(route.method)} ${route.url} declares no scope`)
    route.config = { ...route.config, scope, ...(isDocumentation && { every: true }) }
    if (scope === 'open' || (openMetrics && route.url === '/metrics')) return
    if (access !== undefined) prependOnRequest(route, keyHook(access, scope, route.config.every ?? false))
    else if (scope === 'admin' || requireAuth)
      prependOnRequest(route, (request, _reply, done) => done(refusal(request, scope, requireAuth)))
  })
}

/** Adds a hook to one route alone, before those that it has. */
export function prependOnRequest(route: RouteOptions, hook: onRequestHookHandler): void {
  route.onRequest = [hook, ...[route.onRequest ?? []].flat()]
}

function keyHook(access: Access, scope: Exclude<Scope, 'open'>, every: boolean): onRequestHookHandler {
  return (request, _reply, done) => {
    const { authorization, 'x-api-key': key } = request.headers
    const settle = (verdict: Verdict): void => {
      const { model } = (request.params ?? {}) as { readonly model?: string }
      done(admitted(access, request, verdict, { scope, model, every }))
    }
    const apiKey = Array.isArray(key) ? key.join() : key
    const verdict = access.verdict({ authorization, apiKey })
    if (verdict instanceof Promise) verdict.then(settle, (error: unknown) => done(error as Error))
    else settle(verdict)
  }
}

/** The messages do not say which part was wrong: that is for the counts. */
function admitted(
  access: Access,
  request: FastifyRequest,
  verdict: Verdict,
  demand: Demand
): ServingError | undefined {
  if (typeof verdict === 'string') {
    access.count(verdict)
    return refusedFor(verdict)
  }
  if (!isGranted(verdict.grants, demand)) {
    access.count('forbidden')
    return new ServingError('FORBIDDEN', notAllowed)
  }
  const waitSeconds = access.spend(verdict)
  if (waitSeconds > 0) {
    access.count('limited')
    const message = `more requests than are allowed; try again in ${waitSeconds} s`
    return new ServingError('RATE_LIMITED', message, { retryAfterSeconds: waitSeconds })
  }
  request.caller = verdict
  return undefined
}

const notAllowed = 'this is not allowed to you'

function refusedFor(refusal: Exclude<Verdict, Caller>): ServingError {
  switch (refusal) {
    case 'busy':
      return new ServingError('RATE_LIMITED', 'too many new keys at once; try again', {
        retryAfterSeconds: 1
      })
    case 'unavailable':
      return new ServingError('AUTH_UNAVAILABLE', 'tokens cannot be checked at the moment; try again', {
        retryAfterSeconds: 5
      })
    case 'missing':
    case 'refused':
    case 'expired':
      return new ServingError('UNAUTHENTICATED', 'this server requires authentication')
  }
}

function refusal(request: FastifyRequest, scope: Scope, requireAuth: boolean): ServingError | undefined {
  if (requireAuth) return new ServingError('UNAUTHENTICATED', 'this server requires authentication')
  if (scope === 'admin' && !isLocal(request)) {
    return new ServingError('FORBIDDEN', 'administration is open to this machine only')
  }
  return undefined
}

/** Whether the caller may know of a model: for lists of several. */
export function maySee({ caller }: FastifyRequest, model: string): boolean {
  return caller === undefined || isModelGranted(caller.grants.models, model)
}

/** For a model that no path names. Throws FORBIDDEN. */
export function requireModel(request: FastifyRequest, model: string): void {
  if (!maySee(request, model)) throw new ServingError('FORBIDDEN', notAllowed)
}
