// Bodies of the V2 dialect with binary tensors, put together and taken apart.
import type { V2Body } from '../../src/protocol/v2/decode.ts'
import type { V2Answer } from '../../src/protocol/v2/encode.ts'

/** JSON first, then the parts; `headerLength` may be told wrongly. */
export function binaryBody(json: unknown, parts: readonly Uint8Array[] = [], headerLength?: string): V2Body {
  const head = Buffer.from(typeof json === 'string' ? json : JSON.stringify(json))
  return { body: Buffer.concat([head, ...parts]), headerLength: headerLength ?? String(head.length) }
}

/** A body of JSON alone. */
export function jsonBody(json: unknown): V2Body {
  return {
    body: Buffer.from(typeof json === 'string' ? json : JSON.stringify(json)),
    headerLength: undefined
  }
}

export interface AnsweredOutput {
  readonly name: string
  readonly shape: readonly number[]
  readonly datatype: string
  readonly parameters?: { readonly binary_data_size: number }
  readonly data?: readonly unknown[]
  /** The bytes of a binary output. */
  readonly bytes?: Buffer
}

/** The outputs of an answer, each with its own bytes where it is binary. Throws where the lengths do not add up. */
export function outputsOf({ headers, body }: V2Answer): AnsweredOutput[] {
  const bytes = typeof body === 'string' ? Buffer.from(body) : Buffer.concat(body)
  let at = Number(headers['inference-header-content-length'] ?? bytes.length)
  const { outputs } = JSON.parse(bytes.subarray(0, at).toString()) as { outputs: AnsweredOutput[] }
  const answered = outputs.map(output => {
    if (output.parameters === undefined) return output
    const part = bytes.subarray(at, at + output.parameters.binary_data_size)
    at += output.parameters.binary_data_size
    return { ...output, bytes: part }
  })
  if (at !== bytes.length) throw new Error(`${bytes.length - at} bytes are left`)
  return answered
}
