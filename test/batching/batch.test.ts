import t from 'tap'
import { cutOutputs, stackInputs } from '../../src/batching/batch.ts'
import type { NamedTensor } from '../../src/tensor/tensor.ts'
import { jobOf, rowsOfX } from '../helpers/batch-bench.ts'

const texts = (name: string, ...data: string[]): NamedTensor => ({
  name,
  datatype: 'BYTES',
  shape: [data.length],
  data
})

t.test('inputs are joined one by one, in the order of the jobs', async t => {
  const jobs = [
    jobOf([], { inputs: [rowsOfX(1, 2), texts('t', 'a', 'b')] }),
    jobOf([], { inputs: [rowsOfX(), texts('t')] }),
    jobOf([], { inputs: [rowsOfX(3), texts('t', 'c')] })
  ]
  t.strictSame(stackInputs(jobs), [rowsOfX(1, 2, 3), texts('t', 'a', 'b', 'c')])
  t.strictSame(jobs[0]!.inputs[0], rowsOfX(1, 2), 'their memory stays theirs')
})

t.test('a model without inputs, and a batch without jobs', async t => {
  t.strictSame(stackInputs([jobOf([], { inputs: [] }), jobOf([], { inputs: [] })]), [])
  t.strictSame(stackInputs([]), [])
})

t.test('outputs are cut into what belongs to each job', async t => {
  const outputs = [rowsOfX(1, 2, 3), texts('t', 'a', 'b', 'c')]
  t.strictSame(cutOutputs(outputs, [2, 0, 1]), [
    [rowsOfX(1, 2), texts('t', 'a', 'b')],
    [rowsOfX(), texts('t')],
    [rowsOfX(3), texts('t', 'c')]
  ])
  t.strictSame(cutOutputs(outputs, [3]), [outputs])
  t.strictSame(cutOutputs([], [1, 2]), [[], []], 'a model without outputs')
  t.strictSame(cutOutputs([rowsOfX()], [0, 0]), [[rowsOfX()], [rowsOfX()]], 'no rows at all')
})

t.test('another number of rows than went in is a failure of the model, whatever output it is', async t => {
  const scalar: NamedTensor = { name: 's', datatype: 'FP32', shape: [], data: Float32Array.of(1) }
  const cases: [string, NamedTensor[], string][] = [
    ['too few', [rowsOfX(1)], "output 'x' has 1 rows for a batch of 2"],
    ['too many', [rowsOfX(1, 2, 3)], "output 'x' has 3 rows for a batch of 2"],
    ['the second output', [rowsOfX(1, 2), texts('t', 'a')], "output 't' has 1 rows for a batch of 2"],
    ['a scalar', [scalar], "output 's' has undefined rows for a batch of 2"]
  ]
  for (const [name, outputs, message] of cases) {
    const expected = {
      name: 'ServingError',
      code: 'RUN_FAILED',
      message: 'the model failed on these inputs'
    } as const
    t.throws(() => cutOutputs(outputs, [1, 1]), { ...expected, cause: { message } }, name)
  }
})
