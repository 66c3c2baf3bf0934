// The request bodies that the documentation of other servers shows, sent unchanged by curl to models that fit.
import t from 'tap'
import { repository } from '../helpers/app.ts'
import { onnxModel, type TensorValue } from '../helpers/onnx-model.ts'
import { kedge } from '../helpers/process.ts'
import { run } from './tools.ts'

const halfPlusTwo = onnxModel({
  inputs: [{ name: 'x', datatype: 'FP32', shape: ['batch'] }],
  outputs: [{ name: 'y', datatype: 'FP32', shape: ['batch'] }],
  initializers: [
    { name: 'half', datatype: 'FP32', shape: [1], data: [0.5] },
    { name: 'two', datatype: 'FP32', shape: [1], data: [2] }
  ],
  nodes: [
    { op: 'Mul', inputs: ['x', 'half'], outputs: ['halved'] },
    { op: 'Add', inputs: ['halved', 'two'], outputs: ['y'] }
  ]
})

/** Each input comes back with `_out` after its name. */
function echo(inputs: readonly TensorValue[]): Uint8Array {
  return onnxModel({
    inputs,
    outputs: inputs.map(input => ({ ...input, name: `${input.name}_out` })),
    nodes: inputs.map(({ name }) => ({ op: 'Identity', inputs: [name], outputs: [`${name}_out`] }))
  })
}

const tagged = echo([
  { name: 'tag', datatype: 'BYTES', shape: ['n'] },
  { name: 'signal', datatype: 'FP32', shape: ['n', 5] },
  { name: 'sensor', datatype: 'FP32', shape: ['n', 2, 2] }
])
const image = echo([
  { name: 'image', datatype: 'BYTES', shape: ['n'] },
  { name: 'caption', datatype: 'BYTES', shape: ['n'] }
])
const numbers = echo(['a', 'b', 'c'].map(name => ({ name, datatype: 'FP32', shape: ['n', 1] })))
const mixed = echo([
  { name: 'a', datatype: 'BYTES', shape: ['n'] },
  { name: 'b', datatype: 'FP32', shape: ['n'] },
  { name: 'c', datatype: 'FP32', shape: ['n', 3] }
])
/** Class 1 beyond a petal of 2.5. */
const iris = onnxModel({
  inputs: [{ name: 'x', datatype: 'FP32', shape: ['n', 4] }],
  outputs: [{ name: 'y', datatype: 'INT64', shape: ['n'] }],
  initializers: [
    { name: 'column', datatype: 'INT64', shape: [], data: [2] },
    { name: 'bound', datatype: 'FP32', shape: [1], data: [2.5] }
  ],
  nodes: [
    { op: 'Gather', inputs: ['x', 'column'], outputs: ['petal'], attributes: { axis: 1 } },
    { op: 'Greater', inputs: ['petal', 'bound'], outputs: ['isLong'] },
    { op: 'Cast', inputs: ['isLong'], outputs: ['y'], attributes: { to: 7 } }
  ]
})

const models = {
  'half_plus_two/1/model.onnx': halfPlusTwo,
  'tagged/1/model.onnx': tagged,
  'image/1/model.onnx': image,
  'iris/1/model.onnx': iris,
  'numbers/1/model.onnx': numbers,
  'mixed/1/model.onnx': mixed
}

const json = ['-H', 'Content-Type: application/json']

function curl(url: string, body: string, headers: readonly string[]): unknown {
  return JSON.parse(run('curl', ['-s', '--data-binary', body, ...headers, url]))
}

const signals = [
  {
    tag: 'foo',
    signal: [1, 2, 3, 4, 5],
    sensor: [
      [1, 2],
      [3, 4]
    ]
  },
  {
    tag: 'bar',
    signal: [3, 4, 1, 2, 5],
    sensor: [
      [4, 5],
      [6, 8]
    ]
  }
]

