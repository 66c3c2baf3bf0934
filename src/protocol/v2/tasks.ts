// Decoding and encoding as tasks for another thread: a few megabytes of JSON take longer than most models. Errors travel as data,
// since a thread gives another thread no more of an error than its message.
import type { ErrorCode } from '../../errors/codes.ts'
import { type Problem, ServingError } from '../../errors/serving-error.ts'
import type { Signature } from '../../schema/signature.ts'
import type { InferenceResponse } from '../../tensor/tensor.ts'
import { packed } from '../../tensor/transfer.ts'
import { type LabelledSignature, readV2Body, type V2Body, type V2Request } from './decode.ts'
import { type OutputFacts, v2Response } from './encode.ts'
import type { OutputWishes } from './parameters.ts'

/** Runs a task elsewhere: moves the buffers, and gives back what the task gave. */
export type RunTask = (task: string, input: unknown, transfer: readonly ArrayBuffer[]) => Promise<unknown>

export interface DecodeInput extends V2Body {
  readonly signature: Signature
  readonly tensorsMax: number
}

/** The body asks for a version by label; it comes back unread. */
interface Labelled {
  readonly label: string
  readonly body: Uint8Array
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
  decode({ body, headerLength, signature, tensorsMax, isFor }: DecodeInput & { readonly isFor?: string }) {
    let label: string | undefined
    // Which version that is, only the other thread knows.
    const ask = (asked: string): Signature => {
      label = asked
      return signature
    }
    try {
      const output = readV2Body(
        { body, headerLength },
        signature,
        tensorsMax,
        isFor === undefined ? ask : undefined
      )
      if (label !== undefined)
        return { output: { label, body } satisfies Labelled, transfer: wholeBuffer(body) }
      const { tensors, transfer } = packed(output.inputs)
      return { output: { ...output, inputs: tensors }, transfer }
    } catch (error) {
      if (label !== undefined)
        return { output: { label, body } satisfies Labelled, transfer: wholeBuffer(body) }
      if (!(error instanceof ServingError)) throw error
      const { code, message, details } = error
      return { output: { refused: { code, message, details } } satisfies Refusal, transfer: [] }
    }
  },
  encode({ response, wishes, facts }: EncodeInput) {
    const { headers, body } = v2Response(response, wishes, facts)
    const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : Buffer.concat(body)
    return { output: { headers, bytes } satisfies EncodedAnswer, transfer: wholeBuffer(bytes) }
  }
}

/** readV2Body on another thread; the memory of `body` moves there. Throws what readV2Body throws. */
export async function decodeElsewhere(
  run: RunTask,
  input: DecodeInput,
  labelled: LabelledSignature
): Promise<V2Request> {
  const decode = (work: DecodeInput & { readonly isFor?: string }) =>
    run('decode', work, wholeBuffer(work.body)) as Promise<V2Request | Labelled | Refusal>
  let output = await decode(input)
  if ('label' in output) {
    const { label, body } = output
    output = await decode({ ...input, body, signature: labelled(label), isFor: label })
  }
  if (!('refused' in output)) return output as V2Request
  const { code, message, details } = output.refused
  throw new ServingError(code, message, { details })
}

/** v2Response on another thread, as bytes. */
export function encodeElsewhere(run: RunTask, { response, ...rest }: EncodeInput): Promise<EncodedAnswer> {
  // Others still read what the outputs of a batch lie in together.
  const copies = response.outputs.map(output => ({ ...output, data: output.data.slice() }))
  const { tensors, transfer } = packed(copies)
  const { id, model, version } = response
  const plain = { id, model, version, outputs: tensors }
  return run('encode', { response: plain, ...rest }, transfer) as Promise<EncodedAnswer>
}

/** The buffer that belongs to `bytes` alone, to move with them. */
function wholeBuffer({ buffer, byteLength }: Uint8Array): ArrayBuffer[] {
  return buffer instanceof ArrayBuffer && byteLength > 0 && byteLength === buffer.byteLength ? [buffer] : []
}
