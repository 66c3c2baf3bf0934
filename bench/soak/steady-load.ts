// A few clients that ask one thing after the other for as long as they are let, and what became of it.
import { setTimeout as wait } from 'node:timers/promises'
import { Pool } from 'undici'
import type { Ask } from '../wrk.ts'

export interface Failure {
  /** 0 where the connection broke. */
  readonly status: number
  readonly code: string
}

export interface SteadyLoadOptions {
  readonly clients: number
  /** What a client waits after an answer; 0 has it ask again in the same turn. */
  readonly pauseMs: number
}

/** Nobody asks again at once after a refusal. */
const pauseAfterFailureMs = 10

interface Watch {
  readonly sinceMs: number
  readonly waitingFor: Set<number>
  firstMs: number | undefined
  readonly done: (firstMs: number) => void
}

export class SteadyLoad {
  readonly #pool: Pool
  readonly #ask: Ask
  readonly #options: SteadyLoadOptions
  readonly #clients: Promise<void>[]
  #failures: Failure[] = []
  #watch: Watch | undefined
  #answered = 0
  #inFlight = 0
  #stopped = false

  constructor(address: string, ask: Ask, options: SteadyLoadOptions) {
    this.#pool = new Pool(address, { connections: options.clients, pipelining: 1 })
    this.#ask = ask
    this.#options = options
    this.#clients = Array.from({ length: options.clients }, (_, client) => this.#keepAsking(client))
  }

  /** Requests that are on their way now. */
  get inFlight(): number {
    return this.#inFlight
  }

  /** Successes so far. */
  get answered(): number {
    return this.#answered
  }

  /** The failures since this was last asked. */
  takeFailures(): readonly Failure[] {
    const failures = this.#failures
    this.#failures = []
    return failures
  }

  /**
   * Settles once each client has had a success that it asked for from now on, with the time of the first of all. No failure of what
   * is in flight now comes after that.
   */
  succeedAnew(): Promise<number> {
    return new Promise(done => {
      const waitingFor = new Set(this.#clients.keys())
      this.#watch = { sinceMs: performance.now(), waitingFor, firstMs: undefined, done }
    })
  }

  /** Waits for what is in flight. */
  async stop(): Promise<void> {
    this.#stopped = true
    await Promise.all(this.#clients)
    await this.#pool.close()
  }

  async #keepAsking(client: number): Promise<void> {
    while (!this.#stopped) {
      const askedMs = performance.now()
      this.#inFlight++
      const failure = await this.#once()
      this.#inFlight--
      if (failure === undefined) {
        this.#answered++
        this.#succeeded(client, askedMs)
      } else this.#failures.push(failure)
      const pauseMs = failure === undefined ? this.#options.pauseMs : pauseAfterFailureMs
      if (pauseMs > 0) await wait(pauseMs)
    }
  }

  async #once(): Promise<Failure | undefined> {
    const { path, headers, body } = this.#ask
    try {
      const answer = await this.#pool.request({ path, method: 'POST', headers: { ...headers }, body })
      const text = await answer.body.text()
      if (answer.statusCode === 200) return undefined
      return { status: answer.statusCode, code: codeOf(text) }
    } catch (error) {
      return { status: 0, code: String(error) }
    }
  }

  #succeeded(client: number, askedMs: number): void {
    const watch = this.#watch
    if (watch === undefined || askedMs < watch.sinceMs) return
    watch.firstMs ??= performance.now()
    watch.waitingFor.delete(client)
    if (watch.waitingFor.size > 0) return
    this.#watch = undefined
    watch.done(watch.firstMs)
  }
}

function codeOf(text: string): string {
  try {
    return String((JSON.parse(text) as { readonly code?: unknown }).code)
  } catch {
    return `no JSON: ${text.slice(0, 100)}`
  }
}
