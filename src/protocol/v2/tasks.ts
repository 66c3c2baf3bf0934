// Decoding and encoding as tasks for another thread: a few megabytes of JSON take longer than most models.
import type { InferenceResponse } from '../../tensor/tensor.ts'
import { packed } from '../../tensor/transfer.ts'
import { accepted, type Refusal, type RunTask, refusal, wholeBuffer } from '../elsewhere.ts'
import { type LabelledContract, readV2Body, type V2Body, type V2Contract, type V2Request } from './decode.ts'
import { type OutputFacts, v2Response } from './encode.ts'
import type { OutputWishes } from './parameters.ts'

export interface DecodeInput extends V2Body {
  readonly contract: V2Contract
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

/** What runs over there. */
export const v2Tasks = {
  decode({ body, headerLength, contract, tensorsMax, isFor }: DecodeInput & { readonly isFor?: string }) {
    let label: string | undefined
    // Which version that is, only the other thread knows.
    const ask = (asked: string): V2Contract => {
      label = asked
      return contract
    }
    try {
      const output = readV2Body(
        { body, headerLength },
        contract,
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
      return refusal(error)
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
  labelled: LabelledContract
): Promise<V2Request> {
  const decode = (work: DecodeInput & { readonly isFor?: string }) =>
    run('decode', work, wholeBuffer(work.body)) as Promise<V2Request | Labelled | Refusal>
  const { signature, rules } = input.contract
  // The rest of a contract need not travel.
  let output = await decode({ ...input, contract: { signature, rules } })
  if ('label' in output) {
    const { label, body } = output
    output = await decode({ ...input, body, contract: labelled(label), isFor: label })
  }
  return accepted(output as V2Request | Refusal)
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
