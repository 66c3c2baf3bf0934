import t from 'tap'
import { seededRandom } from '../../../src/base/random.ts'
import type { Pick } from '../../../src/monitoring/drift/numbers.ts'
import type { MonitorPlan } from '../../../src/monitoring/drift/plan.ts'
import { Projections } from '../../../src/monitoring/drift/row-statistics.ts'
import { chunkRows, type SourceOptions, Sources } from '../../../src/monitoring/drift/sources.ts'
import type { Signature } from '../../../src/schema/signature.ts'
import { halfFromNumber } from '../../../src/tensor/half.ts'
import type { NamedTensor } from '../../../src/tensor/tensor.ts'
import { plansOf } from '../../helpers/drift-world.ts'

type Spec = Signature['inputs'][number]

const ofInputs = (...inputs: Spec[]): readonly MonitorPlan[] =>
  plansOf({ inputs, outputs: [] }).filter(({ role }) => role === 'input')

const spec = (datatype: Spec['datatype'], ...shape: (string | number)[]): readonly MonitorPlan[] =>
  ofInputs({ name: 'x', datatype, shape })

const x = (datatype: Spec['datatype'], shape: readonly number[], data: NamedTensor['data']): NamedTensor => ({
  name: 'x',
  datatype,
  shape,
  data
})

/** Values of each monitor, by its name. */
function read(
  plans: readonly MonitorPlan[],
  tensors: readonly NamedTensor[],
  pick: Pick,
  options: Partial<SourceOptions> = {},
  sources = new Sources(plans, { seed: 1, ...options })
): Record<string, unknown> {
  sources.take(tensors)
  const entries = plans.map(({ name }, index) => {
    const values = sources.each[index]?.read(pick)
    return [name, values === undefined ? undefined : [...values].slice(0, pick.count)] as const
  })
  sources.forget()
  return Object.fromEntries(entries)
}

const rows = (count: number): Pick => ({ first: 0, stride: 1, count })

t.test('columns of every datatype come as numbers', async t => {
  const odd = [1.5, Number.NaN, Number.NEGATIVE_INFINITY, -0]
  const cases: [datatype: Spec['datatype'], data: NamedTensor['data'], expected: number[]][] = [
    ['FP64', Float64Array.from([...odd, 1e308]), [...odd, 1e308]],
    ['FP32', Float32Array.from(odd), odd],
    ['FP16', Uint16Array.from(odd, halfFromNumber), odd],
    ['INT64', BigInt64Array.from([-1n, 2n ** 53n]), [-1, 2 ** 53]],
    ['UINT64', BigUint64Array.from([2n ** 64n - 1n]), [2 ** 64]],
    ['INT8', Int8Array.from([-128, 127]), [-128, 127]],
    ['UINT16', Uint16Array.from([65_535]), [65_535]],
    ['BOOL', Uint8Array.from([0, 1]), [0, 1]]
  ]
  for (const [datatype, data, expected] of cases) {
    const tensor = x(datatype, [expected.length], data)
    t.strictSame(read(spec(datatype, 'n'), [tensor], rows(expected.length)), { x: expected }, datatype)
  }
})

t.test('rows of a pick alone are read, of numbers and of texts', async t => {
  const pick = { first: 1, stride: 3, count: 3 }
  const data = Array.from({ length: 24 }, (_, index) => index)
  t.strictSame(read(spec('FP32', 'n', 2), [x('FP32', [12, 2], Float32Array.from(data))], pick), {
    'x[0]': [2, 8, 14],
    'x[1]': [3, 9, 15]
  })
  t.strictSame(read(spec('BYTES', 'n', 2), [x('BYTES', [12, 2], data.map(String))], pick), {
    'x[0]': ['2', '8', '14'],
    'x[1]': ['3', '9', '15']
  })
})

t.test('tensors are found by their name, in any order, and may be missing', async t => {
  const names = ['a', '__proto__', 'constructor']
  const inputs = names.map(name => ({ name, datatype: 'FP64' as const, shape: ['n'] }))
  const plans = ofInputs(...inputs)
  const tensors = names.map((name, index) => ({
    name,
    datatype: 'FP64' as const,
    shape: [1],
    data: Float64Array.of(index)
  }))
  const values = (from: readonly NamedTensor[]) => {
    const sources = new Sources(plans, { seed: 1 })
    sources.take(from)
    return sources.each.map(source => source?.read(rows(1))?.[0])
  }
  t.strictSame(values(tensors), [0, 1, 2])
  t.strictSame(values([...tensors].reverse()), [0, 1, 2])
  t.strictSame(values(tensors.slice(1)), [undefined, 1, 2])
  t.strictSame(values([]), [undefined, undefined, undefined])
})

