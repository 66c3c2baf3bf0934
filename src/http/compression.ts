// Compressed bodies and answers. Unpacking stops at the limit: what claims to be small and unpacks to gigabytes is refused in time.
import { promisify } from 'node:util'
import { deflate, gunzip, gzip, inflate } from 'node:zlib'
import { ServingError } from '../errors/serving-error.ts'

export type Encoding = 'identity' | 'gzip' | 'deflate'

export function isEncoding(name: string): name is Encoding {
  return name === 'identity' || name === 'gzip' || name === 'deflate'
}

const unpackers = { gzip: promisify(gunzip), deflate: promisify(inflate) }
const packers = { gzip: promisify(gzip), deflate: promisify(deflate) }

export interface DecompressOptions {
  readonly bytesMax: number
  /** The byte there is to lie on a multiple of eight. */
  readonly alignAt: number
  /** Called with the bytes that it came to; may throw. */
  readonly onBytes: (bytes: number) => void
  readonly tooLarge: () => Error
}

/** Throws what `tooLarge` makes beyond the limit, and INVALID_REQUEST for what is not compressed as it says. */
export async function decompress(
  body: Uint8Array,
  encoding: Exclude<Encoding, 'identity'>,
  { bytesMax, alignAt, onBytes, tooLarge }: DecompressOptions
): Promise<Uint8Array> {
  let unpacked: Buffer
  try {
    unpacked = await unpackers[encoding](body, { maxOutputLength: bytesMax })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge()
    throw new ServingError('INVALID_REQUEST', `the body is not valid ${encoding}`, { cause: error })
  }
  onBytes(unpacked.length)
  if ((unpacked.byteOffset + alignAt) % 8 === 0) return unpacked
  const pad = (8 - (alignAt % 8)) % 8
  const aligned = Buffer.allocUnsafeSlow(unpacked.length + pad).subarray(pad)
  unpacked.copy(aligned)
  return aligned
}

/** The encoding that an answer may have, from `accept-encoding`: gzip before deflate; undefined for none. */
export function acceptedEncoding(header: string | undefined): Exclude<Encoding, 'identity'> | undefined {
  if (header === undefined) return undefined
  const accepted = new Set<string>()
  for (const part of header.toLowerCase().split(',')) {
    const [name = '', ...parameters] = part.split(';').map(text => text.trim())
    if (!parameters.some(text => /^q=0(\.0*)?$/.test(text))) accepted.add(name)
  }
  return accepted.has('gzip') ? 'gzip' : accepted.has('deflate') ? 'deflate' : undefined
}

export function compress(body: Uint8Array, encoding: Exclude<Encoding, 'identity'>): Promise<Buffer> {
  return packers[encoding](body)
}
