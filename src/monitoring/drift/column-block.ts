// Columns of numbers, gathered over requests until there are enough rows: counting them together takes a third of what counting each request's own
// does, for whose few values nothing is in the processor's caches.
import type { NamedTensor, Tensor } from '../../tensor/tensor.ts'
import { copyNumbers, rowElements } from './numbers.ts'
import type { MonitorPlan } from './plan.ts'

/** Rows that are gathered. */
export const blockRows = 32

/** Columns of one tensor, which stand together in the block. */
interface Run {
  readonly tensor: string
  /** Place of the first among the block's monitors. */
  readonly first: number
  readonly columns: Int32Array
}

export class ColumnBlock {
  /** Places in the plan. */
  readonly monitors: readonly number[]
  /** Monitor after monitor, `blockRows` each. */
  readonly values: Float64Array
  /** Gathered so far. */
  rows = 0
  readonly #runs: readonly Run[]

  /** `monitors` are places of monitors that read one column of numbers each. */
  constructor(plans: readonly MonitorPlan[], monitors: readonly number[]) {
    this.monitors = monitors
    this.values = new Float64Array(monitors.length * blockRows)
    const tensors = [...new Set(monitors.map(index => plans[index]!.tensor))]
    // Of one tensor together, in the plan's order, which they have already.
    this.#runs = tensors.map(tensor => {
      const own = monitors.flatMap((index, place) => (plans[index]!.tensor === tensor ? [place] : []))
      const columns = own.map(place => columnOf(plans[monitors[place]!]!))
      return { tensor, first: own[0]!, columns: Int32Array.from(columns) }
    })
  }

  get isFull(): boolean {
    return this.rows === blockRows
  }

  /** Whether all of its tensors are there. */
  isIn(tensors: readonly NamedTensor[]): boolean {
    for (let run = 0; run < this.#runs.length; run++)
      if (tensorOf(tensors, this.#runs[run]!.tensor, run) === undefined) return false
    return true
  }

  /** Takes rows `first`, `first + stride`, … until there are `count` or it is full; returns how many. */
  take(tensors: readonly NamedTensor[], first: number, stride: number, count: number): number {
    const taken = Math.min(count, blockRows - this.rows)
    for (let run = 0; run < this.#runs.length; run++) {
      const { tensor: name, first: place, columns } = this.#runs[run]!
      const tensor = tensorOf(tensors, name, run)
      if (tensor !== undefined) this.#copy(tensor, { place, columns, first, stride, taken })
    }
    this.rows += taken
    return taken
  }

  #copy(tensor: Tensor, { place, columns, first, stride, taken }: Copying): void {
    const { values, rows } = this
    const width = rowElements(tensor)
    const { data } = tensor
    const [start, step] = [first * width, stride * width]
    if (data instanceof Float32Array) {
      for (let column = 0; column < columns.length; column++) {
        let [from, to] = [start + columns[column]!, (place + column) * blockRows + rows]
        for (let row = 0; row < taken; row++, from += step) values[to++] = data[from]!
      }
      return
    }
    for (let column = 0; column < columns.length; column++) {
      const to = (place + column) * blockRows + rows
      copyNumbers(tensor, start + columns[column]!, step, taken, values, to)
    }
  }
}

interface Copying {
  readonly place: number
  readonly columns: Int32Array
  readonly first: number
  readonly stride: number
  readonly taken: number
}

/** They mostly come in the order of the plan. */
function tensorOf(tensors: readonly NamedTensor[], name: string, likely: number): NamedTensor | undefined {
  const tensor = tensors[likely]
  return tensor?.name === name ? tensor : tensors.find(other => other.name === name)
}

export function isColumnOfNumbers({ reading, datatype }: MonitorPlan): boolean {
  return reading.from === 'column' && datatype !== 'BYTES'
}

function columnOf({ reading }: MonitorPlan): number {
  return reading.from === 'column' ? reading.column : 0
}
