import t from 'tap'
import { binsOf, type CellPlace, cellsOf } from '../../../src/monitoring/drift/bins.ts'
import { buildReference } from '../../../src/monitoring/drift/build-reference.ts'
import { exportGroups } from '../../../src/monitoring/drift/export-bins.ts'
import { plansOf } from '../../helpers/drift-world.ts'

const texts = plansOf({ inputs: [{ name: 'x', datatype: 'BYTES', shape: ['n'] }], outputs: [] })[0]!

/** Of a monitor with so many bins between edges 0, 1, 2, … */
function numeric(count: number): CellPlace {
  const plan = { ...texts, datatype: 'FP64', kind: 'numeric' } as const
  const reference = buildReference(plan, Float64Array.of(1))
  if (reference.kind !== 'numeric') throw new Error('these are numbers')
  const edges = Array.from({ length: count - 1 }, (_, index) => index)
  return cellsOf([binsOf(plan, { ...reference, edges })]).places[0]!
}

/** Of a monitor with so many categories. */
function categorical(categories: number): CellPlace {
  const plan = { ...texts, kind: 'categorical' } as const
  const names = Array.from({ length: categories }, (_, index) => `c${index}`)
  return cellsOf([binsOf(plan, buildReference(plan, names))]).places[0]!
}

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, index) => from + index)

t.test('neighbours of many numeric bins share a series: ten at most', async t => {
  const cases: [bins: number, sizes: number[]][] = [
    [1, [1]],
    [2, [1, 1]],
    [10, new Array<number>(10).fill(1)],
    [11, [2, 2, 2, 2, 2, 1]],
    [20, new Array<number>(10).fill(2)],
    [21, new Array<number>(7).fill(3)],
    [100, new Array<number>(10).fill(10)]
  ]
  for (const [bins, sizes] of cases) {
    const groups = exportGroups(numeric(bins))
    t.strictSame(
      groups.map(group => group.length),
      sizes,
      `${bins} bins`
    )
    t.strictSame(groups.flat(), range(0, bins), 'each bin once, in its order')
  }
})

t.test(
  'the ten most frequent categories have a series of their own, then all others, then unseen',
  async t => {
    const cases: [categories: number, groups: number[][]][] = [
      [0, [[0], [1]]],
      [1, [[0], [1], [2]]],
      [10, range(0, 12).map(bin => [bin])],
      [11, [...range(0, 10).map(bin => [bin]), [10, 11], [12]]],
      [50, [...range(0, 10).map(bin => [bin]), range(10, 51), [51]]]
    ]
    for (const [categories, groups] of cases)
      t.strictSame(exportGroups(categorical(categories)), groups, `${categories} categories`)
  }
)
