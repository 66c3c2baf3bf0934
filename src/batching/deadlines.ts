// Calls back when something's time is over, with one timer for all: it goes off at the earliest deadline, looks through what is
// still there, and is set anew. What ends before its deadline, as nearly everything does, costs no timer.
import type { Clock } from '../base/clock.ts'

export class Deadlines<T> {
  readonly #clock: Clock
  readonly #onExpired: (item: T) => void
  readonly #items = new Map<T, number>()
  #dueMs = Number.POSITIVE_INFINITY
  #cancel: (() => void) | undefined

  constructor(clock: Clock, onExpired: (item: T) => void) {
    this.#clock = clock
    this.#onExpired = onExpired
  }

  /** `deadlineMs` on the clock's monotonic scale. */
  add(item: T, deadlineMs: number): void {
    this.#items.set(item, deadlineMs)
    if (deadlineMs < this.#dueMs) this.#arm(deadlineMs)
  }

  delete(item: T): void {
    this.#items.delete(item)
  }

  #arm(deadlineMs: number): void {
    this.#cancel?.()
    this.#dueMs = deadlineMs
    // Timers count whole milliseconds: one more, so that it is over when the timer goes off.
    const delayMs = Math.max(0, Math.ceil(deadlineMs - this.#clock.monotonicMs()))
    this.#cancel = this.#clock.after(delayMs, () => this.#look(), false)
  }

  #look(): void {
    this.#dueMs = Number.POSITIVE_INFINITY
    this.#cancel = undefined
    const nowMs = this.#clock.monotonicMs()
    let earliestMs = Number.POSITIVE_INFINITY
    for (const [item, deadlineMs] of this.#items) {
      if (deadlineMs <= nowMs) {
        this.#items.delete(item)
        this.#onExpired(item)
      } else if (deadlineMs < earliestMs) earliestMs = deadlineMs
    }
    if (earliestMs < this.#dueMs) this.#arm(earliestMs)
  }
}
