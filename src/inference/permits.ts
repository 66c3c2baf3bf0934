// How much may be in progress at once, server-wide: predictions, and the bytes of their bodies. Who finds no permit is refused at
// the door, before the body is read.

import { formatByteSize } from '../base/byte-size.ts'
import { invariant } from '../base/invariant.ts'
import { ServingError } from '../errors/serving-error.ts'

export interface PermitLimits {
  readonly requestsInFlightMax: number
  readonly bodyBytesInFlightMax: number
}

/** Leave to be in progress. */
export interface Permit {
  /** The body turns out larger than was announced. Throws OVERLOADED; what was taken before stays taken. */
  grow(bytes: number): void
  /** Gives everything back; a second call does nothing. */
  release(): void
}

export class Permits {
  readonly #limits: PermitLimits
  #requests = 0
  #bytes = 0

  constructor(limits: PermitLimits) {
    this.#limits = limits
  }

  get requests(): number {
    return this.#requests
  }

  get bytes(): number {
    return this.#bytes
  }

  /** For one prediction with a body of so many bytes. Throws OVERLOADED. */
  take(bytes: number): Permit {
    const { requestsInFlightMax } = this.#limits
    if (this.#requests >= requestsInFlightMax)
      throw overloaded(`${requestsInFlightMax} predictions are in progress already; try again`)
    this.#takeBytes(bytes, 0)
    this.#requests++
    let held = bytes
    let released = false
    return {
      grow: more => {
        invariant(!released, 'a permit grows before it is released')
        this.#takeBytes(more, held)
        held += more
      },
      release: () => {
        if (released) return
        released = true
        this.#requests--
        this.#bytes -= held
      }
    }
  }

  /** `held` are the bytes that the same body has already. */
  #takeBytes(bytes: number, held: number): void {
    const { bodyBytesInFlightMax } = this.#limits
    // Alone, even a body beyond the limit is let in: it could never come otherwise.
    if (this.#bytes > held && this.#bytes + bytes > bodyBytesInFlightMax) {
      const [taken, most] = [this.#bytes, bodyBytesInFlightMax].map(formatByteSize)
      throw overloaded(`bodies of ${taken} are in progress already, at most ${most} may be; try again`)
    }
    this.#bytes += bytes
  }
}

function overloaded(message: string): ServingError {
  return new ServingError('OVERLOADED', message, { retryAfterSeconds: 1 })
}
