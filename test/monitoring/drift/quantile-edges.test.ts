import fc from 'fast-check'
import t from 'tap'
import { nextNumber, quantileEdges } from '../../../src/monitoring/drift/quantile-edges.ts'
import { normals } from '../../helpers/drift-world.ts'

const repeat = (count: number, value: number): number[] => new Array<number>(count).fill(value)
const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1)
const after = (value: number): number => nextNumber(value, false)

t.test('edges are quantiles, and values that many rows share have a bin of their own', async t => {
  const tens = upTo(9).map(decile => decile * 10 + 1)
  const cases: [name: string, values: number[], edges: number[]][] = [
    ['nothing', [], []],
    ['one value', [5], [5, after(5)]],
    ['a constant', repeat(100, 5), [5, after(5)]],
    ['two values', [...repeat(50, 1), ...repeat(50, 2)], [1, after(1), 2, after(2)]],
    ['ten bins of ten rows', upTo(100), tens],
    ['the largest number has no next one', repeat(60, Number.MAX_VALUE), [Number.MAX_VALUE]],
    [
      'the ends of what there is',
      [...repeat(30, -1e308), ...repeat(30, 1e308)],
      [-1e308, after(-1e308), 1e308, after(1e308)]
    ],
    ['−0 is 0', [...repeat(30, -0), ...repeat(30, 0)], [0, Number.MIN_VALUE]],
    // Of 0, MIN, 1, 11 and 21 the edge between the emptiest neighbours goes.
    ['one edge too many', [...repeat(20, 0), ...upTo(30)], [0, Number.MIN_VALUE, 11, 21]],
    ['a value of its own stays, however few its rows', [...repeat(10, 0), ...upTo(40)], [0, after(0), 21, 31]]
  ]
  for (const [name, values, expected] of cases)
    t.strictSame(quantileEdges(Float64Array.from(values), false), expected, name)
})

t.test('small references have fewer bins', async t => {
  const cases: [rows: number, edges: number][] = [
    [5, 10],
    [6, 4],
    [59, 4],
    [60, 5],
    [199, 18],
    [200, 19],
    [100_000, 19]
  ]
  for (const [rows, edges] of cases)
    t.equal(quantileEdges(Float64Array.from(upTo(rows)), false).length, edges, `${rows} rows`)
})

t.test('edges of single precision are numbers that the tensor can hold', async t => {
  const next = normals(1)
  const spread = Float64Array.from({ length: 10_000 }, () => Math.fround(next())).sort()
  const edges = quantileEdges(spread, true)
  t.equal(edges.length, 19)
  for (const edge of edges) t.equal(Math.fround(edge), edge)
  const zeros = quantileEdges(Float64Array.from([...repeat(600, 0), ...upTo(400)]), true)
  t.strictSame(zeros, [0, 2 ** -149, ...upTo(8).map(bin => bin * 50 - 49)])
})

t.test('whatever the values: edges rise, are finite, and are few', async t => {
  const value = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.integer({ min: -3, max: 3 }),
    fc.constantFrom(0, -0, 5e-324, -5e-324, 1.7e308, -1.7e308)
  )
  fc.assert(
    fc.property(fc.array(value, { maxLength: 400 }), values => {
      const sorted = Float64Array.from(values).sort()
      const edges = quantileEdges(sorted, false)
      const bins = Math.max(5, Math.min(20, Math.floor(values.length / 10)))
      const distinct = new Set(sorted).size
      return (
        edges.every((edge, index) => Number.isFinite(edge) && (index === 0 || edge > edges[index - 1]!)) &&
        edges.length <= Math.max(bins - 1, 2 * Math.min(distinct, bins))
      )
    })
  )
  t.pass()
})

t.test('the least number above another', async t => {
  const cases: [value: number, double: number, single: number][] = [
    [0, Number.MIN_VALUE, 2 ** -149],
    [-0, Number.MIN_VALUE, 2 ** -149],
    [1, 1 + Number.EPSILON, 1 + 2 ** -23],
    [-1, -1 + Number.EPSILON / 2, -1 + 2 ** -24],
    [2, 2 + 2 * Number.EPSILON, 2 + 2 ** -22]
  ]
  for (const [value, double, single] of cases)
    t.strictSame([nextNumber(value, false), nextNumber(value, true)], [double, single], String(value))
  t.equal(nextNumber(-Number.MIN_VALUE, false), -0)
  t.equal(nextNumber(-(2 ** -149), true), -0)
  t.equal(nextNumber(Number.MAX_VALUE, false), Number.POSITIVE_INFINITY)
})
