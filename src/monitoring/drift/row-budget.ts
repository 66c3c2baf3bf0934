// How many rows of a request are looked at, so that counting never takes longer than it may: rows are left out evenly, and how many is
// told. What a row costs is measured while it is counted.
import type { Pick } from './numbers.ts'

/** Before anything was measured. */
const rowCostStandardUs = 5
/** Of a new measurement, once there are some: the first ones count in full. A pause for garbage in the middle of one says nothing about rows: it counts as a few times as much at most. */
const weight = 1 / 16
/** Of one of gathered rows, which are many, and come seldom where few rows are looked at. */
const weightGathered = 1 / 4
const gatheredStandardUs = 0.25
const surpriseMax = 4
/** Of one that is less: what takes longer than it must, on a busy machine or before the code is warm, says little about rows. */
const weightLess = 1 / 2

export class RowBudget {
  readonly #budgetUs: number
  readonly #random: () => number
  /** Of what happens with the request, and of what is gathered and counted later. */
  readonly #now = new Cost(rowCostStandardUs, weight)
  readonly #later = new Cost(gatheredStandardUs, weightGathered)
  /** Rows to pass over before the next one that is looked at; goes on from request to request. */
  #skip = 0

  /** `budgetUs` is the time for one request; 0 for any. */
  constructor(budgetUs: number, random: () => number) {
    this.#budgetUs = budgetUs
    this.#random = random
  }

  /** The rows of a request to look at; undefined for none of them. */
  take(rows: number): Pick | undefined {
    if (rows === 0) return undefined
    if (this.#budgetUs === 0) return { first: 0, stride: 1, count: rows }
    const affordable = this.#budgetUs / (this.#now.us + this.#later.us)
    const stride = Math.max(1, Math.ceil(Math.max(rows, 1) / affordable))
    if (stride === 1) return { first: 0, stride, count: rows }
    // A random start each time: rows that repeat in step with the stride must not always be the same ones.
    const first = rows === 1 ? this.#skip : Math.floor(this.#random() * stride)
    if (first >= rows) {
      this.#skip = first - rows
      return undefined
    }
    const count = Math.ceil((rows - first) / stride)
    if (rows === 1) this.#skip = Math.floor(this.#random() * (2 * stride - 1))
    return { first, stride, count }
  }

  /** Tells what reading so many rows has taken, and counting those that are not gathered. */
  spent(rows: number, tookUs: number): void {
    this.#now.add(tookUs / rows)
  }

  /** Tells what counting so many gathered rows has taken. */
  spentLater(rows: number, tookUs: number): void {
    this.#later.add(tookUs / rows)
  }
}

/** Of a row, a running mean. */
class Cost {
  us: number
  readonly #weight: number
  #measurements = 0

  constructor(us: number, weight: number) {
    this.us = us
    this.#weight = weight
  }

  add(us: number): void {
    const cost = Math.min(us, this.us * surpriseMax)
    this.#measurements++
    const share = Math.max(this.#weight, 1 / (1 + this.#measurements))
    this.us += (cost - this.us) * (cost < this.us ? Math.max(share, weightLess) : share)
  }
}
