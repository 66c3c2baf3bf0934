// Who uses a version right now: a counted hold. The last release after the end was announced wakes whoever waits to unload.
import type { Clock } from '../base/clock.ts'
import { type Deferred, deferred } from '../base/deferred.ts'
import { invariant } from '../base/invariant.ts'
import type { ModelVersion } from './model-version.ts'

/** A hold on a version; released exactly once, in a `finally`. */
export interface Handle {
  readonly version: ModelVersion
  release(): void
}

export class Holds {
  readonly version: ModelVersion
  readonly #clock: Clock
  #count = 0
  #lastUsedMs: number
  #idle: Deferred<void> | undefined

  constructor(version: ModelVersion, clock: Clock) {
    this.version = version
    this.#clock = clock
    this.#lastUsedMs = clock.monotonicMs()
  }

  get count(): number {
    return this.#count
  }

  /** When somebody last let go of it, on the monotonic clock; now while somebody holds it. */
  get lastUsedMs(): number {
    return this.#count > 0 ? this.#clock.monotonicMs() : this.#lastUsedMs
  }

  acquire(): Handle {
    this.#count++
    let held = true
    return {
      version: this.version,
      release: () => {
        invariant(held, 'a handle is released once')
        held = false
        this.#count--
        if (this.#count > 0) return
        this.#lastUsedMs = this.#clock.monotonicMs()
        this.#idle?.resolve()
      }
    }
  }

  /** Settles once nobody holds the version. Callers first see to it that nobody new can. */
  whenIdle(): Promise<void> {
    if (this.#count === 0) return Promise.resolve()
    this.#idle ??= deferred<void>()
    return this.#idle.promise
  }
}
