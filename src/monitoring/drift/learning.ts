// A version without a baseline makes one of the rows that come: a fair sample of so many, over at least so long a time, that one burst
// does not define what is normal. Rows are kept in memory only, and forgotten when the baseline is made.
import type { NamedTensor } from '../../tensor/tensor.ts'
import type { Pick } from './numbers.ts'
import type { MonitorPlan } from './plan.ts'
import type { ProfileSource } from './profile.ts'
import { type Column, Reservoir } from './reservoir.ts'
import { Sources } from './sources.ts'

export interface LearningOptions {
  readonly rows: number
  readonly durationMinMs: number
  readonly random: () => number
  /** When it began, on the monotonic clock. */
  readonly startedMs: number
}

/** What the sample of one version may hold, in numbers; a text counts as several. Wide models learn from fewer rows. */
const numbersMax = 2_000_000
const numbersInText = 32
const rowsFloor = 500

export class Learning {
  /** Rows that the sample has to have. */
  readonly rowsNeeded: number
  readonly #options: LearningOptions
  readonly #sources: Sources
  readonly #inputs: Reservoir
  readonly #outputs: Reservoir
  readonly #outputNames: readonly string[]

  constructor(plans: readonly MonitorPlan[], seed: number, options: LearningOptions) {
    this.#options = options
    const rowNumbers = plans.reduce(
      (sum, { datatype }) => sum + (datatype === 'BYTES' ? numbersInText : 1),
      1
    )
    this.rowsNeeded = Math.min(options.rows, Math.max(rowsFloor, Math.floor(numbersMax / rowNumbers)))
    this.#sources = new Sources(plans, { seed })
    const places = (role: MonitorPlan['role']): number[] =>
      plans.flatMap((plan, index) => (plan.role === role ? [index] : []))
    this.#inputs = new Reservoir(plans, places('input'), this.rowsNeeded, options.random)
    this.#outputs = new Reservoir(plans, places('output'), this.rowsNeeded, options.random)
    this.#outputNames = plans.flatMap(({ role, tensor }) => (role === 'output' ? [tensor] : []))
  }

  /** Rows that the sample has by now. */
  get rows(): number {
    return Math.min(this.#inputs.rows, this.#outputs.rows)
  }

  get rowsSeen(): number {
    return this.#inputs.seen
  }

  offerInputs(tensors: readonly NamedTensor[], rows: number): void {
    this.#inputs.offer(this.#sources, tensors, evenly(rows))
  }

  /** Answers to those who asked for some of the outputs only are passed over: a row is kept whole. */
  offerOutputs(tensors: readonly NamedTensor[], rows: number): void {
    if (this.#outputNames.every(name => tensors.some(tensor => tensor.name === name)))
      this.#outputs.offer(this.#sources, tensors, evenly(rows))
  }

  /** Time that it takes at least, from `nowMs` on. */
  remainingMs(nowMs: number): number {
    return Math.max(0, this.#options.startedMs + this.#options.durationMinMs - nowMs)
  }

  isComplete(nowMs: number): boolean {
    return this.rows >= this.rowsNeeded && this.remainingMs(nowMs) === 0
  }

  /** What the profile is made of: values by the place of their monitor, and where they come from. */
  sample(): { readonly columns: ReadonlyMap<number, Column>; readonly source: ProfileSource } {
    const columns = new Map([...this.#inputs.columns(), ...this.#outputs.columns()])
    const { seen: rows, rows: sampledRows } = this.#inputs
    return { columns, source: { kind: 'live-capture', rows, sampledRows } }
  }
}

/** A large request is one burst: so many of its rows speak for it. */
const rowsPerRequestMax = 64

function evenly(rows: number): Pick {
  const stride = Math.max(1, Math.ceil(rows / rowsPerRequestMax))
  return { first: 0, stride, count: Math.ceil(rows / stride) }
}
