import t from 'tap'
import { featureFacts, modelContract } from '../../src/http/model-contract.ts'
import type { ModelVersion } from '../../src/lifecycle/model-version.ts'
import { exampleTensors } from '../../src/schema/example.ts'
import { contractFor } from '../helpers/arbitrary-contracts.ts'

const contract = contractFor([{ name: 'x', datatype: 'FP32', shape: ['n', 1] }])
const version = (example: ModelVersion['example']) =>
  ({ model: 'm', version: 1, contract, example, manifest: { outputs: {} } }) as unknown as ModelVersion

t.test('a version has a contract in each dialect, made once', async t => {
  let examples = 0
  const one = version(() => {
    examples++
    return exampleTensors(contract)
  })
  const made = modelContract(one)
  t.equal(modelContract(one), made)
  t.equal(examples, 1)
  t.match(made, {
    v2: { path: '/v2/models/m/infer', example: { inputs: [{ name: 'x' }] } },
    v1: { path: '/v1/models/m:predict', example: { instances: [{ x: 0 }] } },
    mlflow: { path: '/invocations', example: { dataframe_records: [{ x: 0 }] } }
  })
  for (const { example } of Object.values(modelContract(version(() => undefined))))
    t.equal(example, undefined)
})

t.test('a feature as people are told of it', async t => {
  const feature = { name: 'a', input: 'x', column: 1, type: 'number', rules: {} } as const
  t.strictSame(featureFacts(feature), { name: 'a', input: 'x', column: 1, type: 'number' })
  t.match(
    featureFacts({ ...feature, rules: { min: 0 } }),
    { min: 0, outOfRange: 'flag' },
    'the default is said'
  )
  t.match(featureFacts({ ...feature, rules: { values: ['a'], outOfRange: 'reject' } }), {
    outOfRange: 'reject'
  })
  t.notOk(
    'outOfRange' in featureFacts({ ...feature, rules: { outOfRange: 'reject' } }),
    'there is nothing to be out of'
  )
  t.notOk('column' in featureFacts({ ...feature, type: 'tensor' }))
})
