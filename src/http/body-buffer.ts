// Memory for one body as it arrives. One that comes in a single piece stays where it is; else memory is taken at once where the
// length was announced, and grows by doubling where it was not. The byte at `alignAt` lies on a multiple of eight, so that typed
// arrays can begin there.
import { giveBack } from '../base/spent-memory.ts'
import { ServingError } from '../errors/serving-error.ts'

export interface BodyBufferOptions {
  readonly announced: number | undefined
  readonly bytesMax: number
  readonly alignAt: number
  /** Called with the bytes that were not announced, before they are kept; may throw. */
  readonly onGrowth: (bytes: number) => void
  readonly tooLarge: () => Error
}

const alignment = 8
const firstBytes = 16 * 1024

/** Whether the byte that is to be aligned would be, without the `pad` before it. Pieces of bodies begin at the start of their memory. */
function isAligned({ byteOffset }: Uint8Array, pad: number): boolean {
  return (byteOffset - pad) % alignment === 0
}

export class BodyBuffer {
  readonly #options: BodyBufferOptions
  readonly #pad: number
  #memory: Uint8Array | undefined
  #length = 0

  constructor(options: BodyBufferOptions) {
    this.#options = options
    this.#pad = (alignment - (options.alignAt % alignment)) % alignment
  }

  /** The chunk is the body's from now on. Throws when the body is larger than it may be, or than was announced. */
  add(chunk: Uint8Array): void {
    const { announced, bytesMax, onGrowth, tooLarge } = this.#options
    const length = this.#length + chunk.length
    if (length > bytesMax) throw tooLarge()
    if (announced === undefined) onGrowth(chunk.length)
    if (this.#memory === undefined && chunk.length === announced && isAligned(chunk, this.#pad))
      this.#memory = chunk
    else this.#keep(chunk)
    this.#length = length
  }

  /** The whole body. Throws INVALID_REQUEST when less came than was announced. */
  end(): Uint8Array {
    const { announced } = this.#options
    if (announced !== undefined && this.#length !== announced) {
      const message = `the body has ${this.#length} bytes, content-length announced ${announced}`
      throw new ServingError('INVALID_REQUEST', message)
    }
    const memory = this.#memory ?? this.#allocate(0)
    return memory.length === this.#length ? memory : memory.subarray(0, this.#length)
  }

  #keep(chunk: Uint8Array): void {
    const { announced, bytesMax } = this.#options
    const length = this.#length + chunk.length
    let memory = this.#memory ?? this.#allocate(announced ?? Math.min(Math.max(firstBytes, length), bytesMax))
    if (length > memory.length) {
      const before = memory
      memory = this.#allocate(Math.min(bytesMax, Math.max(length, before.length * 2)))
      memory.set(before.subarray(0, this.#length))
    }
    memory.set(chunk, this.#length)
    giveBack(chunk)
    this.#memory = memory
  }

  /** Memory of its own: what lies in a pool with others cannot move to another thread. Unzeroed: what is read was written. */
  #allocate(bytes: number): Uint8Array {
    const whole = Buffer.allocUnsafeSlow(bytes + this.#pad)
    return new Uint8Array(whole.buffer, whole.byteOffset + this.#pad, bytes)
  }
}
