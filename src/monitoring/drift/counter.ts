// What requests bring, in cells: the part of drift monitoring that runs for every request. Integers only, so that the counts of two
// processes add up to those of one.
import type { NamedTensor } from '../../tensor/tensor.ts'
import { type CellPlace, type Cells, countCodes, countNumbers, countTexts } from './bins.ts'
import type { Pick } from './numbers.ts'
import type { MonitorPlan } from './plan.ts'
import type { RowBudget } from './row-budget.ts'
import { chunkRows, type Source, type Sources } from './sources.ts'

/** The first so many requests have their counting timed, and one in so many afterwards. */
const timedEvery = 16

export interface CounterOptions {
  readonly monitors: readonly MonitorPlan[]
  readonly cells: Cells
  readonly sources: Sources
  /** One for the inputs and one for the outputs, since their rows cost differently. */
  readonly budgets: { readonly inputs: RowBudget; readonly outputs: RowBudget }
  readonly nowMs: () => number
}

/** Places of the monitors that are read together, and the budget that they share. */
interface Part {
  readonly indexes: readonly number[]
  readonly budget: RowBudget
  requests: number
}

export class Counter {
  /** Since they were last taken out; in the order of `Cells`. */
  readonly cells: Uint32Array
  readonly sums: Float64Array
  /** Since the start: rows of inputs that came, and rows of them that were looked at. */
  rowsSeen = 0
  rowsCounted = 0
  readonly #options: CounterOptions
  readonly #inputs: Part
  readonly #outputs: Part
  readonly #lengths = new Float64Array(chunkRows)

  constructor(options: CounterOptions) {
    this.#options = options
    this.cells = new Uint32Array(options.cells.cellCount)
    this.sums = new Float64Array(options.cells.sumCount)
    const places = (isOutput: boolean): number[] =>
      options.monitors.flatMap(({ role }, index) => ((role === 'output') === isOutput ? [index] : []))
    this.#inputs = { indexes: places(false), budget: options.budgets.inputs, requests: 0 }
    this.#outputs = { indexes: places(true), budget: options.budgets.outputs, requests: 0 }
  }

  countInputs(tensors: readonly NamedTensor[], rows: number): void {
    this.rowsSeen += rows
    this.rowsCounted += this.#count(this.#inputs, tensors, rows)
  }

  countOutputs(tensors: readonly NamedTensor[], rows: number): void {
    this.#count(this.#outputs, tensors, rows)
  }

  /** Returns the rows that were looked at. */
  #count(part: Part, tensors: readonly NamedTensor[], rows: number): number {
    if (part.indexes.length === 0) return rows
    const pick = part.budget.take(rows)
    if (pick === undefined) return 0
    const { nowMs, sources } = this.#options
    const timed = part.requests < timedEvery || part.requests % timedEvery === 0
    part.requests++
    const startedMs = timed ? nowMs() : 0
    const { first, stride, count } = pick
    sources.take(tensors)
    for (let done = 0; done < count; done += chunkRows) {
      const chunk = { first: first + done * stride, stride, count: Math.min(chunkRows, count - done) }
      for (const index of part.indexes) this.#countMonitor(index, chunk)
    }
    sources.forget()
    if (timed) part.budget.spent(count, (nowMs() - startedMs) * 1000)
    return count
  }

  #countMonitor(index: number, pick: Pick): void {
    const source = this.#options.sources.each[index]
    if (source === undefined) return
    const place = this.#options.cells.places[index]!
    if (source.kind === 'texts') this.#countTexts(source, place, pick)
    else {
      const values = source.read(pick)
      if (values === undefined) return
      if (place.kind === 'numeric') countNumbers(place, values, pick.count, this.cells, this.sums)
      else countCodes(place, values, pick.count, this.cells)
    }
  }

  #countTexts(source: Extract<Source, { readonly kind: 'texts' }>, place: CellPlace, pick: Pick): void {
    const texts = source.read(pick)
    if (texts === undefined) return
    if (place.kind === 'categorical') {
      countTexts(place, texts, pick.count, this.cells)
      return
    }
    const lengths = this.#lengths
    for (let index = 0; index < pick.count; index++)
      lengths[index] = textLength(texts[index]!, place.bins.nullable)
    countNumbers(place, lengths, pick.count, this.cells, this.sums)
  }
}

/** UTF-16 units; NaN, which says that it is missing, for an empty text of a feature that may be. */
function textLength(text: string, nullable: boolean): number {
  return text === '' && nullable ? Number.NaN : text.length
}
