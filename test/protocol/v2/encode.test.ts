import t from 'tap'
import { v2Response } from '../../../src/protocol/v2/encode.ts'
import { type OutputWish, plainWishes } from '../../../src/protocol/v2/parameters.ts'
import type { NamedTensor } from '../../../src/tensor/tensor.ts'
import { outputsOf } from '../../helpers/v2-bodies.ts'

const wishes = (byName: Record<string, OutputWish>, binary = false) => ({
  otherwise: { binary },
  byName: new Map(Object.entries(byName))
})
const answer = (outputs: readonly NamedTensor[]) => ({ id: 'i', model: 'm', version: 2, outputs })

const floats: NamedTensor = {
  name: 'f',
  datatype: 'FP32',
  shape: [1, 3],
  data: Float32Array.of(0.5, 0.25, 2)
}
const texts: NamedTensor = { name: 't', datatype: 'BYTES', shape: [1], data: ['é'] }
const none: NamedTensor = { name: 'n', datatype: 'FP64', shape: [0, 3], data: new Float64Array(0) }

t.test('without a wish all is JSON, in the order of keys that clients know', async t => {
  const { headers, body } = v2Response(answer([floats, texts, none]), plainWishes)
  t.strictSame(headers, { 'content-type': 'application/json; charset=utf-8' })
  t.equal(
    body,
    '{"id":"i","model_name":"m","model_version":"2","outputs":[' +
      '{"name":"f","shape":[1,3],"datatype":"FP32","data":[0.5,0.25,2]},' +
      '{"name":"t","shape":[1],"datatype":"BYTES","data":["é"]},' +
      '{"name":"n","shape":[0,3],"datatype":"FP64","data":[]}]}'
  )
  t.match(v2Response({ model: 'm', version: 1, outputs: [] }, plainWishes).body, /^\{"model_name"/)
})

t.test('binary outputs follow the JSON, and share the memory of their tensors', async t => {
  const { headers, body } = v2Response(answer([texts, floats, none]), wishes({ t: { binary: true } }, true))
  if (typeof body === 'string') throw new Error('expected pieces')
  const [head, first, second, ...rest] = body
  t.equal(
    String(head),
    '{"id":"i","model_name":"m","model_version":"2","outputs":[' +
      '{"name":"t","shape":[1],"datatype":"BYTES","parameters":{"binary_data_size":6}},' +
      '{"name":"f","shape":[1,3],"datatype":"FP32","parameters":{"binary_data_size":12}},' +
      '{"name":"n","shape":[0,3],"datatype":"FP64","parameters":{"binary_data_size":0}}]}'
  )
  t.strictSame(first, Buffer.from('02000000c3a9', 'hex'))
  t.equal(second?.buffer, (floats.data as Float32Array).buffer, 'not copied')
  t.strictSame(rest, [], 'nothing is written for nothing')
  t.strictSame(headers, {
    'content-type': 'application/octet-stream',
    'inference-header-content-length': String(head?.length),
    'content-length': String(head!.length + 18)
  })
})

t.test('JSON and binary outputs may be mixed', async t => {
  const mixed = v2Response(answer([floats, texts]), wishes({ f: { binary: false } }, true))
  t.match(outputsOf(mixed), [{ data: [0.5, 0.25, 2] }, { bytes: Buffer.from('02000000c3a9', 'hex') }])
  const only = v2Response(answer([none]), wishes({ n: { binary: true } }))
  t.equal(only.headers['content-type'], 'application/octet-stream', 'also where the tensor is empty')
})

t.test('classes come as texts, in JSON or binary, with the labels of the model', async t => {
  const facts = { f: { classes: ['no', true, 3] }, t: {} }
  const json = v2Response(answer([floats]), wishes({ f: { binary: false, classes: 2 } }), facts)
  t.strictSame(outputsOf(json), [
    { name: 'f', shape: [1, 2], datatype: 'BYTES', data: ['2:2:3', '0.5:0:no'] }
  ])
  const binary = v2Response(answer([floats]), wishes({ f: { binary: true, classes: 1 } }), facts)
  t.match(outputsOf(binary), [{ shape: [1, 1], datatype: 'BYTES', bytes: Buffer.from('\x05\0\0\x002:2:3') }])
  const inherited = { ...floats, name: 'constructor' }
  const plain = v2Response(answer([inherited]), wishes({ constructor: { binary: false, classes: 1 } }), facts)
  t.match(outputsOf(plain), [{ data: ['2:2'] }])
})

t.test('names of tensors can be anything and stay legal JSON', async t => {
  const name = '{"a": "quoted"}\n\u2028'
  const outputs = [{ name, datatype: 'BOOL', shape: [2], data: Uint8Array.of(1, 0) }] as const
  const { body } = v2Response({ id: 'a"b', model: 'm', version: 1, outputs }, plainWishes)
  t.match(JSON.parse(String(body)), {
    id: 'a"b',
    outputs: [{ name, datatype: 'BOOL', shape: [2], data: [true, false] }]
  })
})
