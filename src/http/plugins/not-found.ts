// Paths that are not there, and paths that are there for other methods: 404, or 405 with the methods that work.
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import { describe } from '../../base/describe.ts'
import { ServingError } from '../../errors/serving-error.ts'
import { sendError } from './error-handler.ts'

/** Collects the routes that are registered on `app` afterwards and answers for all other requests. */
export function handleNotFound(app: FastifyInstance, logger: FastifyBaseLogger): void {
  const routes = new Map<string, { readonly pattern: RegExp; readonly methods: Set<string> }>()
  app.addHook('onRoute', ({ url, method }) => {
    const known = routes.get(url) ?? { pattern: patternOf(url), methods: new Set<string>() }
    routes.set(url, known)
    for (const name of [method].flat()) known.methods.add(name)
  })
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0] ?? ''
    const methods = [...routes.values()]
      .filter(({ pattern }) => pattern.test(path))
      .flatMap(({ methods }) => [...methods])
    // A path of a known form may still have no route: a name may not be what a name can be.
    if (methods.length === 0 || methods.includes(request.method)) {
      sendError(
        new ServingError('ROUTE_NOT_FOUND', `no route for ${request.method} ${describe(path)}`),
        request,
        reply,
        logger
      )
      return
    }
    const allow = [...new Set(methods)].join(', ')
    reply.header('allow', allow)
    sendError(
      new ServingError('METHOD_NOT_ALLOWED', `${request.method} is not allowed here; use ${allow}`),
      request,
      reply,
      logger
    )
  })
}

/** A route's URL with its parameters as a regular expression; a trailing `*` takes the rest. */
function patternOf(url: string): RegExp {
  const parts = url.split('/').map(part => {
    if (part.startsWith(':')) {
      // A verb that follows a name, after a colon: `:model(^[^:]+)::predict`.
      const [name, verb] = part.split('::')
      const any = name?.includes('(') === true ? '[^/:]+' : '[^/]+'
      return verb === undefined ? any : `${any}:${verb}`
    }
    return part === '*' ? '.*' : part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&')
  })
  return new RegExp(`^${parts.join('/')}$`)
}
