import fc from 'fast-check'
import t from 'tap'
import { seededRandom } from '../../../src/base/random.ts'
import { symmetricEigen } from '../../../src/monitoring/drift/eigen.ts'

type Element = (row: number, column: number) => number

/** Of the lower triangle, mirrored. */
function symmetric(size: number, element: Element): Float64Array {
  const matrix = new Float64Array(size * size)
  for (let row = 0; row < size; row++)
    for (let column = 0; column <= row; column++) {
      const value = element(row, column)
      matrix[row * size + column] = value
      matrix[column * size + row] = value
    }
  return matrix
}

/** How far A·v is from λ·v against the largest |λ|, and the products of vectors from those of an orthonormal basis. */
function errors(matrix: Float64Array, size: number): { readonly residual: number; readonly basis: number } {
  const { values, vectors } = symmetricEigen(matrix.slice(), size)
  const norm = Math.max(Math.abs(values[0]!), Math.abs(values[size - 1]!)) || 1
  let [residual, basis] = [0, 0]
  for (const [index, vector] of vectors.entries()) {
    for (let row = 0; row < size; row++) {
      const image = dot(matrix.subarray(row * size, (row + 1) * size), vector)
      residual = Math.max(residual, Math.abs(image - values[index]! * vector[row]!) / norm)
    }
    for (const [other, second] of vectors.entries())
      basis = Math.max(basis, Math.abs(dot(vector, second) - Number(index === other)))
  }
  return { residual, basis }
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0
  for (let index = 0; index < a.length; index++) sum += a[index]! * b[index]!
  return sum
}

t.test('values that are known on paper, the largest first', async t => {
  const cases: [name: string, size: number, element: Element, values: number[]][] = [
    ['a number', 1, () => -3, [-3]],
    ['the unit matrix', 4, (i, j) => Number(i === j), [1, 1, 1, 1]],
    ['zeros', 3, () => 0, [0, 0, 0]],
    ['a swap', 2, (i, j) => Number(i !== j), [1, -1]],
    ['ones: of rank one', 5, () => 1, [5, 0, 0, 0, 0]],
    ['blocks', 4, (i, j) => Number(i % 2 === j % 2), [2, 2, 0, 0]],
    ['a diagonal', 3, (i, j) => (i === j ? [-2, 7, 1][i]! : 0), [7, 1, -2]],
    // 2 − 2·cos(kπ / 6)
    [
      'second differences',
      5,
      (i, j) => (i === j ? 2 : i - j === 1 ? -1 : 0),
      [2 + Math.sqrt(3), 3, 2, 1, 2 - Math.sqrt(3)]
    ]
  ]
  for (const [name, size, element, expected] of cases) {
    const matrix = symmetric(size, element)
    const { values } = symmetricEigen(matrix.slice(), size)
    for (const [index, value] of expected.entries())
      t.ok(Math.abs(values[index]! - value) < 1e-14, `${name}: ${values[index]}, expected ${value}`)
    const { residual, basis } = errors(matrix, size)
    t.ok(residual < 1e-14 && basis < 1e-14, `${name}: vectors`)
  }
})

t.test('vectors are orthonormal and turn only their length, whatever the matrix and its scale', async t => {
  const element = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.double({ min: -1, max: 1, noNaN: true }))
  const matrices = fc
    .tuple(fc.integer({ min: 1, max: 12 }), fc.constantFrom(1e-140, 1e-9, 1, 1e9, 1e140))
    .chain(([size, scale]) =>
      fc
        .array(element, { minLength: size * size, maxLength: size * size })
        .map(elements => ({ size, matrix: symmetric(size, (i, j) => elements[i * size + j]! * scale) }))
    )
  fc.assert(
    fc.property(matrices, ({ size, matrix }) => {
      const { residual, basis } = errors(matrix, size)
      return residual < 1e-13 && basis < 1e-13
    }),
    { seed: 5, numRuns: 500 }
  )
  t.pass()
})

t.test('as many columns as a residual may read', async t => {
  const random = seededRandom(11)
  const { residual, basis } = errors(
    symmetric(256, () => random() - 0.5),
    256
  )
  t.ok(residual < 1e-12, String(residual))
  t.ok(basis < 1e-12, String(basis))
})

t.test('numbers that are not finite have no answer', async t => {
  for (const odd of [Number.NaN, Number.POSITIVE_INFINITY])
    t.throws(() => symmetricEigen(Float64Array.from([1, odd, odd, 1]), 2), /finite numbers/, String(odd))
})
