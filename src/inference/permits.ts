// How many predictions may be in progress at once, server-wide. Who finds no permit is refused at the door, before any work.
import { invariant } from '../base/invariant.ts'
import { ServingError } from '../errors/serving-error.ts'

export class Permits {
  readonly #max: number
  #taken = 0

  constructor(max: number) {
    this.#max = max
  }

  get taken(): number {
    return this.#taken
  }

  /** Throws OVERLOADED when all permits are out. */
  take(): void {
    if (this.#taken >= this.#max) {
      const message = `${this.#max} predictions are in progress already; try again`
      throw new ServingError('OVERLOADED', message, { retryAfterSeconds: 1 })
    }
    this.#taken++
  }

  giveBack(): void {
    invariant(this.#taken > 0, 'a permit is taken before it is given back')
    this.#taken--
  }
}
