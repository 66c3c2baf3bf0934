// Principal components of standardised data, and the part of a row that they do not explain: high where features no longer move together
// as they did.
import { symmetricEigen } from './eigen.ts'
import type { PcaReference } from './profile.ts'

/** Share of the variance that the components are to explain. */
const explainedMin = 0.8
/** Components, at most: each costs every request a product with every feature. Of features that go their own ways they explain less. */
const componentsMax = 10

export type Components = Omit<PcaReference, 'features'>

/**
 * The fewest components that explain 80 % of the variance of the standardised columns, at least one and at most ten, or all but one.
 * `table` holds finite numbers row by row.
 */
export function principalComponents(table: Float64Array, columns: number): Components {
  const { mean, scale } = standardsOf(table, columns)
  const { values, vectors } = symmetricEigen(correlations(table, columns, mean, scale), columns)
  const all = values.reduce((sum, value) => sum + Math.max(0, value), 0)
  const components: number[][] = []
  let explained = 0
  for (const [index, value] of values.entries()) {
    if (
      components.length >= Math.min(componentsMax, Math.max(1, columns - 1)) ||
      (components.length > 0 && explained >= explainedMin)
    )
      break
    components.push(signed(vectors[index]!))
    explained += all > 0 ? Math.max(0, value) / all : 0
  }
  return { mean, scale, components, explained: Math.min(1, explained) }
}

/** Numbers whose squares may overflow are scaled before their deviation is computed. */
const scaledFrom = 1e100

/**
 * Of each column its mean and population standard deviation (1 for a constant), by running means (Welford): sums of close values would
 * cancel out.
 */
function standardsOf(
  table: Float64Array,
  columns: number
): { readonly mean: readonly number[]; readonly scale: readonly number[] } {
  const rows = table.length / columns
  const units = new Float64Array(columns).fill(1)
  for (let index = 0; index < table.length; index++) {
    const size = Math.abs(table[index]!)
    if (size > scaledFrom) units[index % columns] = Math.max(units[index % columns]!, size)
  }
  const averages = new Float64Array(columns)
  const spreads = new Float64Array(columns)
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      const value = table[row * columns + column]! / units[column]!
      const away = value - averages[column]!
      averages[column]! += away / (row + 1)
      spreads[column]! += away * (value - averages[column]!)
    }
  return {
    mean: Array.from(averages, (average, column) => average * units[column]!),
    scale: Array.from(spreads, (spread, column) =>
      // Scaling back may pass the largest number by a rounding.
      spread > 0 ? Math.min(Number.MAX_VALUE, Math.sqrt(spread / rows) * units[column]!) : 1
    )
  }
}

/** Rows that are standardised at a time, each column of them together: they stay in the cache while all pairs are multiplied. */
const blockRows = 128

/** Of the standardised columns, columns × columns. */
function correlations(
  table: Float64Array,
  columns: number,
  mean: readonly number[],
  scale: readonly number[]
): Float64Array {
  const rows = table.length / columns
  const matrix = new Float64Array(columns * columns)
  const block = Array.from({ length: columns }, () => new Float64Array(blockRows))
  for (let first = 0; first < rows; first += blockRows) {
    const count = Math.min(blockRows, rows - first)
    for (let column = 0; column < columns; column++) {
      const [standard, middle, deviation] = [block[column]!, mean[column]! / 2, scale[column]!]
      // Halves, since the distance of two finite numbers may not be one.
      for (let row = 0; row < count; row++)
        standard[row] = 2 * ((table[(first + row) * columns + column]! / 2 - middle) / deviation)
    }
    for (let i = 0; i < columns; i++)
      for (let j = i; j < columns; j++) matrix[i * columns + j]! += product(block[i]!, block[j]!, count)
  }
  for (let i = 0; i < columns; i++)
    for (let j = i; j < columns; j++) {
      const correlation = matrix[i * columns + j]! / rows
      matrix[i * columns + j] = correlation
      matrix[j * columns + i] = correlation
    }
  return matrix
}

/** Two sums at a time, since each addition waits for the one before. */
function product(a: Float64Array, b: Float64Array, count: number): number {
  let [even, odd] = [0, 0]
  let row = 0
  for (; row + 1 < count; row += 2) {
    even += a[row]! * b[row]!
    odd += a[row + 1]! * b[row + 1]!
  }
  if (row < count) even += a[row]! * b[row]!
  return even + odd
}

/** The largest element is positive: a vector and its opposite are the same component. */
function signed(row: Float64Array): number[] {
  const vector = Array.from(row)
  const largest = vector.reduce((most, value) => (Math.abs(value) > Math.abs(most) ? value : most), 0)
  return vector.map(value => (largest < 0 ? -value : value))
}

/** Deviations beyond which a value is not told further: the square of one that is finite may not be. */
const deviationsMax = 1e100

/** ‖z − WᵀWz‖ of a standardised row z, by ‖z‖² − ‖Wz‖², since the rows of W are orthonormal. */
export class PcaResidual {
  readonly #mean: Float64Array
  readonly #perScale: Float64Array
  readonly #weights: Float64Array
  readonly #standard: Float64Array
  readonly #count: number

  constructor({ mean, scale, components }: Components) {
    this.#mean = Float64Array.from(mean)
    this.#perScale = Float64Array.from(scale, value => Math.min(1 / value, Number.MAX_VALUE))
    this.#weights = Float64Array.from(components.flat())
    this.#standard = new Float64Array(mean.length)
    this.#count = components.length
  }

  /**
   * `values` are one row, in the order of the profile's features. A value that is not finite counts as the mean, so that the answer is a
   * number whatever comes. Allocates nothing: requests wait for it.
   */
  residual(values: Float64Array): number {
    const standard = this.#standard
    const columns = standard.length
    let rest = 0
    for (let column = 0; column < columns; column++) {
      const value = values[column]!
      const deviations = value - value === 0 ? (value - this.#mean[column]!) * this.#perScale[column]! : 0
      const z = Math.max(-deviationsMax, Math.min(deviationsMax, deviations))
      standard[column] = z
      rest += z * z
    }
    for (let component = 0; component < this.#count; component++) {
      let score = 0
      for (let column = 0; column < columns; column++)
        score += this.#weights[component * columns + column]! * standard[column]!
      rest -= score * score
    }
    return rest > 0 ? Math.sqrt(rest) : 0
  }
}
