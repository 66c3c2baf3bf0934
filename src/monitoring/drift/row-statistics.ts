// What can be said of a whole row of a tensor in a few numbers: per-channel statistics on a grid, the scores of class probabilities,
// random projections. Each is computed once for all the monitors that read it.
import type { Tensor } from '../../tensor/tensor.ts'
import { copyNumbers, type Pick, rowElements } from './numbers.ts'
import type { ChannelLayout, ClassScore, Statistic } from './plan.ts'

/** Elements of a row that are looked at; longer rows are looked at on a grid. A pass over an image would cost more than its run. */
const gridMax = 1024

/** Columns of numbers, by name, for the rows of one pick. */
export interface RowStatistics {
  /** Fills the columns from a tensor; again only for another tensor or pick. */
  fill(tensor: Tensor, pick: Pick): void
  readonly columns: Readonly<Record<string, Float64Array>>
}

/** Looks once at each tensor and pick, however many monitors ask. */
abstract class Remembered implements RowStatistics {
  abstract readonly columns: Readonly<Record<string, Float64Array>>
  #tensor: Tensor | undefined
  #first = -1
  #count = -1

  fill(tensor: Tensor, pick: Pick): void {
    if (this.#tensor === tensor && this.#first === pick.first && this.#count === pick.count) return
    this.#tensor = tensor
    this.#first = pick.first
    this.#count = pick.count
    const width = rowElements(tensor)
    for (let index = 0; index < pick.count; index++)
      this.row(tensor, (pick.first + index * pick.stride) * width, width, index)
  }

  /** Nothing of a request is held longer than it lasts. */
  forget(): void {
    this.#tensor = undefined
  }

  protected abstract row(tensor: Tensor, start: number, width: number, index: number): void
}

/** A prime meets every column of an image, where a step that shares a factor with its width would look at some of them alone. */
function gridStep(elements: number): number {
  let step = Math.ceil(elements / gridMax)
  while (step > 1 && !isPrime(step)) step++
  return step
}

function isPrime(number: number): boolean {
  for (let divisor = 2; divisor * divisor <= number; divisor++) if (number % divisor === 0) return false
  return true
}

/** Mean, deviation, least, greatest, share of zeros and Euclidean norm (scaled up from the grid) of one channel. NaN where nothing is finite. */
export class ChannelStatistics extends Remembered {
  readonly columns: Readonly<Record<Statistic, Float64Array>>
  readonly #layout: ChannelLayout
  readonly #channel: number
  readonly #channels: number
  readonly #scratch = new Float64Array(gridMax)

  constructor(rows: number, layout: ChannelLayout, channel: number, channels: number) {
    super()
    const column = (): Float64Array => new Float64Array(rows)
    this.columns = {
      mean: column(),
      deviation: column(),
      min: column(),
      max: column(),
      zeros: column(),
      norm: column()
    }
    this.#layout = layout
    this.#channel = channel
    this.#channels = channels
  }

  protected row(tensor: Tensor, start: number, width: number, index: number): void {
    const isLast = this.#layout === 'last'
    const size = Math.floor(width / this.#channels)
    const grid = gridStep(size)
    const from = start + (isLast ? this.#channel : this.#channel * size)
    const count = Math.ceil(size / grid)
    const values = this.#scratch
    copyNumbers(tensor, from, isLast ? grid * this.#channels : grid, count, values)
    let [finite, sum, squares, zeros] = [0, 0, 0, 0]
    let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
    for (let at = 0; at < count; at++) {
      const value = values[at]!
      if (value - value !== 0) continue
      finite++
      sum += value
      squares += value * value
      if (value < min) min = value
      if (value > max) max = value
      if (value === 0) zeros++
    }
    const { columns } = this
    const mean = sum / finite
    columns.mean[index] = mean
    columns.deviation[index] = Math.sqrt(Math.max(0, squares / finite - mean * mean))
    columns.min[index] = finite === 0 ? Number.NaN : min
    columns.max[index] = finite === 0 ? Number.NaN : max
    columns.zeros[index] = zeros / finite
    columns.norm[index] = finite === 0 ? Number.NaN : Math.sqrt((squares * size) / finite)
  }
}

/** The greatest probability, the entropy in bits, and the class that has the greatest. */
export class ClassScores extends Remembered {
  readonly columns: Readonly<Record<ClassScore, Float64Array>>
  #scratch = new Float64Array(64)

  constructor(rows: number) {
    super()
    this.columns = {
      confidence: new Float64Array(rows),
      entropy: new Float64Array(rows),
      class: new Float64Array(rows)
    }
  }

  protected row(tensor: Tensor, start: number, width: number, index: number): void {
    if (this.#scratch.length < width) this.#scratch = new Float64Array(width)
    const values = this.#scratch
    copyNumbers(tensor, start, 1, width, values)
    let [best, at, entropy] = [Number.NaN, Number.NaN, 0]
    for (let column = 0; column < width; column++) {
      const share = values[column]!
      if (!(share <= best)) {
        best = share
        at = column
      }
      if (share > 0) entropy -= share * Math.log2(share)
      else if (Number.isNaN(share)) entropy = Number.NaN
    }
    this.columns.confidence[index] = best
    this.columns.entropy[index] = Math.max(0, entropy)
    this.columns.class[index] = at
  }
}

/** Dot products with fixed random directions, which keep distances (Johnson and Lindenstrauss); the profile holds their seed. */
export class Projections extends Remembered {
  readonly columns: Readonly<Record<string, Float64Array>>
  readonly #each: readonly Float64Array[]
  readonly #random: () => () => number
  readonly #scratch = new Float64Array(gridMax)
  #weights = new Float64Array(0)
  #width = -1

  /** `random` begins a row of numbers in [0, 1), the same ones each time: rows of one width always meet the same directions. */
  constructor(rows: number, count: number, random: () => () => number) {
    super()
    this.#each = Array.from({ length: count }, () => new Float64Array(rows))
    this.columns = Object.fromEntries(this.#each.map((column, index) => [String(index), column]))
    this.#random = random
  }

  protected row(tensor: Tensor, start: number, width: number, index: number): void {
    const grid = gridStep(width)
    const count = Math.ceil(width / grid)
    if (this.#width !== width) this.#direct(width, count)
    const values = this.#scratch
    copyNumbers(tensor, start, grid, count, values)
    for (const [which, column] of this.#each.entries()) {
      let product = 0
      for (let at = 0; at < count; at++) product += values[at]! * this.#weights[which * count + at]!
      column[index] = product
    }
  }

  #direct(width: number, count: number): void {
    this.#width = width
    const normal = gaussian(this.#random())
    this.#weights = Float64Array.from(
      { length: count * this.#each.length },
      () => normal() / Math.sqrt(count)
    )
  }
}

/** Box and Muller's. */
function gaussian(random: () => number): () => number {
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}
