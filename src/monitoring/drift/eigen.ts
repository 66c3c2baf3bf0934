// Eigenvalues and vectors of a symmetric matrix: reflections make it tridiagonal, then QR steps with Wilkinson's shift make it diagonal
// (Golub and Van Loan, Matrix Computations, 8.3). About 4·n³ multiplications, so that hundreds of columns take a fraction of a second.
import { invariant } from '../../base/invariant.ts'

export interface Eigen {
  /** The largest first. */
  readonly values: Float64Array
  /** One row each, orthonormal, in the order of the values. */
  readonly vectors: readonly Float64Array[]
}

/** A diagonal, and what lies beside it. */
interface Tridiagonal {
  readonly diagonal: Float64Array
  /** Element k stands at (k, k + 1) and at (k + 1, k). */
  readonly beside: Float64Array
}

/** Two or three do, on average. */
const stepsPerValueMax = 60

/** `matrix` is size × size, row by row, finite and not beyond 1e150; it is used up. */
export function symmetricEigen(matrix: Float64Array, size: number): Eigen {
  invariant(matrix.every(Number.isFinite), 'only a matrix of finite numbers has eigenvalues')
  const basis = Array.from({ length: size }, (_, row) => {
    const unit = new Float64Array(size)
    unit[row] = 1
    return unit
  })
  const tridiagonal = reduce(matrix, size, basis)
  diagonalise(tridiagonal, basis)
  const { diagonal } = tridiagonal
  const order = Array.from(diagonal.keys()).sort((a, b) => diagonal[b]! - diagonal[a]!)
  return {
    values: Float64Array.from(order, index => diagonal[index]!),
    vectors: order.map(index => basis[index]!)
  }
}

/** Householder's reflections: each clears a column below the element beside the diagonal, and the row alike. */
function reduce(matrix: Float64Array, size: number, basis: readonly Float64Array[]): Tridiagonal {
  const rows = Array.from({ length: size }, (_, row) => matrix.subarray(row * size, (row + 1) * size))
  const beside = new Float64Array(Math.max(0, size - 1))
  const normal = new Float64Array(size)
  const weights = new Float64Array(size)
  for (let column = 0; column + 2 < size; column++) {
    const first = column + 1
    let largest = 0
    for (let row = first; row < size; row++) largest = Math.max(largest, Math.abs(rows[row]![column]!))
    if (largest === 0) continue
    let squares = 0
    for (let row = first; row < size; row++) {
      const scaled = rows[row]![column]! / largest
      normal[row] = scaled
      squares += scaled * scaled
    }
    const length = Math.sqrt(squares)
    // The sign that makes the difference of the vector and its image large, so that no digits cancel.
    const head = normal[first]!
    const image = head > 0 ? -length : length
    normal[first] = head - image
    const factor = 1 / (squares + Math.abs(head * image))
    beside[column] = image * largest
    reflectBothSides(rows, first, normal, factor, weights)
    reflectRows(basis, first, normal, factor, weights)
  }
  if (size > 1) beside[size - 2] = rows[size - 1]![size - 2]!
  return { diagonal: Float64Array.from(rows, (row, index) => row[index]!), beside }
}

/** H·A·H of the rows and columns from `first` on, H = 1 − factor·normal·normalᵀ. */
function reflectBothSides(
  rows: readonly Float64Array[],
  first: number,
  normal: Float64Array,
  factor: number,
  weights: Float64Array
): void {
  const size = rows.length
  let along = 0
  for (let i = first; i < size; i++) {
    const row = rows[i]!
    let product = 0
    for (let j = first; j < size; j++) product += row[j]! * normal[j]!
    weights[i] = factor * product
    along += weights[i]! * normal[i]!
  }
  const half = (factor * along) / 2
  for (let i = first; i < size; i++) weights[i]! -= half * normal[i]!
  for (let i = first; i < size; i++) {
    const row = rows[i]!
    const [v, w] = [normal[i]!, weights[i]!]
    for (let j = first; j < size; j++) row[j]! -= v * weights[j]! + w * normal[j]!
  }
}

/** H·basis. */
function reflectRows(
  basis: readonly Float64Array[],
  first: number,
  normal: Float64Array,
  factor: number,
  sums: Float64Array
): void {
  const size = basis.length
  sums.fill(0)
  for (let i = first; i < size; i++) {
    const [row, v] = [basis[i]!, factor * normal[i]!]
    for (let j = 0; j < size; j++) sums[j]! += v * row[j]!
  }
  for (let i = first; i < size; i++) {
    const [row, v] = [basis[i]!, normal[i]!]
    for (let j = 0; j < size; j++) row[j]! -= v * sums[j]!
  }
}

/** QR steps until everything beside the diagonal is nothing against the whole; turns the basis along. */
function diagonalise({ diagonal, beside }: Tridiagonal, basis: readonly Float64Array[]): void {
  const negligible = Number.EPSILON * largestSum(diagonal, beside)
  const isNothing = (index: number): boolean => Math.abs(beside[index]!) <= negligible
  let stepsLeft = stepsPerValueMax * diagonal.length
  let last = diagonal.length - 1
  while (last > 0) {
    if (isNothing(last - 1)) {
      last--
      continue
    }
    let first = last - 1
    while (first > 0 && !isNothing(first - 1)) first--
    invariant(stepsLeft-- > 0, 'QR steps with Wilkinson’s shift converge')
    step(diagonal, beside, basis, first, last)
  }
}

/** A bound of the largest eigenvalue, but for a factor. */
function largestSum(diagonal: Float64Array, beside: Float64Array): number {
  let largest = 0
  for (const [index, value] of diagonal.entries())
    largest = Math.max(largest, Math.abs(value) + Math.abs(beside[index] ?? 0))
  return largest
}

/** One QR step of the block from `first` to `last`: rotations chase the element that the shift brings in down the diagonal. */
function step(
  diagonal: Float64Array,
  beside: Float64Array,
  basis: readonly Float64Array[],
  first: number,
  last: number
): void {
  const corner = beside[last - 1]!
  const half = (diagonal[last - 1]! - diagonal[last]!) / 2
  const root = Math.hypot(half, corner)
  const shift = diagonal[last]! - (corner / (half < 0 ? half - root : half + root)) * corner
  let [kept, cleared] = [diagonal[first]! - shift, beside[first]!]
  for (let k = first; k < last; k++) {
    const length = Math.hypot(kept, cleared)
    const [cosine, sine] = length === 0 ? [1, 0] : [kept / length, cleared / length]
    if (k > first) beside[k - 1] = length
    const [above, between, below] = [diagonal[k]!, beside[k]!, diagonal[k + 1]!]
    const mixed = 2 * cosine * sine * between
    diagonal[k] = cosine * cosine * above + mixed + sine * sine * below
    diagonal[k + 1] = sine * sine * above - mixed + cosine * cosine * below
    beside[k] = (cosine - sine) * (cosine + sine) * between + cosine * sine * (below - above)
    if (k + 1 < last) {
      cleared = sine * beside[k + 1]!
      beside[k + 1]! *= cosine
      kept = beside[k]!
    }
    rotate(basis[k]!, basis[k + 1]!, cosine, sine)
  }
}

function rotate(a: Float64Array, b: Float64Array, cosine: number, sine: number): void {
  for (let index = 0; index < a.length; index++) {
    const [x, y] = [a[index]!, b[index]!]
    a[index] = cosine * x + sine * y
    b[index] = cosine * y - sine * x
  }
}
