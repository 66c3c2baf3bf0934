// Paths that are not there, and paths that are there for other methods: 404, or 405 with the methods that work.
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import { describe } from '../../base/describe.ts'
import { ServingError } from '../../errors/serving-error.ts'
import type { Dialect } from '../dialect.ts'
import { sendError } from './error-handler.ts'

interface Known {
  readonly pattern: RegExp
  readonly methods: Set<string>
  /** In which a caller of this path is told that the method is wrong. */
  readonly dialect: Dialect
}

/** Collects the routes that are registered on `app` afterwards and answers for all other requests. */
export function handleNotFound(app: FastifyInstance, logger: FastifyBaseLogger): void {
  const routes = new Map<string, Known>()
  app.addHook('onRoute', ({ url, method, config }) => {
    const dialect = config?.dialect ?? 'v2'
    const known = routes.get(url) ?? { pattern: patternOf(url), methods: new Set<string>(), dialect }
    routes.set(url, known)
    for (const name of [method].flat()) known.methods.add(name)
  })
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0] ?? ''
    const known = [...routes.values()].filter(({ pattern }) => pattern.test(path))
    const [first] = known
    // A path of a known form may still have no route: a name may not be what a name can be.
    if (first === undefined || known.some(({ methods }) => methods.has(request.method))) {
      sendError(
        new ServingError('ROUTE_NOT_FOUND', `no route for ${request.method} ${describe(path)}`),
        request,
        reply,
        logger
      )
      return
    }
    const allow = [...new Set(known.flatMap(({ methods }) => [...methods]))].join(', ')
    reply.header('allow', allow)
    sendError(
      new ServingError('METHOD_NOT_ALLOWED', `${request.method} is not allowed here; use ${allow}`),
      request,
      reply,
      logger,
      first.dialect
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
