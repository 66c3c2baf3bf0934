// Decoding and encoding as tasks for another thread: a few megabytes of JSON take longer than most models. Errors travel as data,
// since a thread gives another thread no more of an error than its message.
import type { ErrorCode } from '../../errors/codes.ts'
import { type Problem, ServingError } from '../../errors/serving-error.ts'
import type { Signature } from '../../schema/signature.ts'
import type { InferenceResponse, NamedTensor } from '../../tensor/tensor.ts'
import { readV2Body, type V2Body, type V2Request } from './decode.ts'
import { type OutputFacts, v2Response } from './encode.ts'
import type { OutputWishes } from './parameters.ts'

/** Runs a task elsewhere: moves the buffers, and gives back what the task gave. */
export type RunTask = (task: string, input: unknown, transfer: readonly ArrayBuffer[]) => Promise<unknown>

export interface DecodeInput extends V2Body {
  readonly signature: Signature
  readonly tensorsMax: number
}

export interface EncodeInput {
  readonly response: InferenceResponse
  readonly wishes: OutputWishes
  readonly facts: OutputFacts
}

/** An answer as bytes. */
export interface EncodedAnswer {
  readonly headers: Readonly<Record<string, string>>
  readonly bytes: Uint8Array
}

interface Refusal {
  readonly refused: {
    readonly code: ErrorCode
    readonly message: string
    readonly details: readonly Problem[]
  }
}

/** What runs over there. */
export const tasks = {
  decode({ body, headerLength, signature, tensorsMax }: DecodeInput) {
    try {
      const output = readV2Body({ body, headerLength }, signature, tensorsMax)
      return { output, transfer: ownBuffers(output.inputs) }
    } catch (error) {
      if (!(error instanceof ServingError)) throw error
      const { code, message, details } = error
      return { output: { refused: { code, message, details } } satisfies Refusal, transfer: [] }
    }
  },
  encode({ response, wishes, facts }: EncodeInput) {
    const { headers, body } = v2Response(response, wishes, facts)
    const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : Buffer.concat(body)
    return { output: { headers, bytes } satisfies EncodedAnswer, transfer: wholeBuffers([bytes]) }
  }
}

/** readV2Body on another thread; the memory of `body` moves there. Throws what readV2Body throws. */
export async function decodeElsewhere(run: RunTask, input: DecodeInput): Promise<V2Request> {
  const output = (await run('decode', input, wholeBuffers([input.body]))) as V2Request | Refusal
  if (!('refused' in output)) return output
  const { code, message, details } = output.refused
  throw new ServingError(code, message, { details })
}

/** v2Response on another thread, as bytes. */
export function encodeElsewhere(run: RunTask, { response, ...rest }: EncodeInput): Promise<EncodedAnswer> {
  // A view would take the whole buffer behind it along, which others still read.
  const outputs = response.outputs.map(output => ({ ...output, data: output.data.slice() }))
  const { id, model, version } = response
  const plain = { ...(id !== undefined && { id }), model, version, outputs }
  return run('encode', { response: plain, ...rest }, ownBuffers(outputs)) as Promise<EncodedAnswer>
}

function ownBuffers(tensors: readonly NamedTensor[]): ArrayBuffer[] {
  return wholeBuffers(tensors.flatMap(({ data }) => (Array.isArray(data) ? [] : [data])))
}

/** The buffers that belong to one array alone, each once. */
function wholeBuffers(
  arrays: readonly { readonly buffer: ArrayBufferLike; readonly byteLength: number }[]
): ArrayBuffer[] {
  const whole = new Set<ArrayBuffer>()
  for (const { buffer, byteLength } of arrays) {
    if (buffer instanceof ArrayBuffer && byteLength > 0 && byteLength === buffer.byteLength) whole.add(buffer)
  }
  return [...whole]
}
