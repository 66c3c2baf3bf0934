import t from 'tap'
import { invocationResponse } from '../../../src/protocol/mlflow/encode.ts'
import { v1Response } from '../../../src/protocol/v1/encode.ts'

const outputs = [{ name: 'y', datatype: 'FP32', shape: [2, 1], data: Float32Array.of(1, 2) }] as const

t.test('V1 and MLflow call the same answer by different names', async t => {
  for (const form of ['rows', 'columns'] as const) {
    const wishes = { form, classes: false }
    t.equal(v1Response(outputs, wishes, {}), `{"${form === 'rows' ? 'predictions' : 'outputs'}":[[1],[2]]}`)
    t.equal(invocationResponse(outputs, wishes, {}), '{"predictions":[[1],[2]]}')
  }
})

t.test('only rows need a row each', async t => {
  const scalar = [{ ...outputs[0], shape: [], data: Float32Array.of(1) }]
  for (const write of [v1Response, invocationResponse]) {
    t.throws(() => write(scalar, { form: 'rows', classes: false }, {}), { code: 'INVALID_REQUEST' })
    t.match(write(scalar, { form: 'columns', classes: false }, {}), /:1\}$/)
  }
})
