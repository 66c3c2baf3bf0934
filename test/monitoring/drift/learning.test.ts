import t from 'tap'
import { seededRandom } from '../../../src/base/random.ts'
import { Learning } from '../../../src/monitoring/drift/learning.ts'
import type { NamedTensor } from '../../../src/tensor/tensor.ts'
import { plansOf } from '../../helpers/drift-world.ts'

const column = (name: string, rows: number): NamedTensor => ({
  name,
  datatype: 'FP32',
  shape: [rows, 1],
  data: new Float32Array(rows).fill(rows)
})

const learning = (
  outputs: readonly string[] = ['y'],
  rows = 100,
  width = 1,
  datatype: 'FP32' | 'BYTES' = 'FP32'
) => {
  const spec = (name: string) => ({ name, datatype, shape: ['n', 1] })
  const inputs = Array.from({ length: width }, (_, index) => spec(`x${index}`))
  const plans = plansOf({ inputs, outputs: outputs.map(spec) })
  return new Learning(plans, 1, { rows, durationMinMs: 1000, random: seededRandom(1), startedMs: 500 })
}

t.test('it takes enough rows and enough time, of inputs and outputs', async t => {
  const one = learning()
  one.offerInputs([column('x0', 60)], 60)
  t.strictSame([one.rows, one.rowsSeen, one.isComplete(9999)], [0, 60, false], 'no answers yet')
  one.offerOutputs([column('y', 60)], 60)
  t.strictSame([one.rows, one.isComplete(9999)], [60, false])
  one.offerInputs([column('x0', 60)], 60)
  one.offerOutputs([column('y', 60)], 60)
  t.strictSame(
    [one.remainingMs(1400), one.isComplete(1400)],
    [100, false],
    'one burst does not define what is normal'
  )
  t.strictSame([one.remainingMs(1500), one.isComplete(1500)], [0, true])
  t.match(one.sample().source, { kind: 'live-capture', rows: 120, sampledRows: 100 })
})

t.test('answers with some of the outputs only are passed over', async t => {
  const one = learning(['y', 'z'])
  one.offerOutputs([column('y', 5)], 5)
  one.offerInputs([column('x0', 5)], 5)
  t.equal(one.rows, 0)
  one.offerOutputs([column('z', 5), column('y', 5)], 5)
  t.equal(one.rows, 5)
})

t.test('a large request counts as one burst: a few of its rows, evenly', async t => {
  const one = learning()
  one.offerInputs([column('x0', 10_000)], 10_000)
  t.equal(one.rowsSeen, 64)
})

t.test('a model without outputs that are watched never waits for them', async t => {
  const one = learning([], 100)
  one.offerInputs([column('x0', 200)], 200)
  t.equal(one.rowsSeen, 50)
  one.offerOutputs([], 200)
  t.equal(one.rows, 50)
})

t.test('wide models learn from fewer rows, but never from too few', async t => {
  t.equal(learning([], 5000, 10).rowsNeeded, 5000)
  t.equal(learning([], 5000, 499).rowsNeeded, 4000)
  t.equal(learning([], 5000, 500, 'BYTES').rowsNeeded, 500)
})