t.test('channels of an image, wherever they lie', async t => {
  const cases: [shape: (string | number)[], actual: number[], data: number[]][] = [
    [
      ['n', 3, 2, 2],
      [1, 3, 2, 2],
      [1, 2, 3, 4, 0, 0, 0, 8, 5, 5, 5, 5]
    ],
    [
      ['n', 2, 2, 3],
      [1, 2, 2, 3],
      [1, 0, 5, 2, 0, 5, 3, 0, 5, 4, 8, 5]
    ]
  ]
  for (const [shape, actual, data] of cases) {
    const values = read(spec('FP32', ...shape), [x('FP32', actual, Float32Array.from(data))], rows(1))
    t.match(values, {
      'x[0].mean': [2.5],
      'x[0].min': [1],
      'x[1].zeros': [0.75],
      'x[1].max': [8],
      'x[2].mean': [5],
      'x[2].deviation': [0]
    })
  }
})

t.test('channels are the same where the last ones are beyond the limit of monitors', async t => {
  const plans = spec('FP32', 'n', 3, 2, 2)
  t.equal(plans.length, 15)
  const tensor = x('FP32', [1, 3, 2, 2], Float32Array.from([1, 2, 3, 4, 0, 0, 0, 8, 5, 5, 5, 5]))
  const few = read(plans.slice(0, 7), [tensor], rows(1))
  t.match(few, { 'x[0].mean': [2.5], 'x[0].max': [4], 'x[1].mean': [2] })
})

t.test('long rows are looked at on a grid', async t => {
  const width = 100_000
  const data = Float32Array.from({ length: 2 * width }, (_, index) => (index < width ? 1 : index - width))
  const plans = spec('FP32', 'n', 'frames', 'width')
  const values = read(plans, [x('FP32', [2, 100, 1000], data)], rows(2))
  t.match(values, { 'x.min': [1, 0], 'x.deviation': [0, Number] })
  // Steps of 101, the first prime from 100000 / 1024 on.
  t.equal((values['x.max'] as number[])[1], 101 * 990)
})

t.test('an embedding is seen in the directions that its seed gives, and by its length', async t => {
  const width = 300
  const next = seededRandom(3)
  const tensor = x(
    'FP32',
    [5, width],
    Float32Array.from({ length: 5 * width }, () => next() - 0.5)
  )
  const plans = spec('FP32', 'n', width)
  const pick = { first: 1, stride: 2, count: 2 }
  const values = read(plans, [tensor], pick, { seed: 7 })
  const expected = new Projections(chunkRows, 8, () => seededRandom(7))
  expected.fill(tensor, pick)
  for (let index = 0; index < 8; index++)
    t.strictSame(values[`x.projection[${index}]`], [...expected.columns[index]!.slice(0, 2)])
  const norm = (row: number): number =>
    Math.sqrt(
      Array.from(tensor.data as Float32Array)
        .slice(row * width, (row + 1) * width)
        .reduce((sum, value) => sum + value * value, 0)
    )
  const norms = values['x.norm'] as number[]
  for (const [index, row] of [1, 3].entries()) t.ok(Math.abs(norms[index]! - norm(row)) < 1e-9)
  t.notSame(read(plans, [tensor], pick, { seed: 8 }), values)
  t.strictSame(read(plans, [tensor], pick, { seed: 7 }), values)
})

t.test('what is no number in an embedding is none in its projections', async t => {
  const width = 300
  const data = new Float32Array(2 * width).fill(1)
  data[0] = Number.NaN
  data.fill(1e38, width)
  const values = read(spec('FP32', 'n', width), [x('FP32', [2, width], data)], rows(2))
  const [broken, huge] = values['x.projection[0]'] as number[]
  t.ok(Number.isNaN(broken))
  t.ok(Number.isFinite(huge))
})

t.test('class scores are computed once for all that read them', async t => {
  const outputs = [{ name: 'p', datatype: 'FP32' as const, shape: ['n', 2] }]
  const plans = plansOf({ inputs: [], outputs }, {}, { p: { role: 'probabilities', classes: ['no', 'yes'] } })
  const p = { ...x('FP32', [2, 2], Float32Array.from([0.5, 0.5, 0, 1])), name: 'p' }
  t.strictSame(read(plans, [p], rows(2)), {
    'output:p:no': [0.5, 0],
    'output:p:yes': [0.5, 1],
    'output:p:confidence': [0.5, 1],
    'output:p:entropy': [1, 0],
    'output:p:class': [0, 1]
  })
})

t.test('nothing of a request is held longer than it lasts', async t => {
  const inputs = [
    { name: 'x', datatype: 'BYTES' as const, shape: ['n'] },
    { name: 'image', datatype: 'FP32' as const, shape: ['n', 3, 2, 2] }
  ]
  const plans = ofInputs(...inputs)
  const sources = new Sources(plans, { seed: 1 })
  const data = new Float32Array(12).fill(1)
  const image = { name: 'image', datatype: 'FP32', shape: [1, 3, 2, 2], data } as const
  sources.take([x('BYTES', [1], ['a secret']), image])
  const texts = sources.each[0]?.read(rows(1))
  t.equal(texts?.[0], 'a secret')
  t.equal(sources.each[1]?.read(rows(1))?.[0], 1)
  sources.forget()
  t.strictSame([...new Set<unknown>(texts)], [''])
  t.equal(sources.each[0]?.read(rows(1)), undefined)
  // The same tensor with other values is looked at anew.
  data.fill(2)
  sources.take([image])
  t.equal(sources.each[1]?.read(rows(1))?.[0], 2)
})
