// Typed arrays → bytes of the binary tensor extension: little-endian, row-major, without padding. Numbers are not copied: their
// memory is what goes out. BYTES elements are a length in 4 bytes and then that many bytes of UTF-8.
import type { Tensor } from './tensor.ts'

const lengthBytes = 4

/** The data of `tensor`; the result shares its memory. */
export function tensorBytes({ data }: Tensor): Uint8Array {
  return Array.isArray(data) ? textBytes(data) : new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
}

function textBytes(texts: readonly string[]): Uint8Array {
  let total = 0
  for (const text of texts) total += lengthBytes + Buffer.byteLength(text)
  const bytes = Buffer.allocUnsafe(total)
  let at = 0
  for (const text of texts) {
    const length = bytes.write(text, at + lengthBytes)
    bytes.writeUInt32LE(length, at)
    at += lengthBytes + length
  }
  return bytes
}
