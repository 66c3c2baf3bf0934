// What requests bring, in cells: the part of drift monitoring that runs for every request. Integers only, so that the counts of two
// processes add up to those of one.
import type { NamedTensor } from '../../tensor/tensor.ts'
import { type CellPlace, type Cells, countCodes, countNumbers, countTexts } from './bins.ts'
import { blockRows, ColumnBlock, isColumnOfNumbers } from './column-block.ts'
import type { Pick } from './numbers.ts'
import type { PcaResidual } from './pca.ts'
import type { MonitorPlan } from './plan.ts'
import type { RowBudget } from './row-budget.ts'
import { chunkRows, type Source, type Sources } from './sources.ts'

/** The first so many requests have their reading timed, and one in so many afterwards. */
const timedEvery = 16

export interface CounterOptions {
  readonly monitors: readonly MonitorPlan[]
  readonly cells: Cells
  readonly sources: Sources
  /** The residual of inputs, the monitors that it reads, and its own. */
  readonly pca?: ResidualOptions | undefined
  /** One for the inputs and one for the outputs, since their rows cost differently. */
  readonly budgets: { readonly inputs: RowBudget; readonly outputs: RowBudget }
  readonly nowMs: () => number
}

export interface ResidualOptions {
  readonly residual: PcaResidual
  /** Places of the monitors that it reads. */
  readonly reads: readonly number[]
  /** Place of its own monitor. */
  readonly monitor: number
}

/** Places of the monitors that are read together, and the budget that they share. */
interface Part {
  /** Columns of numbers, which are gathered. */
  readonly blocks: readonly ColumnBlock[]
  /** The others, which are counted with their request. */
  readonly others: readonly number[]
  readonly budget: RowBudget
  requests: number
}