t.test('TensorFlow Serving and KServe V1', async t => {
  const root = repository(t, models)
  const address = await kedge(t, ['serve', '--models', root, '--port', '0', '--state-dir', `${root}/.state`])
    .ready
  const predict = (model: string, body: unknown, headers: readonly string[] = []): unknown =>
    curl(
      `${address}/v1/models/${model}:predict`,
      typeof body === 'string' ? body : JSON.stringify(body),
      headers
    )
  // https://www.tensorflow.org/tfx/serving/docker
  t.same(predict('half_plus_two', '{"instances": [1.0, 2.0, 5.0]}'), { predictions: [2.5, 3, 4.5] })
  const named = '{"signature_name": "serving_default", "instances": [1.0, 2.0, 5.0]}'
  t.same(predict('half_plus_two', named), { predictions: [2.5, 3, 4.5] })
  // https://www.tensorflow.org/tfx/serving/api_rest: row format, column format, binary values.
  const echoed = signals.map(({ tag, signal, sensor }) => ({
    tag_out: tag,
    signal_out: signal,
    sensor_out: sensor
  }))
  t.same(predict('tagged', { instances: signals }), { predictions: echoed })
  const columns = {
    tag: signals.map(({ tag }) => tag),
    signal: signals.map(({ signal }) => signal),
    sensor: signals.map(({ sensor }) => sensor)
  }
  const { tag, signal, sensor } = columns
  t.same(predict('tagged', { inputs: columns }), {
    outputs: { tag_out: tag, signal_out: signal, sensor_out: sensor }
  })
  const images =
    '{"instances": [{"image": {"b64": "aW1hZ2UgYnl0ZXM="}, "caption": "seaside"}, {"image": {"b64": "YXdlc29tZSBpbWFnZSBieXRlcw=="}, "caption": "mountains"}]}'
  t.same(predict('image', images), {
    predictions: [
      { image_out: 'image bytes', caption_out: 'seaside' },
      { image_out: 'awesome image bytes', caption_out: 'mountains' }
    ]
  })
  // https://kserve.github.io/website/docs/getting-started/predictive-first-isvc
  const flowers = '{"instances": [[6.8, 2.8, 4.8, 1.4], [6.0, 3.4, 4.5, 1.6]]}'
  t.same(predict('iris', flowers, json), { predictions: [1, 1] })
})

t.test('MLflow', async t => {
  // https://mlflow.org/docs/latest/ml/deployment/deploy-model-locally
  const root = repository(t, models)
  const invocations = async (model: string): Promise<string> => {
    const state = `${root}/.state-${model}`
    const args = ['serve', '--models', root, '--port', '0', '--state-dir', state, '--default-model', model]
    return `${await kedge(t, args).ready}/invocations`
  }
  const frame = await invocations('numbers')
  const rows = {
    predictions: [
      [1, 2, 3],
      [4, 5, 6]
    ].map(([a, b, c]) => ({ a_out: [a], b_out: [b], c_out: [c] }))
  }
  const split = '{"dataframe_split": {"columns": ["a", "b", "c"], "data": [[1, 2, 3], [4, 5, 6]]}}'
  t.same(curl(frame, split, json), rows)
  t.same(curl(frame, split, ['-H', 'Content-Type:application/json;']), rows, 'the header of older pages')
  const records = '{"dataframe_records": [{"a": 1,"b": 2,"c": 3}, {"a": 4,"b": 5,"c": 6}]}'
  t.same(curl(frame, records, json), rows)
  t.same(curl(frame, 'a,b,c\n1,2,3\n4,5,6\n', ['-H', 'Content-Type: text/csv']), rows)
  const tensors = await invocations('mixed')
  const named = [
    ['s1', 1, [1, 2, 3]],
    ['s2', 2, [4, 5, 6]],
    ['s3', 3, [7, 8, 9]]
  ]
  const instances =
    '{"instances": [{"a": "s1", "b": 1, "c": [1, 2, 3]}, {"a": "s2", "b": 2, "c": [4, 5, 6]}, {"a": "s3", "b": 3, "c": [7, 8, 9]}]}'
  t.same(curl(tensors, instances, json), {
    predictions: named.map(([a, b, c]) => ({ a_out: a, b_out: b, c_out: c }))
  })
  const inputs =
    '{"inputs": {"a": ["s1", "s2", "s3"], "b": [1, 2, 3], "c": [[1, 2, 3], [4, 5, 6], [7, 8, 9]]}}'
  const column = (index: number): unknown[] => named.map(row => row[index])
  t.same(curl(tensors, inputs, json), {
    predictions: { a_out: column(0), b_out: column(1), c_out: column(2) }
  })
})
