// Whatever goes wrong, the caller gets the same error object and the log gets the cause: the one place where codes become statuses.
import type { FastifyBaseLogger, FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { shorten } from '../../base/describe.ts'
import type { ErrorCode } from '../../errors/codes.ts'
import { messageOf, ServingError } from '../../errors/serving-error.ts'
import { dialectOf, dialects, routeOf } from '../dialect.ts'
import { traceparentOf } from './request-id.ts'

/** What Fastify refuses by itself, in our words. */
const fastifyErrors: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: ['BODY_TOO_LARGE', 'the body is larger than this server accepts'],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: ['UNSUPPORTED_MEDIA_TYPE', 'expected content-type: application/json'],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: [
    'INVALID_REQUEST',
    'the body does not have the length that content-length announced'
  ],
  FST_ERR_MAX_PARAM_LENGTH: ['ROUTE_NOT_FOUND', 'a segment of the path is longer than any name'],
  FST_ERR_BAD_URL: ['ROUTE_NOT_FOUND', 'the path is not a valid URL path'],
  FST_ERR_ASYNC_CONSTRAINT: ['INVALID_REQUEST', 'the request is not valid']
}

export function handleErrors(app: FastifyInstance, logger: FastifyBaseLogger): void {
  app.setErrorHandler((error: FastifyError | Error, request, reply) => {
    sendError(toServingError(error), request, reply, logger)
  })
}

/** Answers with the error and logs it: 5xx as errors with their cause, what callers do wrong as information, overload for who looks for it. */
export function sendError(
  error: ServingError,
  request: FastifyRequest,
  reply: FastifyReply,
  logger: FastifyBaseLogger,
  dialect = dialectOf(request)
): void {
  const { status } = error.kind
  const facts = {
    reqId: request.id,
    code: error.code,
    status,
    route: routeOf(request),
    method: request.method,
    traceparent: traceparentOf(request)
  }
  if (error.kind.fault === 'server') logger.error({ ...facts, cause: causeText(error) }, error.message)
  // Overload is counted; a line for each refusal would be one more load.
  else logger[error.kind.fault === 'load' ? 'debug' : 'info'](facts, `refused: ${error.code}`)
  if (error.retryAfterSeconds !== undefined) reply.header('retry-after', error.retryAfterSeconds)
  if (error.code === 'UNAUTHENTICATED') reply.header('www-authenticate', 'Bearer realm="kedge"')
  const body = JSON.stringify(dialects[dialect].errorBody(error, request.id))
  // KServe's client reads the message from this very type alone; to text the framework would add a charset.
  reply.code(status).header('content-type', 'application/json').send(Buffer.from(body))
}

/** Anything that Fastify or a handler throws, in our terms. */
export function toServingError(error: FastifyError | Error): ServingError {
  if (error instanceof ServingError) return error
  const code = 'code' in error ? error.code : ''
  const known = Object.hasOwn(fastifyErrors, code) ? fastifyErrors[code] : undefined
  if (known !== undefined) return new ServingError(...known)
  const status = 'statusCode' in error ? error.statusCode : undefined
  if (status !== undefined && status >= 400 && status < 500)
    return new ServingError('INVALID_REQUEST', 'the request is not valid', { cause: error })
  return ServingError.from(error)
}

/** The chain of causes; the log is where internals belong. */
function causeText(error: ServingError): string | undefined {
  const { cause } = error
  if (cause === undefined) return undefined
  return cause instanceof Error && error.code === 'INTERNAL'
    ? shorten(cause.stack ?? cause.message, 4096)
    : shorten(messageOf(cause), 4096)
}
