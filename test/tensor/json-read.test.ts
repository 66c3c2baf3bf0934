// Shapes: flat, nested and wrong. What single elements may be is in json-read-elements.test.ts.
import fc from 'fast-check'
import t from 'tap'
import type { Problem } from '../../src/errors/serving-error.ts'
import type { Datatype } from '../../src/tensor/datatype.ts'
import { isProblem, readTensorData } from '../../src/tensor/json-read.ts'
import { elementCount, type Shape } from '../../src/tensor/shape.ts'

const read = (value: unknown, datatype: Datatype, shape: Shape, elementsMax = 1e6) =>
  readTensorData(value, datatype, shape, elementsMax, 'data')

t.test('data may be flat or nested; scalars and empty tensors have a form too', async t => {
  const cases: [string, Shape, number[]][] = [
    ['[1,2,3,4]', [2, 2], [1, 2, 3, 4]],
    ['[[1,2],[3,4]]', [2, 2], [1, 2, 3, 4]],
    ['[[[1],[2]],[[3],[4]]]', [2, 2, 1], [1, 2, 3, 4]],
    ['[[[[7]]]]', [1, 1, 1, 1], [7]],
    ['[7]', [1, 1, 1, 1], [7]],
    ['[7]', [1], [7]],
    ['[7]', [], [7]],
    ['[]', [0], []],
    ['[]', [0, 4], []],
    ['[]', [3, 0], []],
    ['[[],[],[]]', [3, 0], []],
    ['[[],[]]', [2, 0, 5], []],
    ['[[[],[]]]', [1, 2, 0], []]
  ]
  for (const [json, shape, values] of cases) {
    t.strictSame(read(JSON.parse(json), 'FP32', shape), Float32Array.from(values), `${json} as [${shape}]`)
  }
})

t.test('nested data of any shape is the flat data', async () => {
  const nest = (list: unknown[], [size, ...inner]: Shape): unknown[] => {
    if (inner.length === 0 || size === undefined) return list
    const length = list.length / size
    const row = (index: number): unknown[] => nest(list.slice(index * length, (index + 1) * length), inner)
    return Array.from({ length: size }, (_, index) => row(index))
  }
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 5 }), shape => {
      const values = Array.from({ length: elementCount(shape)! }, (_, index) => index)
      const forms = [read(values, 'INT32', shape), read(nest(values, shape), 'INT32', shape)]
      return forms.every(form => String(form) === String(values))
    })
  )
})

const shapeProblem = 'nested data does not match the shape'
const deeper = 'the data is nested deeper than its shape says'

t.test('what does not match is named with its place, what was expected and what came', async t => {
  const cases: [string, Shape, Partial<Problem>][] = [
    ['5', [1], { path: 'data', problem: 'data has to be a list', expected: 'a list of 1 value', got: '5' }],
    ['{"length":2}', [2], { path: 'data', expected: 'a list of 2 values', got: 'an object' }],
    ['null', [2 ** 30, 2 ** 30], { path: 'data', expected: 'a list', got: 'null' }],
    ['[1,2]', [3], { path: 'data', problem: 'shape [3] does not match the data', expected: '3 values' }],
    ['[1,2]', [1], { path: 'data', expected: '1 value', got: 'an array of 2' }],
    ['[]', [2, 2], { path: 'data', expected: '4 values', got: 'an empty array' }],
    ['[]', [], { path: 'data', expected: '1 value' }],
    ['[1]', [0], { path: 'data', expected: '0 values' }],
    ['[[1]]', [], { path: 'data[0]', hint: deeper }],
    ['[[1],[2]]', [2], { path: 'data[0]', hint: deeper }],
    ['[[[1]],[[2]]]', [2, 1], { path: 'data[0][0]', hint: deeper, got: 'an array of 1' }],
    ['[1,[2]]', [2, 1], { path: 'data[1]', hint: deeper }],
    ['[[1,2],[3]]', [2, 2], { path: 'data[1]', problem: shapeProblem, got: 'an array of 1' }],
    [
      '[[1,2],[3,4,5]]',
      [2, 2],
      { path: 'data[1]', expected: 'a list of 2 at nesting level 2 of shape [2,2]' }
    ],
    ['[[1,2]]', [2, 2], { path: 'data', expected: 'a list of 2 at nesting level 1 of shape [2,2]' }],
    ['[[1,2],[3,4],[5,6]]', [2, 2], { path: 'data', problem: shapeProblem, got: 'an array of 3' }],
    ['[[1,2],null]', [2, 2], { path: 'data[1]', problem: shapeProblem, got: 'null' }],
    ['[[1],"a"]', [2, 1], { path: 'data[1]', got: '"a"' }],
    ['[[1,2],[3,4]]', [2, 2, 1], { path: 'data[0][0]', problem: shapeProblem, got: '1' }],
    ['[[1]]', [0, 1], { path: 'data', expected: 'a list of 0 at nesting level 1 of shape [0,1]' }],
    ['[[],[1]]', [2, 0], { path: 'data[1]', got: 'an array of 1' }],
    ['[[[1,2]],[[3,"x"]]]', [2, 1, 2], { path: 'data[1][0][1]', problem: 'not a FP32 value', got: '"x"' }],
    ['[1,2,null]', [3], { path: 'data[2]', problem: 'not a FP32 value' }]
  ]
  for (const [json, shape, expected] of cases) {
    t.match(read(JSON.parse(json), 'FP32', shape), expected, `${json} as [${shape}]`)
  }
})

t.test('a shape cannot make us allocate more than was sent', async t => {
  const problem = 'shape [1,1099511627776] does not match the data'
  t.match(read([[1]], 'FP64', [1, 2 ** 40], 100), { path: 'data', problem, expected: '1099511627776 values' })
  t.match(read([[1], [1]], 'FP64', [2, 1_000_000], 1000), { problem: /does not match/ })
  t.match(read([1, 2, 3], 'FP64', [3], 2), { problem: /does not match/ })
  t.notOk(isProblem(read([1, 2, 3], 'FP64', [3], 3)))
  const uncountable = { expected: 'a shape whose product can be counted', got: 'an array of 1' }
  t.match(read([1], 'FP64', [2 ** 30, 2 ** 30]), uncountable)
  t.match(read([[1]], 'FP64', [2 ** 30, 2 ** 30]), uncountable)
})
