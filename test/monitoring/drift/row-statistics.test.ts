import t from 'tap'
import { seededRandom } from '../../../src/base/random.ts'
import { ChannelStatistics, ClassScores, Projections } from '../../../src/monitoring/drift/row-statistics.ts'
import { halfFromNumber } from '../../../src/tensor/half.ts'
import type { Tensor } from '../../../src/tensor/tensor.ts'

const all = { first: 0, stride: 1, count: 1 }
const fp32 = (shape: readonly number[], data: readonly number[]): Tensor => ({
  datatype: 'FP32',
  shape,
  data: Float32Array.from(data)
})

t.test('statistics of a channel, whichever axis it lies on', async t => {
  const values = [0, 2, 4, 6]
  const first = fp32([1, 3, 2, 2], [...values, 9, 9, 9, 9, 1, 1, 1, 1])
  const last = fp32(
    [1, 2, 2, 3],
    values.flatMap(value => [value, 9, 1])
  )
  for (const [layout, tensor] of [
    ['first', first],
    ['last', last]
  ] as const) {
    const statistics = new ChannelStatistics(4, layout, 0, 3)
    statistics.fill(tensor, all)
    const { mean, deviation, min, max, zeros, norm } = statistics.columns
    t.strictSame([mean[0], min[0], max[0], zeros[0]], [3, 0, 6, 0.25], layout)
    t.ok(Math.abs(deviation[0]! - Math.sqrt(5)) < 1e-12 && Math.abs(norm[0]! - Math.sqrt(56)) < 1e-12, layout)
  }
})

t.test(
  'a large image is looked at on a grid, rows picked apart, and what is not finite is left out',
  async t => {
    const size = 224 * 224
    const data = new Float32Array(2 * size)
    for (let index = 0; index < data.length; index++) data[index] = index < size ? 100 : (index % 7) - 3
    data[size] = Number.NaN
    const tensor: Tensor = { datatype: 'FP32', shape: [2, 1, 224, 224], data }
    const statistics = new ChannelStatistics(4, 'one', 0, 1)
    statistics.fill(tensor, { first: 1, stride: 1, count: 1 })
    const { mean, deviation, min, max } = statistics.columns
    t.ok(Math.abs(mean[0]!) < 0.2 && Math.abs(deviation[0]! - 2) < 0.2, `${mean[0]} ± ${deviation[0]}`)
    t.strictSame([min[0], max[0]], [-3, 3])
    statistics.fill(fp32([1, 1, 1, 2], [Number.NaN, Number.NaN]), all)
    t.ok(
      [mean, deviation, min, max].every(column => Number.isNaN(column[0])),
      'nothing is finite'
    )
  }
)

t.test('confidence, entropy and class of probabilities, in half precision too', async t => {
  const scores = new ClassScores(4)
  scores.fill(fp32([2, 4], [0.25, 0.25, 0.25, 0.25, 0, 0, 1, 0]), { first: 0, stride: 1, count: 2 })
  const { confidence, entropy, class: best } = scores.columns
  t.strictSame([confidence[0], entropy[0], best[0]], [0.25, 2, 0])
  t.strictSame([confidence[1], entropy[1], best[1]], [1, 0, 2])
  const half = Uint16Array.from([0.5, 0.5], halfFromNumber)
  scores.fill({ datatype: 'FP16', shape: [1, 2], data: half }, all)
  t.strictSame([confidence[0], entropy[0]], [0.5, 1])
  scores.fill(fp32([1, 2], [Number.NaN, 1]), all)
  t.ok(Number.isNaN(entropy[0]))
})

t.test('projections are the same for the same seed, and keep how far rows lie apart', async t => {
  const width = 700
  const next = seededRandom(9)
  const data = Array.from({ length: 2 * width }, () => next() - 0.5)
  const tensor = fp32([2, width], data)
  const [one, same, other] = [1, 1, 2].map(seed => new Projections(4, 8, () => seededRandom(seed)))
  for (const projections of [one!, same!, other!]) projections.fill(tensor, { first: 0, stride: 1, count: 2 })
  t.strictSame(one!.columns, same!.columns)
  t.notSame(one!.columns, other!.columns)
  const apart = Object.values(one!.columns).map(column => (column[0]! - column[1]!) ** 2)
  const distance = data
    .slice(0, width)
    .reduce((sum, value, index) => sum + (value - data[width + index]!) ** 2, 0)
  const mean = apart.reduce((sum, value) => sum + value, 0) / apart.length
  const expected = distance / width
  t.ok(mean > expected / 4 && mean < expected * 4, `${mean}, expected about ${expected}`)
})

t.test('rows of one width meet the same directions, whatever came between', async t => {
  const [steady, changing] = [1, 1].map(seed => new Projections(1, 8, () => seededRandom(seed)))
  const narrow = fp32([1, 3], [1, 2, 3])
  steady!.fill(narrow, all)
  changing!.fill(fp32([1, 5], [5, 4, 3, 2, 1]), all)
  changing!.fill(narrow, all)
  t.strictSame(changing!.columns, steady!.columns)
})

t.test('each tensor and pick is looked at once, and nothing of it is kept', async t => {
  const statistics = new ChannelStatistics(4, 'one', 0, 1)
  const data = Float32Array.of(1, 2)
  const tensor: Tensor = { datatype: 'FP32', shape: [1, 2], data }
  statistics.fill(tensor, all)
  data[0] = 5
  statistics.fill(tensor, all)
  t.equal(statistics.columns.max[0], 2)
  statistics.forget()
  statistics.fill(tensor, all)
  t.equal(statistics.columns.max[0], 5)
})
