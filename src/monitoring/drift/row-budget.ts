// How many rows of a request are looked at, so that counting never takes longer than it may: rows are left out evenly, and how many is
// told. What a row costs is measured while it is counted.
import type { Pick } from './numbers.ts'

/** Before anything was measured. */
const rowCostStandardUs = 5
/** Of a new measurement, once there are some: the first ones count in full. A pause for garbage in the middle of one says nothing about rows: it counts as a few times as much at most. */
const weight = 1 / 16
const surpriseMax = 4

export class RowBudget {
  readonly #budgetUs: number
  readonly #random: () => number
  #rowCostUs = rowCostStandardUs
  #measurements = 0
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
    const affordable = this.#budgetUs / this.#rowCostUs
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

  /** Tells what counting so many rows has taken. */
  spent(rows: number, tookUs: number): void {
    const cost = Math.min(tookUs / rows, this.#rowCostUs * surpriseMax)
    this.#measurements++
    this.#rowCostUs += (cost - this.#rowCostUs) * Math.max(weight, 1 / (1 + this.#measurements))
  }
}
