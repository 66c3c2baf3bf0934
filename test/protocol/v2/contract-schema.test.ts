import t from 'tap'
import {
  mlflowExample,
  mlflowRequestSchema,
  mlflowResponseSchema
} from '../../../src/protocol/mlflow/contract-schema.ts'
import { v1Example, v1RequestSchema, v1ResponseSchema } from '../../../src/protocol/v1/contract-schema.ts'
import { v2Example, v2RequestSchema, v2ResponseSchema } from '../../../src/protocol/v2/contract-schema.ts'
import { exampleTensors } from '../../../src/schema/example.ts'
import { contractFor } from '../../helpers/arbitrary-contracts.ts'
import { compiled } from '../../helpers/json-schema.ts'

const contract = contractFor(
  [
    { name: 'x', datatype: 'FP32', shape: ['n', 2] },
    { name: 'y', datatype: 'BYTES', shape: ['n', 1] }
  ],
  { x: { columns: [{ name: 'a' }, { name: 'b', default: 1 }] } }
)
const { signature } = contract
const names = { y: { role: 'label', classes: ['no', 'yes'] } }

t.test('a request in V2', async t => {
  const takes = compiled(v2RequestSchema(contract))
  const x = { name: 'x', datatype: 'FP32', shape: [1, 2], data: [1, 2] }
  const y = { name: 'y', datatype: 'BYTES', shape: [1, 1], data: [['a']] }
  const fine = [
    { inputs: [x, y] },
    { inputs: [y, { ...x, data: [[1, 'NaN']], parameters: { a: 1 } }], outputs: [{ name: 'y' }], id: 'i' },
    { inputs: [x, { name: 'y', datatype: 'BYTES', shape: [1, 1], parameters: { binary_data_size: 5 } }] },
    { inputs: [x, y], model_name: 'm', model_version: '1', parameters: {}, outputs: [] }
  ]
  for (const body of fine) t.ok(takes(body), JSON.stringify(body))
  const wrong = [
    {},
    [],
    { inputs: [x] },
    { inputs: [x, x] },
    { inputs: [x, y, y] },
    { inputs: [x, { ...y, datatype: 'FP32' }] },
    { inputs: [x, { ...y, shape: [1, 2] }] },
    { inputs: [x, { ...y, shape: [1] }] },
    { inputs: [x, { ...y, shape: [-1, 1] }] },
    { inputs: [x, { ...y, data: [1] }] },
    { inputs: [x, { ...y, data: 'a' }] },
    { inputs: [x, { ...y, more: 1 }] },
    { inputs: [x, y], outputs: [{ name: 'q' }] },
    { inputs: [x, y], outputs: ['y'] },
    { inputs: [x, y], id: 5 }
  ]
  for (const body of wrong) t.notOk(takes(body), JSON.stringify(body))
  const open = compiled(v2RequestSchema(contractFor([{ name: 'x', datatype: 'FP32', shape: undefined }])))
  t.ok(open({ inputs: [{ ...x, shape: [1, 1, 2] }] }), 'of any rank')
})

t.test('answers of each dialect', async t => {
  const v2 = compiled(v2ResponseSchema(signature))
  const output = { name: 'y', datatype: 'FP32', shape: [1, 1] }
  const head = { model_name: 'm', model_version: '1' }
  t.ok(v2({ ...head, outputs: [{ ...output, data: [1] }], id: 'i' }))
  t.ok(v2({ ...head, outputs: [{ ...output, datatype: 'BYTES', data: ['0.5:0:no'] }] }), 'classified')
  t.ok(v2({ ...head, outputs: [{ ...output, parameters: { binary_data_size: 4 } }] }), 'as bytes')
  t.notOk(v2({ ...head, outputs: [{ ...output, name: 'q' }] }))
  t.notOk(v2({ outputs: [] }))
  const bool = { inputs: [], outputs: [{ name: 'y', datatype: 'BOOL', shape: ['n'] } as const] }
  t.ok(
    compiled(v2ResponseSchema(bool))({ ...head, outputs: [{ ...output, datatype: 'BOOL', data: [true] }] })
  )
  t.notOk(
    compiled(v2ResponseSchema(bool))({ ...head, outputs: [{ ...output, datatype: 'BOOL', data: [1] }] })
  )

  const v1 = compiled(v1ResponseSchema(contract, names))
  t.ok(v1({ predictions: [{ y: [1], z: [2] }] }))
  t.ok(v1({ predictions: [{ label: ['yes'], z: [2] }] }), 'by class')
  t.ok(v1({ outputs: { y: [[1]], z: [[2]] } }))
  t.notOk(v1({ predictions: [{ y: ['yes'], z: ['2'] }] }))
  t.notOk('anyOf' in (v1ResponseSchema(contract, {})['properties'] as { predictions: object }).predictions)

  const mlflow = compiled(mlflowResponseSchema(contract, names))
  t.ok(mlflow({ predictions: [{ y: [1], z: [2] }] }))
  t.ok(mlflow({ predictions: { y: [[1]], z: [[2]] } }))
  t.notOk(mlflow({ predictions: [{ y: 'a', z: 'b' }] }))
  t.notOk(mlflow({}))
})

t.test('examples: records, and whole inputs where there are none', async t => {
  const tensors = exampleTensors(contract)
  const record = { a: 0, b: 1, y: 'text' }
  t.strictSame(v1Example(tensors, contract), { instances: [record] })
  t.strictSame(mlflowExample(tensors, contract), { dataframe_records: [record] })
  t.strictSame(v2Example(tensors), {
    inputs: [
      { name: 'x', shape: [1, 2], datatype: 'FP32', data: [0, 1] },
      { name: 'y', shape: [1, 1], datatype: 'BYTES', data: ['text'] }
    ]
  })
  const scalar = contractFor([{ name: 'x', datatype: 'FP32', shape: [] }])
  const whole = exampleTensors(scalar)
  for (const [example, schema] of [
    [v1Example(whole, scalar), v1RequestSchema(scalar)],
    [mlflowExample(whole, scalar), mlflowRequestSchema(scalar)]
  ] as const) {
    t.strictSame(example, { inputs: { x: 0 } })
    t.ok(compiled(schema)(example))
  }
})
