// When batches form: at the end of the event loop's turn, so that all that arrived in it can share a run. Those who run on this
// thread are served one after the other, and once they have used up their time the rest waits for the next turn: requests and
// probes are read in between.

/** Something that forms and runs batches when it is asked to. */
export interface Pumped {
  /** Does one step of work; true when there is more to do right now. */
  pump(): boolean
}

export interface TurnOptions {
  /** Time in one turn for all who run on this thread together. */
  readonly turnMaxMs: number
  readonly nowMs: () => number
  /** Calls back once at the end of this turn; `setImmediate` outside of tests. */
  readonly atTurnEnd: (action: () => void) => void
}

export class Turns {
  readonly #options: TurnOptions
  readonly #waiting = new Set<Pumped>()
  #scheduled = false

  constructor(options: TurnOptions) {
    this.#options = options
  }

  /** `pumped` is pumped at the end of this turn, once however often it asks. */
  ask(pumped: Pumped): void {
    this.#waiting.add(pumped)
    this.#schedule()
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    this.#options.atTurnEnd(() => this.#turn())
  }

  #turn(): void {
    this.#scheduled = false
    const { turnMaxMs, nowMs } = this.#options
    const endMs = nowMs() + turnMaxMs
    for (const pumped of this.#waiting) {
      this.#waiting.delete(pumped)
      // Behind the others: who has more to do than one step gets it after they had theirs.
      if (pumped.pump()) this.#waiting.add(pumped)
      if (nowMs() >= endMs) break
    }
    if (this.#waiting.size > 0) this.#schedule()
  }
}
