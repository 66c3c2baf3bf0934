// Bytes of the binary tensor extension → typed arrays, checked. The layout is little-endian and row-major without padding, which
// is what memory looks like wherever the runtime has a build: elements that lie aligned are viewed, others are copied once.
// BYTES elements are a length in 4 bytes and then that many bytes of UTF-8.
import { describe, describeShape } from '../base/describe.ts'
import type { Problem } from '../errors/serving-error.ts'
import { type Datatype, factsOf, type TensorData, viewElements } from './datatype.ts'
import { elementCount, type Shape } from './shape.ts'

/** A byte order mark at the start of an element is part of it. */
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

const lengthBytes = 4

/**
 * Reads `bytes` as the whole data of a tensor. The result may share their memory, which nobody may write to afterwards. `path`
 * names the place of the data, for the problem.
 */
export function readTensorBytes(
  bytes: Uint8Array,
  datatype: Datatype,
  shape: Shape,
  path: string
): TensorData | Problem {
  const count = elementCount(shape)
  if (count === undefined) return { path, kind: 'shape', problem: 'the product of the sizes is too large' }
  if (datatype === 'BYTES') return readTexts(bytes, count, shape, path)
  const elementBytes = factsOf(datatype).bytes
  if (bytes.length !== count * elementBytes) {
    const expected = `${bytesText(count * elementBytes)} for ${datatype} ${describeShape(shape)}`
    return {
      path,
      kind: 'shape',
      problem: 'binary data of the wrong length',
      expected,
      got: bytesText(bytes.length)
    }
  }
  if (datatype === 'BOOL') {
    const index = bytes.findIndex(byte => byte > 1)
    if (index !== -1) {
      const expected = 'a byte that is 0 or 1'
      return {
        path: `${path}[${index}]`,
        kind: 'type',
        problem: 'not a BOOL value',
        expected,
        got: String(bytes[index])
      }
    }
  }
  const { buffer, byteOffset, length } = bytes as Uint8Array<ArrayBuffer>
  return byteOffset % elementBytes === 0
    ? viewElements(datatype, buffer, byteOffset, count)
    : viewElements(datatype, buffer.slice(byteOffset, byteOffset + length), 0, count)
}

/** Every element takes at least its length, so the bytes that came bound what a shape can make us allocate. */
function readTexts(bytes: Uint8Array, count: number, shape: Shape, path: string): string[] | Problem {
  const wrong = (place: string, problem: string, expected: string, got: number): Problem => ({
    path: place,
    kind: 'shape',
    problem,
    expected,
    got: bytesText(got)
  })
  const least = count * lengthBytes
  if (bytes.length < least) {
    const expected = `at least ${bytesText(least)} for BYTES ${describeShape(shape)}`
    return wrong(path, 'binary data of the wrong length', expected, bytes.length)
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const texts: string[] = []
  let at = 0
  for (let index = 0; index < count; index++) {
    const place = `${path}[${index}]`
    const rest = bytes.length - at
    if (rest < lengthBytes) {
      return wrong(place, 'the data ends within the length of an element', bytesText(lengthBytes), rest)
    }
    const length = view.getUint32(at, true)
    if (length > rest - lengthBytes) {
      return wrong(place, 'the data ends within an element', bytesText(length), rest - lengthBytes)
    }
    at += lengthBytes
    const text = readText(bytes.subarray(at, at + length), place)
    if (typeof text !== 'string') return text
    texts.push(text)
    at += length
  }
  if (at < bytes.length) {
    const expected = `${bytesText(at)} for ${count} element${count === 1 ? '' : 's'}`
    return wrong(path, 'bytes are left after the last element', expected, bytes.length)
  }
  return texts
}

/**
 * One element of BYTES. The runtime takes text alone and cuts it at its first NUL: what is neither is refused, never answered
 * wrongly.
 */
export function readText(bytes: Uint8Array, path: string): string | Problem {
  const problem: Problem = {
    path,
    kind: 'type',
    problem: 'not a BYTES value',
    expected: 'UTF-8 text without NUL'
  }
  let text: string
  try {
    text = utf8.decode(bytes)
  } catch {
    return { ...problem, got: `${bytesText(bytes.length)} that are not UTF-8` }
  }
  return text.includes('\0') ? { ...problem, got: describe(text) } : text
}

/** `1 byte`, `24 bytes`. */
export function bytesText(count: number): string {
  return `${count} byte${count === 1 ? '' : 's'}`
}
