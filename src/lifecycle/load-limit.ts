// The time that one version has to become ready, over all its steps. A step inside the runtime cannot be interrupted on a thread: the
// load fails at once, and what the step gives after all goes to whoever cleans up.
import { type Clock, settlesWithin } from '../base/clock.ts'
import { LoadFailure } from './validate.ts'

export class LoadLimit {
  readonly #limitMs: number
  readonly #clock: Clock
  readonly #deadlineMs: number

  /** The time runs from now on. */
  constructor(limitMs: number, clock: Clock) {
    this.#limitMs = limitMs
    this.#clock = clock
    this.#deadlineMs = clock.monotonicMs() + limitMs
  }

  /** Never below 0. */
  get leftMs(): number {
    return Math.max(0, this.#deadlineMs - this.#clock.monotonicMs())
  }

  /**
   * What `work` gives. Throws LoadFailure when time runs out first, saying what the version was `doing`; `late` then gets what comes
   * after all, and a failure that comes after all is dropped.
   */
  async within<T>(doing: string, work: Promise<T>, late: (value: T) => unknown = () => {}): Promise<T> {
    if (await settlesWithin(this.#clock, this.leftMs, work)) return work
    void work.then(late).catch(() => {})
    throw new LoadFailure(
      `the version was not ready within ${this.#limitMs} ms (lifecycle.loadMaxMs): time ran out while ${doing}`
    )
  }
}
