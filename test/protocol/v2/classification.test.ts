import fc from 'fast-check'
import t from 'tap'
import { type ClassLabels, classified } from '../../../src/protocol/v2/classification.ts'
import type { Datatype, TensorData } from '../../../src/tensor/datatype.ts'
import { halfFromNumber } from '../../../src/tensor/half.ts'
import type { Shape } from '../../../src/tensor/shape.ts'

const classes = (datatype: Datatype, shape: Shape, data: TensorData, k: number, labels?: ClassLabels) =>
  classified({ name: 'y', datatype, shape, data }, k, labels)

t.test('the best come first; equal values by index, NaN last', async t => {
  const { NaN: nan, POSITIVE_INFINITY: inf } = Number
  const cases: [number[], k: number, string[]][] = [
    [[0.1, 0.7, 0.2], 2, ['0.7:1', '0.2:2']],
    [[0.1, 0.7, 0.2], 9, ['0.7:1', '0.2:2', '0.1:0']],
    [[1, 2, 2, 1], 4, ['2:1', '2:2', '1:0', '1:3']],
    [[nan, -1, nan, 3], 4, ['3:3', '-1:1', 'NaN:0', 'NaN:2']],
    [[nan, nan], 1, ['NaN:0']],
    [[-inf, inf, 0], 3, ['Infinity:1', '0:2', '-Infinity:0']],
    [[-0, 0], 2, ['-0:0', '0:1']],
    [[], 3, []]
  ]
  for (const [values, k, texts] of cases) {
    t.strictSame(classes('FP32', [values.length], Float32Array.from(values), k).data, texts)
    t.strictSame(classes('FP64', [values.length], Float64Array.from(values), k).data, texts)
  }
})

t.test('numbers of every datatype are compared as numbers', async t => {
  const cases: [Datatype, TensorData, string][] = [
    ['INT8', Int8Array.of(-1, 1), '1:1'],
    ['UINT32', Uint32Array.of(2 ** 32 - 1, 1), '4294967295:0'],
    ['INT64', BigInt64Array.of(2n ** 62n, 2n ** 62n + 1n), '4611686018427387905:1'],
    ['UINT64', BigUint64Array.of(1n, 2n ** 64n - 1n), '18446744073709551615:1'],
    ['FP16', Uint16Array.of(halfFromNumber(-2), halfFromNumber(0.5)), '0.5:1'],
    ['FP32', Float32Array.of(0.1, 1 / 3), '0.33333334:1']
  ]
  for (const [datatype, data, text] of cases)
    t.strictSame(classes(datatype, [2], data, 1).data, [text], datatype)
})

t.test('rows have classes of their own', async t => {
  const data = Float32Array.of(1, 2, 3, 6, 5, 4)
  const cases: [Shape, k: number, shape: number[], string[]][] = [
    [[2, 3], 2, [2, 2], ['3:2', '2:1', '6:0', '5:1']],
    [[2, 3, 1, 1], 1, [2, 1], ['3:2', '6:0']],
    [[1, 2, 3], 1, [1, 1], ['6:3']],
    [[6], 1, [1], ['6:3']],
    [[6, 1], 5, [6, 1], ['1:0', '2:0', '3:0', '6:0', '5:0', '4:0']]
  ]
  for (const [shape, k, expected, texts] of cases) {
    t.strictSame(classes('FP32', shape, data, k), {
      name: 'y',
      datatype: 'BYTES',
      shape: expected,
      data: texts
    })
  }
  t.match(classes('FP32', [], Float32Array.of(7), 3), { shape: [1], data: ['7:0'] })
  const none = new Float32Array(0)
  t.match(classes('FP32', [0, 4], none, 2), { shape: [0, 2], data: [] })
  t.match(classes('FP32', [0, 4], none, 9), { shape: [0, 4], data: [] })
  t.match(classes('FP32', [3, 0], none, 2), { shape: [3, 0], data: [] })
  t.match(classes('FP32', [0], none, 2), { shape: [0], data: [] })
})

t.test('labels stand where the model has them', async t => {
  const data = Float32Array.of(1, 2, 3, 6, 5, 4)
  t.strictSame(classes('FP32', [2, 3], data, 2, ['a:b', 'é']).data, ['3:2', '2:1:é', '6:0:a:b', '5:1:é'])
  t.strictSame(classes('FP32', [2, 3], data, 1, [0, false, 2.5]).data, ['3:2:2.5', '6:0:0'])
})

t.test('any row is sorted as a stable sort would', async () => {
  const value = fc.oneof(fc.constantFrom(Number.NaN, 0, 1, -1), fc.double())
  fc.assert(
    fc.property(fc.array(value, { maxLength: 40 }), fc.integer({ min: 1, max: 45 }), (values, k) => {
      const rank = (x: number): number => (Number.isNaN(x) ? 1 : 0)
      const order = values
        .map((x, index) => ({ x, index }))
        .sort((a, b) => rank(a.x) - rank(b.x) || (b.x > a.x ? 1 : b.x < a.x ? -1 : 0))
        .slice(0, k)
        .map(({ x, index }) => `${Object.is(x, -0) ? '-0' : x}:${index}`)
      const { data, shape } = classes('FP64', [values.length], Float64Array.from(values), k)
      return String(data) === String(order) && shape[0] === order.length
    }),
    { numRuns: 1000 }
  )
})
