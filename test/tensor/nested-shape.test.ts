import fc from 'fast-check'
import t from 'tap'
import { elementsMaxOf, nestedPlace, nestedShape } from '../../src/tensor/nested-shape.ts'
import { rankMax } from '../../src/tensor/shape.ts'

t.test('the shape of a list is read off its first entries', async t => {
  const cases: [value: unknown, shape: readonly number[]][] = [
    [5, []],
    ['text', []],
    [null, []],
    [{}, []],
    [[], [0]],
    [[1, 2, 3], [3]],
    [
      [[1, 2], [3]],
      [2, 2]
    ],
    [
      [[], [1]],
      [2, 0]
    ],
    [[1, [2]], [2]]
  ]
  for (const [value, shape] of cases) t.strictSame(nestedShape(value), shape, JSON.stringify(value))
  let deep: unknown = 1
  for (let level = 0; level < 1000; level++) deep = [deep]
  t.equal(nestedShape(deep).length, rankMax + 1, 'deeper than any tensor is deep enough')
})

t.test('what may be allocated is what is there, or little', async t => {
  t.equal(elementsMaxOf(5, 0), 65_536)
  t.equal(elementsMaxOf([[1, 2], [3]], 2), 65_536)
  const long = new Array<number>(70_000).fill(0)
  t.equal(elementsMaxOf(long, 1), 70_000)
  t.equal(elementsMaxOf([long, long, 1], 2), 140_001)
})

t.test('a place in a nested list is where the element stands', async t => {
  t.equal(nestedPlace([], 0), '')
  t.equal(nestedPlace([4], 3), '[3]')
  t.equal(nestedPlace([2, 3, 4], 23), '[1][2][3]')
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 }),
      fc.nat(),
      (shape, some) => {
        const count = shape.reduce((product, size) => product * size, 1)
        const index = some % count
        const places = [...nestedPlace(shape, index).matchAll(/\[(\d+)\]/g)].map(([, at]) => Number(at))
        return places.reduce((at, place, axis) => at * shape[axis]! + place, 0) === index
      }
    ),
    { seed: 2 }
  )
})
