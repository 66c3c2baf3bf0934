// What a file that cannot be read as ONNX most likely is, from its first bytes: what people put in its place by mistake.
import { describe } from '../base/describe.ts'

/** As many bytes as are looked at. */
export const headBytesMax = 64

const latin1 = (text: string): Uint8Array => Buffer.from(text, 'latin1')

const kinds: readonly (readonly [start: Uint8Array, what: string])[] = [
  [
    latin1('version https://git-lfs.github.com/spec/'),
    "it is a pointer of Git LFS, not the file itself; fetch that with 'git lfs pull'"
  ],
  [latin1('PK\x03\x04'), 'it is a zip archive, as PyTorch and Keras save models; export the model to ONNX'],
  [latin1('\x89HDF\r\n'), 'it is an HDF5 file, as Keras saves models; export the model to ONNX'],
  ...[2, 3, 4, 5].map(
    protocol => [Uint8Array.of(0x80, protocol), 'it is a Python pickle; export the model to ONNX'] as const
  ),
  [latin1('\x1f\x8b'), 'it is compressed with gzip; unpack it']
]

/** A sentence with what to do, or undefined where the bytes say nothing. */
export function foreignFile(head: Uint8Array): string | undefined {
  const known = kinds.find(([start]) => start.every((byte, index) => head[index] === byte))
  if (known !== undefined) return known[1]
  const isText = (byte: number): boolean =>
    (byte >= 0x20 && byte < 0x7f) || byte === 0x0a || byte === 0x0d || byte === 0x09
  if (head.length === 0 || !head.every(isText)) return undefined
  return `it is text that begins with ${describe(Buffer.from(head).toString('latin1').slice(0, 32))}`
}
