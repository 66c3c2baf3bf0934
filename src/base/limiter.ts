// At most so many at once; the rest wait their turn.
import { deferred } from './deferred.ts'

export class Limiter {
  #free: number
  readonly #waiting: (() => void)[] = []

  constructor(atOnceMax: number) {
    this.#free = atOnceMax
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) {
      this.#free--
    } else {
      const turn = deferred<void>()
      this.#waiting.push(() => turn.resolve())
      await turn.promise
    }
    try {
      return await work()
    } finally {
      // A place goes straight to the next in line, so that nobody can slip in between.
      const next = this.#waiting.shift()
      if (next === undefined) this.#free++
      else next()
    }
  }
}