export class Counter {
  /** Since the start: rows of inputs that came, and rows of them that were looked at. */
  rowsSeen = 0
  rowsCounted = 0
  readonly #options: CounterOptions
  readonly #cells: Uint32Array
  readonly #sums: Float64Array
  readonly #inputs: Part
  readonly #outputs: Part
  readonly #lengths = new Float64Array(chunkRows)
  readonly #residual: {
    readonly row: Float64Array
    readonly values: Float64Array
    readonly at: readonly number[]
  }

  constructor(options: CounterOptions) {
    this.#options = options
    const { monitors, cells, budgets, pca } = options
    this.#cells = new Uint32Array(cells.cellCount)
    this.#sums = new Float64Array(cells.sumCount)
    this.#inputs = partOf(monitors, false, budgets.inputs)
    this.#outputs = partOf(monitors, true, budgets.outputs)
    const [block] = this.#inputs.blocks
    const at = (pca?.reads ?? []).map(monitor => (block?.monitors.indexOf(monitor) ?? 0) * blockRows)
    this.#residual = {
      row: new Float64Array(at.length),
      values: new Float64Array(at.length > 0 ? blockRows : 0),
      at
    }
  }

  /** Counts since they were last taken out, in the order of `Cells`. */
  get cells(): Uint32Array {
    this.#settle()
    return this.#cells
  }

  get sums(): Float64Array {
    this.#settle()
    return this.#sums
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
    const { blocks, others, budget } = part
    if (blocks.length === 0 && others.length === 0) return rows
    const pick = budget.take(rows)
    if (pick === undefined) return 0
    const { nowMs } = this.#options
    const timed = part.requests < timedEvery || part.requests % timedEvery === 0
    part.requests++
    const startedMs = timed ? nowMs() : 0
    let gatheredMs = 0
    for (const block of blocks) gatheredMs += this.#gather(block, budget, tensors, pick)
    if (others.length > 0) this.#countOthers(others, tensors, pick)
    if (timed) budget.spent(pick.count, (nowMs() - startedMs - gatheredMs) * 1000)
    return pick.count
  }

  /** Returns the time that counting what was gathered took. */
  #gather(block: ColumnBlock, budget: RowBudget, tensors: readonly NamedTensor[], pick: Pick): number {
    if (!block.isIn(tensors)) return 0
    let tookMs = 0
    for (let done = 0; done < pick.count; ) {
      done += block.take(tensors, pick.first + done * pick.stride, pick.stride, pick.count - done)
      if (!block.isFull) continue
      const startedMs = this.#options.nowMs()
      this.#countBlock(block)
      const ms = this.#options.nowMs() - startedMs
      budget.spentLater(blockRows, ms * 1000)
      tookMs += ms
    }
    return tookMs
  }

  #settle(): void {
    for (const { blocks } of [this.#inputs, this.#outputs])
      for (const block of blocks) if (block.rows > 0) this.#countBlock(block)
  }

  #countBlock(block: ColumnBlock): void {
    const { monitors, values, rows } = block
    const { places } = this.#options.cells
    for (let column = 0; column < monitors.length; column++) {
      const place = places[monitors[column]!]!
      const from = column * blockRows
      if (place.kind === 'numeric') countNumbers(place, values, from, from + rows, this.#cells, this.#sums)
      else countCodes(place, values, from, from + rows, this.#cells)
    }
    if (block === this.#inputs.blocks[0]) this.#countResidual(block)
    block.rows = 0
  }

  #countResidual({ values, rows }: ColumnBlock): void {
    const { pca, cells } = this.#options
    if (pca === undefined) return
    const { row, values: residuals, at } = this.#residual
    for (let index = 0; index < rows; index++) {
      for (let column = 0; column < at.length; column++) row[column] = values[at[column]! + index]!
      residuals[index] = pca.residual.residual(row)
    }
    const place = cells.places[pca.monitor]!
    if (place.kind === 'numeric') countNumbers(place, residuals, 0, rows, this.#cells, this.#sums)
  }

  #countOthers(monitors: readonly number[], tensors: readonly NamedTensor[], pick: Pick): void {
    const { sources } = this.#options
    const { first, stride, count } = pick
    sources.take(tensors)
    for (let done = 0; done < count; done += chunkRows) {
      const chunk = { first: first + done * stride, stride, count: Math.min(chunkRows, count - done) }
      for (const index of monitors) this.#countMonitor(index, chunk)
    }
    sources.forget()
  }

  #countMonitor(index: number, pick: Pick): void {
    const source = this.#options.sources.each[index]
    if (source === undefined) return
    const place = this.#options.cells.places[index]!
    if (source.kind === 'texts') this.#countTexts(source, place, pick)
    else {
      const values = source.read(pick)
      if (values === undefined) return
      if (place.kind === 'numeric') countNumbers(place, values, 0, pick.count, this.#cells, this.#sums)
      else countCodes(place, values, 0, pick.count, this.#cells)
    }
  }

  #countTexts(source: Extract<Source, { readonly kind: 'texts' }>, place: CellPlace, pick: Pick): void {
    const texts = source.read(pick)
    if (texts === undefined) return
    if (place.kind === 'categorical') {
      countTexts(place, texts, pick.count, this.#cells)
      return
    }
    const lengths = this.#lengths
    for (let index = 0; index < pick.count; index++)
      lengths[index] = textLength(texts[index]!, place.bins.nullable)
    countNumbers(place, lengths, 0, pick.count, this.#cells, this.#sums)
  }
}

/** Inputs are there in every request, and are gathered together; outputs may be asked for one by one. */
function partOf(monitors: readonly MonitorPlan[], isOutput: boolean, budget: RowBudget): Part {
  const own = monitors.flatMap(({ role }, index) => ((role === 'output') === isOutput ? [index] : []))
  const columns = own.filter(index => isColumnOfNumbers(monitors[index]!))
  const tensors = new Set(columns.map(index => monitors[index]!.tensor))
  const groups = isOutput
    ? [...tensors].map(tensor => columns.filter(index => monitors[index]!.tensor === tensor))
    : columns.length > 0
      ? [columns]
      : []
  const others = own.filter(index => !columns.includes(index) && monitors[index]!.reading.from !== 'pca')
  return { blocks: groups.map(group => new ColumnBlock(monitors, group)), others, budget, requests: 0 }
}

/** UTF-16 units; NaN, which says that it is missing, for an empty text of a feature that may be. */
function textLength(text: string, nullable: boolean): number {
  return text === '' && nullable ? Number.NaN : text.length
}
