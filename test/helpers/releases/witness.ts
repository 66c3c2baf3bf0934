// Clients that ask one model again and again over connections that stay open, and note for each answer when it was asked for, when it came,
// and which version and content gave it.
import { setTimeout as wait } from 'node:timers/promises'
import { Pool } from 'undici'
import { type Prediction, predictionIn, questionOf } from './prediction.ts'

export interface Answer extends Prediction {
  /** Milliseconds since the epoch, as in the server's own records. */
  readonly askedMs: number
  readonly cameMs: number
}

export interface WitnessOptions {
  readonly clients: number
  /** What a client waits after an answer. */
  readonly pauseMs: number
}

/** As many failures as help: a server that is gone fails every request. */
const failuresNotedMax = 20

export class Witness {
  readonly answers: Answer[] = []
  /** The first ones, in words. */
  readonly failures: string[] = []
  #failed = 0
  readonly #pool: Pool
  readonly #path: string
  readonly #pauseMs: number
  readonly #clients: readonly Promise<void>[]
  #stopped = false

  constructor(address: string, model: string, { clients, pauseMs }: WitnessOptions) {
    this.#pool = new Pool(address, { connections: clients, pipelining: 1 })
    this.#path = `/v2/models/${model}/infer`
    this.#pauseMs = pauseMs
    this.#clients = Array.from({ length: clients }, (_, client) => this.#keepAsking(client))
  }

  /** Requests that were not answered with a prediction. */
  get failed(): number {
    return this.#failed
  }

  /** Waits for what is in flight. */
  async stop(): Promise<void> {
    this.#stopped = true
    await Promise.all(this.#clients)
    await this.#pool.close()
  }

  async #keepAsking(client: number): Promise<void> {
    for (let number = 0; !this.#stopped; number = (number + 1) % 1000) {
      // Different numbers in every request that may share a run: an answer meant for another would add something else.
      const data = [1000 * client + number, -number]
      try {
        await this.#askOnce(data)
      } catch (error) {
        this.#failed++
        if (this.failures.length < failuresNotedMax)
          this.failures.push(`${new Date().toISOString()} ${String(error)}`)
      }
      await wait(this.#pauseMs)
    }
  }

  async #askOnce(data: readonly number[]): Promise<void> {
    const askedMs = Date.now()
    const { statusCode, body } = await this.#pool.request({
      path: this.#path,
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: questionOf(data)
    })
    const prediction = predictionIn(statusCode, await body.text(), data)
    this.answers.push({ askedMs, cameMs: Date.now(), ...prediction })
  }
}
