// Bodies arrive as bytes and stay bytes: only a handler that knows the model can read them. What does not call itself JSON, or is
// compressed, is refused before it is read.
import type { FastifyInstance } from 'fastify'
import { describe } from '../../base/describe.ts'
import { ServingError } from '../../errors/serving-error.ts'

/** Clients that send no content type at all (tritonclient) mean JSON. */
const json = /^application\/(json|[\w.-]+\+json|octet-stream)\s*(;|$)/i

export function readBodiesAsBytes(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  app.addHook('preParsing', (request, _reply, payload, done) => {
    const type = request.headers['content-type']
    const encoding = request.headers['content-encoding']
    if (type !== undefined && !json.test(type)) {
      done(
        new ServingError(
          'UNSUPPORTED_MEDIA_TYPE',
          `content-type ${describe(type)} is not supported; send application/json`
        )
      )
    } else if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
      done(
        new ServingError(
          'UNSUPPORTED_MEDIA_TYPE',
          `content-encoding ${describe(encoding)} is not supported; send the body uncompressed`
        )
      )
    } else {
      done(null, payload)
    }
  })
}

/** The bytes of a body; a request without one has none. */
export function bodyOf(request: { readonly body: unknown }): Uint8Array {
  return request.body instanceof Uint8Array ? request.body : new Uint8Array(0)
}
