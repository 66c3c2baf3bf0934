// Principal components of standardised data, and the part of a row that they do not explain: high where features no longer move together
// as they did.
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
  const rows = table.length / columns
  const mean = new Array<number>(columns).fill(0)
  const scale = new Array<number>(columns).fill(0)
  for (let column = 0; column < columns; column++) {
    let [average, spread] = [0, 0]
    for (let row = 0; row < rows; row++) {
      const value = table[row * columns + column]!
      const away = value - average
      average += away / (row + 1)
      spread += away * (value - average)
    }
    const deviation = Math.sqrt(spread / rows)
    mean[column] = average
    scale[column] = deviation > 0 && Number.isFinite(deviation) ? deviation : 1
  }
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

function correlations(
  table: Float64Array,
  columns: number,
  mean: readonly number[],
  scale: readonly number[]
): Float64Array {
  const rows = table.length / columns
  const matrix = new Float64Array(columns * columns)
  const standard = new Float64Array(columns)
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++)
      standard[column] = (table[row * columns + column]! - mean[column]!) / scale[column]!
    for (let i = 0; i < columns; i++)
      for (let j = i; j < columns; j++) matrix[i * columns + j]! += (standard[i]! * standard[j]!) / rows
  }
  for (let i = 0; i < columns; i++)
    for (let j = 0; j < i; j++) matrix[i * columns + j] = matrix[j * columns + i]!
  return matrix
}

const sweepsMax = 60

/** Eigenvalues, the largest first, and their vectors, by Jacobi's rotations. Changes `matrix`. */
function symmetricEigen(
  matrix: Float64Array,
  size: number
): { readonly values: readonly number[]; readonly vectors: readonly (readonly number[])[] } {
  const vectors = new Float64Array(size * size)
  for (let i = 0; i < size; i++) vectors[i * size + i] = 1
  for (let sweep = 0; sweep < sweepsMax; sweep++) {
    let off = 0
    for (let p = 0; p < size; p++) for (let q = p + 1; q < size; q++) off += matrix[p * size + q]! ** 2
    if (off < 1e-22 * size) break
    for (let p = 0; p < size; p++) for (let q = p + 1; q < size; q++) rotate(matrix, vectors, size, p, q)
  }
  const order = Array.from({ length: size }, (_, index) => index)
  order.sort((a, b) => matrix[b * size + b]! - matrix[a * size + a]!)
  return {
    values: order.map(index => matrix[index * size + index]!),
    vectors: order.map(index => Array.from({ length: size }, (_, row) => vectors[row * size + index]!))
  }
}

/** Makes the element at p, q zero. */
function rotate(matrix: Float64Array, vectors: Float64Array, size: number, p: number, q: number): void {
  const element = matrix[p * size + q]!
  if (Math.abs(element) < 1e-300) return
  const theta = (matrix[q * size + q]! - matrix[p * size + p]!) / (2 * element)
  const t = Math.sign(theta || 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1))
  const cosine = 1 / Math.sqrt(t * t + 1)
  const sine = t * cosine
  for (let k = 0; k < size; k++) {
    const [kp, kq] = [matrix[k * size + p]!, matrix[k * size + q]!]
    matrix[k * size + p] = cosine * kp - sine * kq
    matrix[k * size + q] = sine * kp + cosine * kq
  }
  for (let k = 0; k < size; k++) {
    const [pk, qk] = [matrix[p * size + k]!, matrix[q * size + k]!]
    matrix[p * size + k] = cosine * pk - sine * qk
    matrix[q * size + k] = sine * pk + cosine * qk
    const [vp, vq] = [vectors[k * size + p]!, vectors[k * size + q]!]
    vectors[k * size + p] = cosine * vp - sine * vq
    vectors[k * size + q] = sine * vp + cosine * vq
  }
}

/** The largest element is positive: a vector and its opposite are the same component. */
function signed(vector: readonly number[]): number[] {
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
