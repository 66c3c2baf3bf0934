// Requests of Triton's binary tensor extension: a JSON head, then the tensors' bytes in the order of the inputs, little-endian
// and without padding. The answer is asked for in binary too.
import { tensorBytes } from '../../tensor/binary-write.ts'
import type { NamedTensor } from '../../tensor/tensor.ts'

export interface BinaryRequest {
  readonly body: Uint8Array
  readonly headers: Readonly<Record<string, string>>
}

export function binaryRequest(tensors: readonly NamedTensor[]): BinaryRequest {
  const parts = tensors.map(tensorBytes)
  const head = Buffer.from(
    JSON.stringify({
      inputs: tensors.map(({ name, shape, datatype }, index) => ({
        name,
        shape,
        datatype,
        parameters: { binary_data_size: parts[index]!.byteLength }
      })),
      parameters: { binary_data_output: true }
    })
  )
  return {
    body: Buffer.concat([head, ...parts]),
    headers: {
      'content-type': 'application/octet-stream',
      'inference-header-content-length': String(head.byteLength)
    }
  }
}
