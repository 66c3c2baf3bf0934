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

t.test('numbers whose squares overflow are standardised like any other', async t => {
  const random = seededRandom(9)
  const plain = Float64Array.from({ length: 60 * 3 }, () => random() - 0.5)
  const expected = principalComponents(plain, 3)
  for (const factor of [1e-100, 1e99, 1e150, Number.MAX_VALUE]) {
    const scaled = plain.map((value, index) => (index % 3 === 1 ? value * factor : value))
    const found = principalComponents(scaled, 3)
    t.ok(distance(found.scale[1]!, expected.scale[1]! * factor) < 1e-12, `deviation × ${factor}`)
    t.ok(distance(found.explained, expected.explained) < 1e-12, `explained, × ${factor}`)
    for (const [index, component] of found.components.entries())
      for (const [column, weight] of component.entries())
        t.ok(Math.abs(weight - expected.components[index]![column]!) < 1e-12, `component × ${factor}`)
  }
  const ends = Float64Array.from({ length: 40 * 2 }, (_, index) =>
    index % 2 === 1 ? random() : (index % 8 === 0 ? -1 : 1) * Number.MAX_VALUE
  )
  const { scale, components, explained } = principalComponents(ends, 2)
  t.ok(
    distance(scale[0]!, Math.sqrt(0.75) * Number.MAX_VALUE) < 1e-12,
    `deviation of the largest: ${scale[0]}`
  )
  t.ok(
    [...components.flat(), explained].every(Number.isFinite),
    `components of the largest: ${components.join()}`
  )
})

t.test('as many rows as blocks do not fill', async t => {
  const random = seededRandom(13)
  // The last row alone goes another way: lost or counted twice, it would change the correlation.
  for (const rows of [2, 3, 127, 128, 129, 300]) {
    const table = new Float64Array(rows * 2)
    for (let row = 0; row < rows; row++) {
      const value = random()
      table.set([value, row === rows - 1 ? -value : value], row * 2)
    }
    const [x, y] = [0, 1].map(column => table.filter((_, index) => index % 2 === column))
    const mean = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / rows
    const moment = (a: Float64Array, b: Float64Array): number =>
      a.reduce((sum, value, row) => sum + (value - mean(a)) * (b[row]! - mean(b)), 0)
    const correlation = moment(x!, y!) / Math.sqrt(moment(x!, x!) * moment(y!, y!))
    const { explained } = principalComponents(table, 2)
    t.ok(distance(explained, (1 + Math.abs(correlation)) / 2) < 1e-12, `${rows} rows: ${explained}`)
  }
})
