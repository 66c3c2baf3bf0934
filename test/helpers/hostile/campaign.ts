// Many attacks at once on one server, and what was wrong with how it took them. A fault tells how to repeat its attack.

import { readAnswers } from './answers.ts'
import type { Attack } from './attack.ts'
import { attackOf } from './attacks.ts'
import { faultsOf } from './judge.ts'
import type { Keys } from './keys.ts'
import { type Outcome, send } from './wire.ts'

export interface CampaignOptions {
  readonly address: string
  readonly seed: number
  /** Of a guarded server. */
  readonly keys?: Keys
  readonly atOnce?: number
}

/** Kept at most: one mistake of the server has many faults. */
const faultsKept = 50

export class Campaign {
  readonly faults: string[] = []
  faultCount = 0
  sent = 0
  /** Answers by kind of attack and status; `none` where there was none. */
  readonly tally = new Map<string, Map<string, number>>()
  readonly #options: CampaignOptions

  constructor(options: CampaignOptions) {
    this.#options = options
  }

  /** Sends the attacks with these numbers. */
  async run(from: number, to: number): Promise<void> {
    const { atOnce = 48 } = this.#options
    let next = from
    const loop = async (): Promise<void> => {
      while (next < to) await this.#one(next++)
    }
    await Promise.all(Array.from({ length: atOnce }, loop))
  }

  async #one(index: number): Promise<void> {
    const { address, seed, keys } = this.#options
    const attack = attackOf({ seed, index }, keys)
    const outcome = await send(address, attack)
    this.sent++
    this.#count(attack, outcome)
    for (const fault of faultsOf(attack, outcome, keys)) {
      this.faultCount++
      if (this.faults.length < faultsKept)
        this.faults.push(`seed ${seed}, attack ${index}, ${attack.kind}: ${fault}`)
    }
  }

  #count({ kind, isHead = false }: Attack, { bytes }: Outcome): void {
    const { answers } = readAnswers(bytes, { isHead })
    const kinds = this.tally.get(kind) ?? new Map<string, number>()
    this.tally.set(kind, kinds)
    for (const status of answers.length === 0 ? ['none'] : answers.map(answer => String(answer.status)))
      kinds.set(status, (kinds.get(status) ?? 0) + 1)
  }
}
