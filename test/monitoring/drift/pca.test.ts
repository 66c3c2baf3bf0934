import t from 'tap'
import { seededRandom } from '../../../src/base/random.ts'
import { PcaResidual, principalComponents } from '../../../src/monitoring/drift/pca.ts'
import { distance, scipy } from '../../helpers/drift-fixture.ts'

const { pca } = scipy

t.test('components and residuals agree with numpy', async t => {
  const table = Float64Array.from(pca.table)
  const found = principalComponents(table, pca.columns)
  t.equal(found.components.length, pca.count)
  t.ok(distance(found.explained, pca.explained) < 1e-9)
  for (const [column, scale] of pca.scale.entries()) t.ok(distance(found.scale[column]!, scale) < 1e-9)
  const residual = new PcaResidual(found)
  for (const [row, expected] of pca.residuals.entries()) {
    const got = residual.residual(table.subarray(row * pca.columns, (row + 1) * pca.columns))
    t.ok(distance(got, expected) < 1e-8, `row ${row}: ${got}, expected ${expected}`)
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
