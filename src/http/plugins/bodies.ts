// Bodies arrive as bytes and stay bytes: only a handler that knows the model can read them. What has the wrong type, or is too large,
// is refused before it is read; a prediction has its permit by then. The memory comes from the announced length, placed so that the
// first binary tensor is aligned, and no body is copied twice.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FastifyInstance, FastifyRequest, onRequestHookHandler } from 'fastify'
import { formatByteSize } from '../../base/byte-size.ts'
import { describe } from '../../base/describe.ts'
import { Limiter } from '../../base/limiter.ts'
import { ServingError } from '../../errors/serving-error.ts'
import type { Permit } from '../../inference/permits.ts'
import { headerLengthName } from '../../protocol/v2/decode.ts'
import { BodyBuffer } from '../body-buffer.ts'
import { decompress, type Encoding, isEncoding } from '../compression.ts'
import { type DialectFacts, dialectOf, dialects } from '../dialect.ts'
import { prependOnRequest } from '../scope.ts'

export interface BodyOptions {
  readonly jsonBytesMax: number
  readonly bodyBytesMax: number
  /** Leave for a prediction with so many bytes. Throws ServingError. */
  readonly admit: (protocol: string, bytes: number) => Permit
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Of a prediction: held from before its body is read until it is answered or given up. */
    permit: Permit | undefined
    /** Of a prediction, and there always: whether the caller has gone. */
    cancellation: CallerGone | undefined
  }
}

const usualTypes = ['application/json', 'application/octet-stream']

/** Unpacking takes a core's time each; more at once would only take it from the models. */
const decompressionsAtOnceMax = 2

export function readBodiesAsBytes(app: FastifyInstance, options: BodyOptions): void {
  const unpacking = new Limiter(decompressionsAtOnceMax)
  app.decorateRequest('permit', undefined)
  app.decorateRequest('cancellation', undefined)
  app.removeAllContentTypeParsers()
  // The usual types by name, which is looked up; for the rest the framework takes the header apart each time.
  app.addContentTypeParser([...usualTypes, '*'], (request, payload, done) => {
    const settle = once(done)
    try {
      readBody(request, payload, options, unpacking, settle)
    } catch (error) {
      settle(error as Error)
    }
  })
  app.addHook('onRoute', route => {
    if (route.config?.scope !== 'predict') return
    prependOnRequest(route, watchCaller)
    // Nobody is asked to read a body that is not there.
    route.preHandler = (request, _reply, done) => {
      request.permit ??= options.admit(dialectOf(request), 0)
      done()
    }
  })
}

const watchCaller: onRequestHookHandler = (request, reply, done) => {
  request.cancellation = new CallerGone(reply.raw)
  done()
}

/** Asks the response rather than listening to it: it is looked at when a batch forms. */
class CallerGone {
  readonly #response: ServerResponse

  constructor(response: ServerResponse) {
    this.#response = response
  }

  get cancelled(): boolean {
    return this.#response.destroyed
  }
}

type Settle = (error: Error | null, body?: Uint8Array) => void

/** With listeners rather than an iterator or promises: this is paid by every request. Throws what is known from the headers. */
function readBody(
  request: FastifyRequest,
  payload: IncomingMessage,
  options: BodyOptions,
  unpacking: Limiter,
  settle: Settle
): void {
  const { headers } = request
  // Nobody reads it.
  if (request.is404) {
    payload.resume()
    settle(null, new Uint8Array(0))
    return
  }
  const encoding = encodingOf(headers, dialects[dialectOf(request)])
  const headerLength = Number(headers[headerLengthName] ?? 0)
  const alignAt = Number.isSafeInteger(headerLength) ? headerLength : 0
  const bytesMax = headers[headerLengthName] === undefined ? options.jsonBytesMax : options.bodyBytesMax
  const length = headers['content-length']
  const announced = length === undefined ? undefined : Number(length)
  if (announced !== undefined && announced > bytesMax) throw tooLarge(bytesMax)
  const { cancellation } = request
  if (cancellation !== undefined) request.permit = options.admit(dialectOf(request), announced ?? 0)
  const onGrowth = (bytes: number): void => {
    if (cancellation?.cancelled) throw goneAway()
    request.permit?.grow(bytes)
  }
  const buffer = new BodyBuffer({
    announced,
    bytesMax,
    // A compressed body is unpacked into other memory, which is aligned there.
    alignAt: encoding === 'identity' ? alignAt : 0,
    onGrowth,
    tooLarge: () => tooLarge(bytesMax)
  })
  payload.on('data', (chunk: Buffer) => {
    try {
      buffer.add(chunk)
    } catch (error) {
      // What still comes is read and forgotten; nothing of it is kept.
      payload.removeAllListeners('data').resume()
      settle(error as Error)
    }
  })
  payload.on('error', cause => settle(goneAway(cause)))
  payload.on('end', () => {
    try {
      const body = buffer.end()
      if (encoding === 'identity') {
        settle(null, body)
        return
      }
      const unpacked = { bytesMax, alignAt, onBytes: onGrowth, tooLarge: () => tooLarge(bytesMax) }
      unpacking
        .run(() => decompress(body, encoding, unpacked))
        .then(
          whole => settle(null, whole),
          (error: unknown) => settle(error as Error)
        )
    } catch (error) {
      settle(error as Error)
    }
  })
}

/** Clients that send no content type at all (tritonclient) mean JSON. Throws UNSUPPORTED_MEDIA_TYPE for types and encodings that the dialect has not. */
function encodingOf(headers: FastifyRequest['headers'], { types, typesText }: DialectFacts): Encoding {
  const type = headers['content-type']
  if (type !== undefined && !types.test(type)) {
    const message = `content-type ${describe(type)} is not supported; send ${typesText}`
    throw new ServingError('UNSUPPORTED_MEDIA_TYPE', message)
  }
  const encoding = headers['content-encoding']?.toLowerCase() ?? 'identity'
  if (isEncoding(encoding)) return encoding
  const message = `content-encoding ${describe(encoding)} is not supported; send gzip, deflate or none`
  throw new ServingError('UNSUPPORTED_MEDIA_TYPE', message)
}

/** Several events may end a body; the first one counts. */
function once(settle: Settle): Settle {
  let settled = false
  return (error, body) => {
    if (settled) return
    settled = true
    settle(error, body)
  }
}

function goneAway(cause?: unknown): ServingError {
  return new ServingError('CANCELLED', 'the client went away before its body had come', { cause })
}

function tooLarge(bytesMax: number): ServingError {
  return new ServingError(
    'BODY_TOO_LARGE',
    `the body is larger than the ${formatByteSize(bytesMax)} that this server accepts`
  )
}

/** The bytes of a body; a request without one has none. */
export function bodyOf(request: { readonly body: unknown }): Uint8Array {
  return request.body instanceof Uint8Array ? request.body : new Uint8Array(0)
}
