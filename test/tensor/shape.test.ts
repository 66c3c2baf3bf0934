import fc from 'fast-check'
import t from 'tap'
import {
  type Dimension,
  describePattern,
  elementCount,
  matchShape,
  rankMax,
  shapeProblem,
  wireShape
} from '../../src/tensor/shape.ts'

const max = Number.MAX_SAFE_INTEGER

t.test('elements are counted exactly, or not at all', async t => {
  const cases: [number[], number | undefined][] = [
    [[], 1],
    [[7], 7],
    [[2, 3, 4], 24],
    [[0], 0],
    [[3, 0], 0],
    [[0, 4], 0],
    [[max], max],
    [[max, 1, 1], max],
    [[2 ** 52, 2], undefined],
    [[max, 2], undefined],
    [[max, max, 0], 0],
    [[0, max, max], 0],
    [new Array<number>(16).fill(max), undefined]
  ]
  for (const [shape, count] of cases) t.equal(elementCount(shape), count, `[${shape.join()}]`)
})

t.test('a count is the product of the sizes, as exact arithmetic has it', async () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.nat(9), fc.nat(max)), { maxLength: 8 }), shape => {
      const product = shape.reduce((product, size) => product * BigInt(size), 1n)
      return elementCount(shape) === (product > max ? undefined : Number(product))
    })
  )
})

t.test('a shape is a list of sizes from 0', async t => {
  const good: unknown[][] = [[], [0], [1, 2, 3], [max], new Array(rankMax).fill(1), [max, max, 0]]
  for (const shape of good) t.equal(shapeProblem(shape), undefined, `[${shape.join()}]`)
  const bad: [unknown[], string][] = [
    [new Array(rankMax + 1).fill(1), '17 dimensions, at most 16 are supported'],
    [[1, -1], '-1 is not a size; sizes are whole numbers from 0'],
    [[1.5], '1.5 is not a size; sizes are whole numbers from 0'],
    [['2'], '"2" is not a size; sizes are whole numbers from 0'],
    [[null], 'null is not a size; sizes are whole numbers from 0'],
    [[[2]], 'an array of 1 is not a size; sizes are whole numbers from 0'],
    [[true], 'true is not a size; sizes are whole numbers from 0'],
    [[Number.NaN], 'NaN is not a size; sizes are whole numbers from 0'],
    [[2 ** 53], '9007199254740992 is not a size; sizes are whole numbers from 0'],
    [[2n ** 64n], '18446744073709551616 is not a size; sizes are whole numbers from 0'],
    [[max, 2], 'the product of the sizes is too large']
  ]
  for (const [shape, problem] of bad) t.equal(shapeProblem(shape), problem)
})

t.test('a shape fits a pattern where fixed sizes are equal and names agree', async t => {
  const cases: [Dimension[], number[], string | undefined][] = [
    [[], [], undefined],
    [[null, 4], [9, 4], undefined],
    [['batch', 4], [0, 4], undefined],
    [['n', 'n'], [3, 3], undefined],
    [[null, null], [2, 3], undefined],
    [[], [1], '1 dimension where the model has 0'],
    [[null], [], '0 dimensions where the model has 1'],
    [[1], [1, 1], '2 dimensions where the model has 1'],
    [[null, 4], [4, 9], 'dimension 1 has to be 4'],
    [['n', 'n'], [2, 3], "dimension 1 ('n') has to be 2, as in the inputs before it"]
  ]
  for (const [pattern, shape, mismatch] of cases) {
    t.equal(matchShape(pattern, shape, new Map()), mismatch, `${pattern.join()} takes ${shape.join()}`)
  }
})

t.test('a named dimension is the same in all inputs of a request', async t => {
  const bound = new Map<string, number>()
  t.equal(matchShape(['batch', 4], [2, 4], bound), undefined)
  t.equal(matchShape(['batch'], [2], bound), undefined)
  const mismatch = "dimension 0 ('batch') has to be 2, as in the inputs before it"
  t.equal(matchShape(['batch', 'words'], [3, 7], bound), mismatch)
  t.equal(matchShape(['batch', 'words'], [2, 7], bound), undefined)
  t.same(
    [...bound],
    [
      ['batch', 2],
      ['words', 7]
    ]
  )
})

t.test('patterns on the wire and in messages', async t => {
  const pattern = ['batch', null, 4]
  t.same(wireShape(pattern), [-1, -1, 4])
  t.equal(describePattern(pattern), '[batch,-1,4]')
  t.same(wireShape([]), [])
})
