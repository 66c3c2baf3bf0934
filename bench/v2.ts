// Requests and answers of the Open Inference Protocol, as JSON and with Triton's binary tensors.
import { elements } from './models.ts'
import type { Ask } from './wrk.ts'

const path = (model: string): string => `/v2/models/${model}/infer`

/** One FP32 tensor `x` as JSON. */
export function jsonAsk(model: string, shape: readonly number[], data: readonly number[]): Ask {
  return {
    path: path(model),
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ inputs: [{ name: 'x', shape, datatype: 'FP32', data }] })
  }
}

/** The same with the numbers as bytes behind the JSON, and the answer's numbers too. */
export function binaryAsk(model: string, shape: readonly number[], data: readonly number[]): Ask {
  const tensor = Buffer.from(Float32Array.from(data).buffer)
  const parameters = { binary_data_size: elements(shape) * Float32Array.BYTES_PER_ELEMENT }
  const header = Buffer.from(
    JSON.stringify({
      inputs: [{ name: 'x', shape, datatype: 'FP32', parameters }],
      outputs: [{ name: 'y', parameters: { binary_data: true } }]
    })
  )
  return {
    path: path(model),
    headers: {
      'content-type': 'application/octet-stream',
      'inference-header-content-length': String(header.length)
    },
    body: Buffer.concat([header, tensor])
  }
}

/** Sends one request over a connection of its own and throws unless it succeeds. */
export async function send(address: string, ask: Ask): Promise<Response> {
  const answer = await fetch(`${address}${ask.path}`, {
    method: 'POST',
    headers: ask.headers,
    body: typeof ask.body === 'string' ? ask.body : Buffer.from(ask.body)
  })
  if (!answer.ok) throw new Refused(answer.status, await answer.text())
  return answer
}

/** An answer that is no success. */
export class Refused extends Error {
  readonly status: number

  constructor(status: number, text: string) {
    super(`answered ${status}: ${text.slice(0, 500)}`)
    this.status = status
  }
}
