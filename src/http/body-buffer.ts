// Memory for one body as it arrives. Taken at once where the length was announced; else it grows by doubling. The byte at `alignAt`
// lies on a multiple of eight, so that typed arrays can begin there.
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

export class BodyBuffer {
  readonly #options: BodyBufferOptions
  readonly #pad: number
  #memory: Uint8Array
  #length = 0

  constructor(options: BodyBufferOptions) {
    this.#options = options
    this.#pad = (alignment - (options.alignAt % alignment)) % alignment
    this.#memory = this.#allocate(options.announced ?? Math.min(firstBytes, options.bytesMax))
  }

  /** Throws when the body is larger than it may be, or than was announced. */
  add(chunk: Uint8Array): void {
    const { announced, bytesMax, onGrowth, tooLarge } = this.#options
    const length = this.#length + chunk.length
    if (length > bytesMax) throw tooLarge()
    if (announced === undefined) onGrowth(chunk.length)
    if (length > this.#memory.length) this.#grow(length)
    this.#memory.set(chunk, this.#length)
    this.#length = length
  }

  /** The whole body. Throws INVALID_REQUEST when less came than was announced. */
  end(): Uint8Array {
    const { announced } = this.#options
    if (announced !== undefined && this.#length !== announced) {
      const message = `the body has ${this.#length} bytes, content-length announced ${announced}`
      throw new ServingError('INVALID_REQUEST', message)
    }
    return this.#memory.subarray(0, this.#length)
  }

  #grow(length: number): void {
    const memory = this.#allocate(Math.min(this.#options.bytesMax, Math.max(length, this.#memory.length * 2)))
    memory.set(this.#memory.subarray(0, this.#length))
    this.#memory = memory
  }

  /** Memory of its own: what lies in a pool with others cannot move to another thread. Unzeroed: what is read was written. */
  #allocate(bytes: number): Uint8Array {
    const whole = Buffer.allocUnsafeSlow(bytes + this.#pad)
    return new Uint8Array(whole.buffer, whole.byteOffset + this.#pad, bytes)
  }
}
