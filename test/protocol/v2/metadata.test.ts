import t from 'tap'
import { ServingError } from '../../../src/errors/serving-error.ts'
import { detailsMax, errorBody } from '../../../src/protocol/v2/error-body.ts'
import { modelConfig, modelMetadata, repositoryIndex } from '../../../src/protocol/v2/metadata.ts'

const signature = {
  inputs: [
    { name: 'a', datatype: 'BYTES', shape: ['n', 1] },
    { name: 'b', datatype: 'INT64', shape: undefined }
  ],
  outputs: [{ name: 'c', datatype: 'FP16', shape: [null, 3] }]
} as const

t.test('a configuration has the names of ModelConfig, whatever the policy', t => {
  const facts = {
    name: 'm',
    version: 3,
    signature,
    instances: 2,
    file: 'model.onnx',
    parameters: { 'kedge.x': 'y' }
  }
  const policies: [{ policy: string; count?: number; versions?: number[] }, object][] = [
    [{ policy: 'latest', count: 2 }, { latest: { num_versions: 2 } }],
    [{ policy: 'all' }, { all: {} }],
    [{ policy: 'specific', versions: [1, 3] }, { specific: { versions: [1, 3] } }]
  ]
  for (const [versionPolicy, expected] of policies) {
    t.strictSame(modelConfig({ ...facts, versionPolicy }), {
      name: 'm',
      platform: 'onnxruntime_onnx',
      backend: 'onnxruntime',
      version_policy: expected,
      max_batch_size: 0,
      input: [
        { name: 'a', data_type: 'TYPE_STRING', dims: [-1, 1] },
        { name: 'b', data_type: 'TYPE_INT64', dims: [-1] }
      ],
      output: [{ name: 'c', data_type: 'TYPE_FP16', dims: [-1, 3] }],
      instance_group: [{ name: 'm_3', kind: 'KIND_CPU', count: 2 }],
      default_model_filename: 'model.onnx',
      parameters: { 'kedge.x': { string_value: 'y' } }
    })
  }
  t.end()
})

t.test('metadata have the keys of the protocol, and more only where there is something to say', async t => {
  const plain = { name: 'm', versions: [2, 10], signature, description: undefined, card: undefined }
  const protocol = {
    name: 'm',
    versions: ['2', '10'],
    platform: 'onnxruntime_onnx',
    inputs: [
      { name: 'a', datatype: 'BYTES', shape: [-1, 1] },
      { name: 'b', datatype: 'INT64', shape: [-1] }
    ],
    outputs: [{ name: 'c', datatype: 'FP16', shape: [-1, 3] }]
  }
  t.strictSame(modelMetadata({ ...plain, labels: new Map() }), protocol)
  const card = { owner: 'growth', metrics: { accuracy: 0.97, worst: Number.NaN }, reviewed: ['a', 'b'] }
  const facts = { ...plain, description: 'Who leaves', card, labels: new Map([['stable', 2]]) }
  t.strictSame(modelMetadata(facts), {
    ...protocol,
    description: 'Who leaves',
    card: { owner: 'growth', metrics: { accuracy: 0.97, worst: 'NaN' }, reviewed: ['a', 'b'] },
    labels: { stable: '2' }
  })
})

t.test('the index has a row a version, and can be kept to what is ready', t => {
  const rows = [
    { model: 'a', version: 2, state: 'READY', reason: undefined },
    { model: 'a', version: 1, state: 'UNAVAILABLE', reason: 'unloaded' },
    { model: 'b', version: undefined, state: 'UNAVAILABLE', reason: 'no version' }
  ] as const
  t.strictSame(repositoryIndex(rows, false), [
    { name: 'a', version: '2', state: 'READY' },
    { name: 'a', version: '1', state: 'UNAVAILABLE', reason: 'unloaded' },
    { name: 'b', state: 'UNAVAILABLE', reason: 'no version' }
  ])
  t.strictSame(repositoryIndex(rows, true), [{ name: 'a', version: '2', state: 'READY' }])
  t.end()
})

t.test('an error body lists details, up to a limit', t => {
  const plain = errorBody(new ServingError('INVALID_JSON', 'no'), 'r')
  t.strictSame(plain, { error: 'no', code: 'INVALID_JSON', request_id: 'r' })
  const details = Array.from({ length: detailsMax + 5 }, () => ({ path: 'p', problem: 'q' }))
  t.equal(errorBody(new ServingError('INVALID_INPUT', 'no', { details }), 'r').details?.length, detailsMax)
  t.end()
})
