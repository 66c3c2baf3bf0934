// A fair sample of rows from a stream whose length nobody knows (Vitter's algorithm R): every row has the same chance to be in it.
import type { NamedTensor } from '../../tensor/tensor.ts'
import { keptText } from './kept-text.ts'
import type { Pick } from './numbers.ts'
import type { MonitorPlan } from './plan.ts'
import { chunkRows, type Sources } from './sources.ts'

/** Values of one monitor, one a row that was kept. */
export type Column = Float64Array | string[]

export class Reservoir {
  /** Rows that were offered. */
  seen = 0
  /** Places of the monitors in `Sources`. */
  readonly #indexes: readonly number[]
  readonly #rowsMax: number
  readonly #random: () => number
  readonly #columns: Column[]

  /** Keeps the monitors at `indexes` of `monitors`. */
  constructor(
    monitors: readonly MonitorPlan[],
    indexes: readonly number[],
    rowsMax: number,
    random: () => number
  ) {
    this.#indexes = indexes
    this.#rowsMax = rowsMax
    this.#random = random
    this.#columns = indexes.map(index =>
      monitors[index]!.reading.from === 'column' && monitors[index]!.datatype === 'BYTES'
        ? []
        : new Float64Array(0)
    )
  }

  /** Rows that are kept. */
  get rows(): number {
    return Math.min(this.seen, this.#rowsMax)
  }

  /** Offers the picked rows of a request. */
  offer(sources: Sources, tensors: readonly NamedTensor[], { first, stride, count }: Pick): void {
    sources.take(tensors)
    for (let done = 0; done < count; done += chunkRows) {
      const pick = { first: first + done * stride, stride, count: Math.min(chunkRows, count - done) }
      const places = Array.from({ length: pick.count }, () => this.#place())
      if (places.every(place => place < 0)) continue
      for (const [column, index] of this.#indexes.entries()) {
        const values = sources.each[index]?.read(pick)
        if (values !== undefined) this.#keep(column, values, places)
      }
    }
    sources.forget()
  }

  /** What was kept of each monitor, by its place in the plan. */
  columns(): ReadonlyMap<number, Column> {
    const { rows } = this
    return new Map(
      this.#indexes.map((index, column) => [index, this.#columns[column]!.slice(0, rows)] as const)
    )
  }

  /** Where the next row goes; −1 where it is not kept. */
  #place(): number {
    const row = this.seen++
    if (row < this.#rowsMax) return row
    const place = Math.floor(this.#random() * this.seen)
    return place < this.#rowsMax ? place : -1
  }

  #keep(column: number, values: Float64Array | readonly string[], places: readonly number[]): void {
    const kept = this.#columns[column]!
    if (Array.isArray(kept)) {
      for (const [index, place] of places.entries())
        if (place >= 0) kept[place] = keptText(String(values[index]))
      return
    }
    const numbers = this.#roomFor(column, kept, Math.max(...places) + 1)
    for (const [index, place] of places.entries()) if (place >= 0) numbers[place] = values[index] as number
  }

  #roomFor(column: number, kept: Float64Array, rows: number): Float64Array {
    if (rows <= kept.length) return kept
    const larger = new Float64Array(Math.min(this.#rowsMax, Math.max(rows, kept.length * 2, chunkRows)))
    larger.set(kept)
    this.#columns[column] = larger
    return larger
  }
}
