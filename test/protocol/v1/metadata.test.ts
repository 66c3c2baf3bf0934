import t from 'tap'
import { v1Metadata, v1Status } from '../../../src/protocol/v1/metadata.ts'
import { datatypeNames } from '../../../src/tensor/datatype.ts'

t.test('each state in the words of TensorFlow Serving', async t => {
  const states = [
    ['LOADING', 'LOADING', 'OK', ''],
    ['READY', 'AVAILABLE', 'OK', ''],
    ['UNLOADING', 'UNLOADING', 'OK', ''],
    ['UNAVAILABLE', 'END', 'UNKNOWN', 'why']
  ] as const
  for (const [state, wanted, code, message] of states)
    t.strictSame(v1Status('m', true, [{ version: 3, state, reason: 'why' }]), {
      name: 'm',
      ready: true,
      model_version_status: [
        { version: '3', state: wanted, status: { error_code: code, error_message: message } }
      ]
    })
  t.match(v1Status('m', false, [{ version: 3, state: 'UNAVAILABLE', reason: undefined }]), {
    ready: false,
    model_version_status: [{ status: { error_message: '' } }]
  })
})

t.test('each datatype and each shape', async t => {
  const inputs = datatypeNames.map(datatype => ({ name: datatype, datatype, shape: ['n', null, 3] }))
  const outputs = [{ name: 'y', datatype: 'FP32' as const, shape: undefined }]
  const { model_spec, metadata } = v1Metadata('m', 2, { inputs, outputs })
  t.strictSame(model_spec, { name: 'm', signature_name: '', version: '2' })
  const { serving_default } = metadata.signature_def.signature_def
  t.strictSame(
    Object.values(serving_default.inputs).map(({ dtype }) => dtype.replace('DT_', '')),
    [
      'BOOL',
      'UINT8',
      'UINT16',
      'UINT32',
      'UINT64',
      'INT8',
      'INT16',
      'INT32',
      'INT64',
      'HALF',
      'FLOAT',
      'DOUBLE',
      'STRING'
    ]
  )
  t.strictSame(serving_default.inputs['FP32'], {
    dtype: 'DT_FLOAT',
    tensor_shape: {
      dim: [
        { size: '-1', name: 'n' },
        { size: '-1', name: '' },
        { size: '3', name: '' }
      ],
      unknown_rank: false
    },
    name: 'FP32'
  })
  t.match(serving_default.outputs['y'], { tensor_shape: { dim: [], unknown_rank: true } })
})
