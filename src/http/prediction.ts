// What every dialect's route does around a prediction: the caller's time, and an answer that may be compressed.
import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { describe } from '../base/describe.ts'
import { ServingError } from '../errors/serving-error.ts'
import type { Pipeline } from '../inference/pipeline.ts'
import type { RunTask } from '../protocol/elsewhere.ts'
import { acceptedEncoding, compress } from './compression.ts'

export interface PredictionServices {
  readonly infer: Pipeline['infer']
  /** Smaller answers are not compressed, whatever the caller accepts. */
  readonly compressBytesMin: number
  /** Larger JSON is read and written elsewhere. */
  readonly jsonOffloadBytes: number
  readonly runTask: RunTask
}

/** A number takes some ten characters. */
const charsPerElement = 10

/** Whether so many elements in JSON are written elsewhere. */
export function isMuch(elements: number, { jsonOffloadBytes }: PredictionServices): boolean {
  return elements * charsPerElement > jsonOffloadBytes
}

/** Sends text, or pieces of bytes, compressed where the caller takes that and it is worth it. */
export async function answerWith(
  request: FastifyRequest,
  reply: FastifyReply,
  body: string | readonly Uint8Array[],
  compressBytesMin: number
): Promise<unknown> {
  const compression = acceptedEncoding(request.headers['accept-encoding'])
  if (compression === undefined) return typeof body === 'string' ? body : sendable(body)
  const whole = typeof body === 'string' ? Buffer.from(body) : Buffer.concat(body)
  if (whole.length < compressBytesMin) return whole
  reply
    .header('content-encoding', compression)
    .header('vary', 'accept-encoding')
    .removeHeader('content-length')
  return compress(whole, compression)
}

function sendable(pieces: readonly Uint8Array[]): Buffer | Readable {
  const [only] = pieces
  if (pieces.length === 1 && only !== undefined) return Buffer.from(only.buffer, only.byteOffset, only.length)
  return Readable.from(pieces)
}

/** Milliseconds from 1, or undefined where there is no such header. Throws INVALID_REQUEST. */
export function timeoutOf({ headers }: FastifyRequest): number | undefined {
  const header = headers['x-kedge-timeout-ms']
  if (header === undefined) return undefined
  const ms = typeof header === 'string' && /^\d{1,9}$/.test(header) ? Number(header) : 0
  if (ms > 0) return ms
  const message = `header x-kedge-timeout-ms: expected a whole number of milliseconds from 1, got ${describe(header)}`
  throw new ServingError('INVALID_REQUEST', message)
}
