import t from 'tap'
import { seededRandom } from '../../../src/base/random.ts'
import { type Components, PcaResidual, principalComponents } from '../../../src/monitoring/drift/pca.ts'
import { distance, scipy } from '../../helpers/drift-fixture.ts'

const { pca } = scipy

/** One component along x + y. */
const diagonal = (scale: number): Components => ({
  mean: [0, 0],
  scale: [scale, scale],
  components: [[Math.SQRT1_2, Math.SQRT1_2]],
  explained: 0.8
})

t.test('components and residuals agree with numpy', async t => {
  for (const { table: numbers, columns, ...expected } of pca) {
    const table = Float64Array.from(numbers)
    const found = principalComponents(table, columns)
    t.equal(found.components.length, expected.count, `components of ${columns} columns`)
    t.ok(distance(found.explained, expected.explained) < 1e-9)
    for (const [column, scale] of expected.scale.entries())
      t.ok(distance(found.scale[column]!, scale) < 1e-9, `deviation of column ${column} of ${columns}`)
    const residual = new PcaResidual(found)
    for (const [row, away] of expected.residuals.entries()) {
      const got = residual.residual(table.subarray(row * columns, (row + 1) * columns))
      t.ok(distance(got, away) < 1e-8, `row ${row} of ${columns} columns: ${got}, expected ${away}`)
    }
  }
})

t.test('components are orthonormal, and the same each time', async t => {
  const random = seededRandom(3)
  const table = Float64Array.from({ length: 200 * 12 }, () => random() - 0.5)
  const { components } = principalComponents(table, 12)
  for (const [i, a] of components.entries())
    for (const [j, b] of components.entries()) {
      const product = a.reduce((sum, value, index) => sum + value * b[index]!, 0)
      t.ok(Math.abs(product - Number(i === j)) < 1e-10)
    }
  t.strictSame(principalComponents(table, 12).components, components)
})

t.test('what is constant, missing or infinite counts as the mean', async t => {
  const table = Float64Array.from({ length: 100 * 3 }, (_, index) => (index % 3 === 2 ? 5 : index % 7))
  const found = principalComponents(table, 3)
  t.equal(found.scale[2], 1)
  const residual = new PcaResidual(found)
  const mean = Float64Array.from(found.mean)
  t.ok(residual.residual(mean) < 1e-9)
  for (const odd of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])
    t.ok(residual.residual(Float64Array.from([odd, odd, odd])) < 1e-9, String(odd))
})

t.test('the residual is a number whatever comes', async t => {
  const cases: [what: string, reference: Components, values: number[]][] = [
    ['the square of a deviation overflows', diagonal(1), [1e200, 0]],
    ['a difference overflows', { ...diagonal(1), mean: [-1e308, 0] }, [1e308, 0]],
    ['every value is as large as can be', diagonal(1), [-Number.MAX_VALUE, Number.MAX_VALUE]],
    ['a scale too small to be divided by', diagonal(1e-310), [0, 1]]
  ]
  for (const [what, reference, values] of cases) {
    const got = new PcaResidual(reference).residual(Float64Array.from(values))
    t.ok(Number.isFinite(got) && got > 1e50, `${what}: ${got}`)
  }
  const atMean = new PcaResidual(diagonal(1e-310)).residual(new Float64Array(2))
  t.equal(atMean, 0)
})
