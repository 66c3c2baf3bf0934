// The hot path: bytes in, the pipeline, bytes out.
import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { describe } from '../../base/describe.ts'
import { ServingError } from '../../errors/serving-error.ts'
import type { Inferred, Pipeline } from '../../inference/pipeline.ts'
import {
  headerLengthName,
  type LabelledSignature,
  readV2Body,
  type V2Request
} from '../../protocol/v2/decode.ts'
import { type V2Answer, v2Response } from '../../protocol/v2/encode.ts'
import { type OutputWishes, plainWishes, wishFor } from '../../protocol/v2/parameters.ts'
import { decodeElsewhere, encodeElsewhere, type RunTask } from '../../protocol/v2/tasks.ts'
import type { Signature } from '../../schema/signature.ts'
import { acceptedEncoding, compress } from '../compression.ts'
import { bodyOf } from '../plugins/bodies.ts'
import { documented } from '../plugins/openapi.ts'
import { type ModelParams, modelPaths } from './model-path.ts'

export interface InferServices {
  readonly infer: Pipeline['infer']
  readonly tensorsPerRequestMax: number
  /** Smaller answers are not compressed, whatever the caller accepts. */
  readonly compressBytesMin: number
  /** Larger JSON is read and written elsewhere. */
  readonly jsonOffloadBytes: number
  readonly runTask: RunTask
}

export function inferRoutes(app: FastifyInstance, services: InferServices): void {
  for (const { path, suffix, params } of modelPaths) {
    const schema = documented({
      operationId: `infer${suffix}`,
      summary: 'Predict',
      tag: 'Inference',
      description:
        'Inputs are checked against the model; see its metadata for names, datatypes and shapes. Tensors may be binary: see the binary tensor extension.',
      body: 'InferRequest',
      answer: 'InferResponse',
      errors: [400, 404, 413, 415, 429, 500, 501, 503, 504],
      params
    })
    app.post<{ Params: ModelParams }>(
      `${path}/infer`,
      { config: { scope: 'predict' }, schema },
      (request, reply) => answer(services, request, reply)
    )
  }
}

async function answer(
  services: InferServices,
  request: FastifyRequest<{ Params: ModelParams }>,
  reply: FastifyReply
): Promise<unknown> {
  const { params, headers } = request
  let wishes: OutputWishes = plainWishes
  const response = await services.infer({
    target: params,
    protocol: 'v2',
    timeoutMs: timeoutOf(headers['x-kedge-timeout-ms']),
    cancellation: request.cancellation ?? { cancelled: false },
    read: (signature, labelled) => {
      const reading = decode(services, request, signature, labelled)
      if (reading instanceof Promise)
        return reading.then(decoded => {
          wishes = decoded.wishes
          return decoded
        })
      wishes = reading.wishes
      return reading
    }
  })
  request.spent = response.outputs
  const encoding = encode(services, response, wishes)
  const { headers: about, body } = encoding instanceof Promise ? await encoding : encoding
  reply.headers(about)
  const compression = acceptedEncoding(headers['accept-encoding'])
  if (compression === undefined) return typeof body === 'string' ? body : sendable(body)
  const whole = typeof body === 'string' ? Buffer.from(body) : Buffer.concat(body)
  if (whole.length < services.compressBytesMin) return whole
  reply
    .header('content-encoding', compression)
    .header('vary', 'accept-encoding')
    .removeHeader('content-length')
  return compress(whole, compression)
}

/** Here, or elsewhere where there is much JSON to read: after that many bytes are known to be JSON. */
function decode(
  { tensorsPerRequestMax: tensorsMax, jsonOffloadBytes, runTask }: InferServices,
  request: FastifyRequest,
  signature: Signature,
  labelled: LabelledSignature
): V2Request | Promise<V2Request> {
  const length = request.headers[headerLengthName]
  const headerLength = length === undefined ? undefined : String(length)
  const body = bodyOf(request)
  const jsonBytes = headerLength === undefined ? body.length : Number(headerLength)
  if (jsonBytes > jsonOffloadBytes)
    return decodeElsewhere(runTask, { body, headerLength, signature, tensorsMax }, labelled)
  return readV2Body({ body, headerLength }, signature, tensorsMax, labelled)
}

/** A number takes some ten characters. */
const bytesPerElement = 10

function encode(
  { jsonOffloadBytes, runTask }: InferServices,
  response: Inferred,
  wishes: OutputWishes
): V2Answer | Promise<V2Answer> {
  const facts = response.from.manifest.outputs
  let elements = 0
  for (const { name, data } of response.outputs) if (!wishFor(wishes, name).binary) elements += data.length
  if (elements * bytesPerElement <= jsonOffloadBytes) return v2Response(response, wishes, facts)
  return encodeElsewhere(runTask, { response, wishes, facts }).then(({ headers, bytes }) => ({
    headers,
    body: [bytes]
  }))
}

function sendable(pieces: readonly Uint8Array[]): Buffer | Readable {
  const [only] = pieces
  if (pieces.length === 1 && only !== undefined) return Buffer.from(only.buffer, only.byteOffset, only.length)
  return Readable.from(pieces)
}

/** Milliseconds from 1, or undefined where there is no such header. Throws INVALID_REQUEST. */
function timeoutOf(header: string | string[] | undefined): number | undefined {
  if (header === undefined) return undefined
  const ms = typeof header === 'string' && /^\d{1,9}$/.test(header) ? Number(header) : 0
  if (ms > 0) return ms
  const message = `header x-kedge-timeout-ms: expected a whole number of milliseconds from 1, got ${describe(header)}`
  throw new ServingError('INVALID_REQUEST', message)
}
