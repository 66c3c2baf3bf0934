// What chance decides, from a seed alone: the same seed draws the same again.
import { type Random, randomBelow, seededRandom } from '../../../src/base/random.ts'

/** Spreads neighbouring numbers, so that the seeds of neighbours have nothing in common. */
const spread = 0x9e3779b1

export class Draw {
  readonly #random: Random

  constructor(seed: number, index: number) {
    this.#random = seededRandom(Math.imul(seed ^ Math.imul(index + 1, spread), spread))
  }

  below(end: number): number {
    return randomBelow(end, this.#random)
  }

  /** Both ends included. */
  between(low: number, high: number): number {
    return low + this.below(high - low + 1)
  }

  chance(share: number): boolean {
    return this.#random() < share
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!
  }

  bytes(length: number): Buffer {
    return Buffer.from(Array.from({ length }, () => this.below(256)))
  }

  /** Letters and digits. */
  word(length: number): string {
    const letters = 'abcdefghijklmnopqrstuvwxyz0123456789'
    return Array.from({ length }, () => letters[this.below(letters.length)]).join('')
  }

  /** The text with another put into it somewhere. */
  inserted(text: string, other: string): string {
    const at = this.below(text.length + 1)
    return text.slice(0, at) + other + text.slice(at)
  }

  /** The bytes in pieces, in order. */
  cut(bytes: Buffer, piecesMax: number): Buffer[] {
    const cuts = Array.from({ length: this.below(piecesMax) }, () => this.below(bytes.length + 1))
    const ends = [...cuts.sort((a, b) => a - b), bytes.length]
    return ends.map((end, index) => bytes.subarray(index === 0 ? 0 : ends[index - 1], end))
  }
}
