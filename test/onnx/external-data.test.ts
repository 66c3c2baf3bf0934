import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { graphDepthMax } from '../../src/onnx/external-data.ts'
import { readOnnxHeader } from '../../src/onnx/header.ts'
import { externalWeights } from '../helpers/models.ts'
import { field, graph, node, onnxModel, tensor } from '../helpers/onnx-model.ts'

const path = join(t.testdir({}), 'model.onnx')
const all = (...parts: readonly Uint8Array[]): Uint8Array => Buffer.concat(parts)
const opset = field(8, all(field(1, ''), field(2, 17)))

function locations(bytes: Uint8Array): readonly string[] {
  writeFileSync(path, bytes)
  return readOnnxHeader(path).externalData
}

/** A model whose graph is these fields of a GraphProto. */
const model = (...parts: readonly Uint8Array[]): Uint8Array => all(field(7, all(...parts)), opset)

/** A tensor whose data lies at `location`, as a TensorProto. */
const outside = (location: string): Uint8Array =>
  tensor({ name: 'w', datatype: 'FP32', shape: [2], data: { location } })

/** A graph's field for a node with one attribute. */
const nodeWith = (attribute: Uint8Array): Uint8Array => field(1, field(5, attribute))

t.test('data of initializers, each place once, in order', async t => {
  t.strictSame(locations(externalWeights('weights.bin')), ['weights.bin'])
  const initializers = ['b', 'a', 'b'].map(location => field(5, outside(location)))
  t.strictSame(locations(model(...initializers)), ['b', 'a'])
})

t.test('data inside the model has no place', async t => {
  const inside = { name: 'w', datatype: 'FP32', shape: [2], data: [1, 2] } as const
  t.strictSame(locations(model(field(5, tensor(inside)))), [])
  // Other entries of external data, and an entry without a key.
  const other = field(13, all(field(1, 'offset'), field(2, '4096')))
  t.strictSame(locations(model(field(5, all(other, field(13, field(2, 'x')))))), [])
})

t.test('a place may be named by any tensor, wherever the format has one', async t => {
  const sparse = (part: number): Uint8Array => field(part, outside('hidden'))
  const inner = field(5, outside('hidden'))
  const cases: Record<string, Uint8Array> = {
    initializer: model(field(5, outside('hidden'))),
    'values of a sparse initializer': model(field(15, sparse(1))),
    'indices of a sparse initializer': model(field(15, sparse(2))),
    'tensor attribute': model(nodeWith(field(5, outside('hidden')))),
    'list of tensors': model(
      nodeWith(
        all(
          field(10, tensor({ name: '', datatype: 'FP32', shape: [], data: [] })),
          field(10, outside('hidden'))
        )
      )
    ),
    'sparse tensor attribute': model(nodeWith(field(22, sparse(1)))),
    'list of sparse tensors': model(nodeWith(field(23, sparse(2)))),
    'sub-graph': model(nodeWith(field(6, inner))),
    'list of sub-graphs': model(
      nodeWith(all(field(11, graph({ nodes: [], inputs: [], outputs: [] })), field(11, inner)))
    ),
    'attribute in a sub-graph': model(nodeWith(field(6, nodeWith(field(5, outside('hidden')))))),
    'node of a function': all(model(), field(25, field(7, field(5, field(5, outside('hidden')))))),
    'default attribute of a function': all(model(), field(25, field(11, field(5, outside('hidden'))))),
    'sub-graph in a function': all(model(), field(25, field(7, field(5, field(6, inner))))),
    'initialization of training': all(model(), field(20, field(1, inner))),
    'algorithm of training': all(model(), field(20, field(2, inner)))
  }
  for (const [name, bytes] of Object.entries(cases)) t.strictSame(locations(bytes), ['hidden'], name)
})

t.test('a constant and a loop, as exporters write them', async t => {
  const body = graph({
    inputs: [],
    outputs: [],
    initializers: [{ name: 'w', datatype: 'FP32', shape: [1], data: { location: 'loop.bin', length: 4 } }],
    nodes: []
  })
  const bytes = onnxModel({
    inputs: [],
    outputs: [],
    nodes: [
      {
        op: 'Constant',
        inputs: [],
        outputs: ['c'],
        attributes: {
          value: { tensor: { name: '', datatype: 'INT64', shape: [1], data: { location: 'constant.bin' } } }
        }
      },
      { op: 'Loop', inputs: [], outputs: [], attributes: { body: { graph: body } } },
      {
        op: 'Constant',
        inputs: [],
        outputs: ['d'],
        attributes: { value_floats: { floats: [1, 2] }, a: 1, b: 'text' }
      }
    ]
  })
  t.strictSame(locations(bytes), ['constant.bin', 'loop.bin'])
})

t.test('texts elsewhere that look like a place are none', async t => {
  const entry = field(13, all(field(1, 'location'), field(2, 'x')))
  // Field 13 of a graph, of a node and of an attribute is something else.
  const bytes = all(
    model(entry, field(1, all(node({ op: 'Relu', inputs: [], outputs: [] }), entry)), nodeWith(entry)),
    entry
  )
  t.strictSame(locations(bytes), [])
})

t.test('graphs are followed down to a limit', async t => {
  const nested = (depth: number): Uint8Array => {
    let inner = field(5, outside('deep'))
    for (let level = 0; level < depth; level++) inner = nodeWith(field(6, inner))
    return model(inner)
  }
  t.strictSame(locations(nested(graphDepthMax)), ['deep'])
  const problem = { name: 'OnnxFormatError', message: /graphs are nested deeper than 32$/ }
  t.throws(() => locations(nested(graphDepthMax + 1)), problem)
  t.throws(() => locations(nested(2000)), problem)
})

t.test('a damaged part is an error wherever it is', async t => {
  const parts = [
    field(5, 1),
    nodeWith(field(5, 1)),
    nodeWith(field(6, 1)),
    field(15, 1),
    field(5, field(13, 1)),
    field(1, 1)
  ]
  for (const part of parts)
    t.throws(() => locations(model(part)), { name: 'OnnxFormatError' }, Buffer.from(part).toString('hex'))
  for (const number of [20, 25])
    t.throws(() => locations(all(model(), field(number, 1))), { name: 'OnnxFormatError' })
})
