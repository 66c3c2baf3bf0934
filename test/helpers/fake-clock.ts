// A clock that stands still until a test moves it. Timers run inside advance, in the order of their due times.
import type { Clock } from '../../src/base/clock.ts'
import { turn } from './turn.ts'

interface Timer {
  readonly dueMs: number
  readonly action: () => void
  readonly holds: boolean
}

export class FakeClock implements Clock {
  readonly #startMs: number
  readonly #timers = new Set<Timer>()
  #elapsedMs = 0

  /** `startMs` is what now() says at first. */
  constructor(startMs = Date.UTC(2026, 0, 1)) {
    this.#startMs = startMs
  }

  now(): number {
    return this.#startMs + this.#elapsedMs
  }

  monotonicMs(): number {
    return this.#elapsedMs
  }

  after(delayMs: number, action: () => void, holds = true): () => void {
    const timer = { dueMs: this.#elapsedMs + Math.max(0, delayMs), action, holds }
    this.#timers.add(timer)
    return () => void this.#timers.delete(timer)
  }

  /** Timers that have neither run nor been cancelled. */
  get pending(): number {
    return this.#timers.size
  }

  /** Those of them that would keep a process alive. */
  get holding(): number {
    return [...this.#timers].filter(({ holds }) => holds).length
  }

  /**
   * Moves on by `ms` and runs what falls due on the way, timers set meanwhile included. Equal times run in the order they were
   * set. Whoever waits for a promise gets their turn before, between and after.
   */
  async advance(ms: number): Promise<void> {
    const endMs = this.#elapsedMs + ms
    await turn()
    for (let next = this.#next(endMs); next !== undefined; next = this.#next(endMs)) {
      this.#timers.delete(next)
      this.#elapsedMs = next.dueMs
      next.action()
      await turn()
    }
    this.#elapsedMs = endMs
  }

  #next(endMs: number): Timer | undefined {
    let first: Timer | undefined
    for (const timer of this.#timers) {
      if (timer.dueMs <= endMs && (first === undefined || timer.dueMs < first.dueMs)) first = timer
    }
    return first
  }
}
