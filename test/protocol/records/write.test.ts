import t from 'tap'
import { answerKeys, columnsJson, type OutputNames, rowsJson } from '../../../src/protocol/records/write.ts'
import type { Datatype, TensorData } from '../../../src/tensor/datatype.ts'
import type { NamedTensor } from '../../../src/tensor/tensor.ts'

const tensor = (
  name: string,
  datatype: Datatype,
  shape: readonly number[],
  data: TensorData
): NamedTensor => ({
  name,
  datatype,
  shape,
  data
})
const label = tensor('out', 'INT64', [2], BigInt64Array.of(1n, 0n))
const probabilities = tensor('prob', 'FP32', [2, 2], Float32Array.of(0.25, 0.75, 1, 0))
const classes = ['no', 'yes']
const names: OutputNames = { out: { role: 'label', classes }, prob: { role: 'probabilities', classes } }

const rows = (outputs: NamedTensor[], wanted = false, facts: OutputNames = names): unknown =>
  JSON.parse(rowsJson(outputs, { form: 'rows', classes: wanted }, facts))
const whole = (outputs: NamedTensor[], wanted = false, facts: OutputNames = names): unknown =>
  JSON.parse(columnsJson(outputs, { form: 'columns', classes: wanted }, facts))

t.test('one output stands alone, several stand by name', async t => {
  t.strictSame(rows([label]), [1, 0])
  t.strictSame(whole([label]), [1, 0])
  t.strictSame(rows([label, probabilities]), [
    { out: 1, prob: [0.25, 0.75] },
    { out: 0, prob: [1, 0] }
  ])
  t.strictSame(whole([label, probabilities]), {
    out: [1, 0],
    prob: [
      [0.25, 0.75],
      [1, 0]
    ]
  })
  t.strictSame(whole([tensor('y', 'FP32', [], Float32Array.of(5))]), 5)
  t.strictSame(rows([tensor('y', 'FP32', [0, 2], new Float32Array())]), [])
  const named = rowsJson(
    [tensor('a"b', 'BOOL', [1], Uint8Array.of(1)), label].map(one => ({ ...one, shape: [1] })),
    { form: 'rows', classes: false },
    {}
  )
  t.equal(named, '[{"a\\"b":true,"out":1}]')
})

t.test('labels by name, probabilities by class, outputs by role', async t => {
  t.strictSame(rows([label], true), ['yes', 'no'])
  t.strictSame(rows([probabilities], true), [
    { no: 0.25, yes: 0.75 },
    { no: 1, yes: 0 }
  ])
  t.strictSame(rows([label, probabilities], true), [
    { label: 'yes', probabilities: { no: 0.25, yes: 0.75 } },
    { label: 'no', probabilities: { no: 1, yes: 0 } }
  ])
  t.strictSame(whole([label, probabilities], true), {
    label: ['yes', 'no'],
    probabilities: [
      { no: 0.25, yes: 0.75 },
      { no: 1, yes: 0 }
    ]
  })
  t.strictSame(rows([label], true, {}), [1, 0], 'unknown classes name nothing')
  t.strictSame(rows([{ ...label, name: 'constructor' }], true, {}), [1, 0])
})

t.test('a label is the index of a class unless it is one, and classes may be fewer', async t => {
  const some = (list: (string | number)[]): OutputNames => ({
    out: { role: 'label', classes: list },
    prob: { role: 'probabilities', classes: list }
  })
  t.strictSame(rows([label], true, some([1, 0])), [1, 0], 'a class already')
  t.strictSame(rows([label], true, some([-1])), [1, -1], 'no class for 1')
  t.strictSame(rows([tensor('out', 'BYTES', [1], ['yes'])], true), ['yes'])
  t.strictSame(rows([probabilities], true, some(['no'])), [
    { no: 0.25, 1: 0.75 },
    { no: 1, 1: 0 }
  ])
  const deep = tensor('prob', 'FP32', [1, 1, 2], Float32Array.of(1, 2))
  t.strictSame(rows([deep], true), [[[1, 2]]], 'probabilities of a higher rank stay lists')
})

t.test('roles are keys where they tell outputs apart', async t => {
  const keys = (...outputs: [name: string, role?: string][]) =>
    answerKeys(outputs.map(([name, role]) => ({ name, role })))
  t.strictSame(keys(['a', 'label'], ['b', 'probabilities']), ['label', 'probabilities'])
  t.strictSame(keys(['a', 'label'], ['b', 'label']), ['a', 'b'])
  t.strictSame(keys(['a', 'label'], ['label', 'value']), ['a', 'label'])
  t.strictSame(keys(['a', 'label'], ['label'], ['b', 'probabilities']), ['a', 'label', 'probabilities'])
  t.strictSame(keys(['label', 'label'], ['b', 'score']), ['label', 'b'])
  t.strictSame(keys(['a'], ['b', 'value']), ['a', 'b'])
})

t.test('outputs called …_bytes go as base64', async t => {
  t.strictSame(rows([tensor('image_bytes', 'BYTES', [2], ['a', 'ü'])]), [{ b64: 'YQ==' }, { b64: 'w7w=' }])
  t.strictSame(rows([tensor('image_bytes', 'FP32', [1], Float32Array.of(1))]), [1])
  t.strictSame(rows([tensor('bytes_image', 'BYTES', [1], ['a'])]), ['a'])
})

t.test('outputs that have no row each cannot stand row by row', async t => {
  const total = tensor('total', 'FP32', [], Float32Array.of(5))
  const three = tensor('three', 'FP32', [3], Float32Array.of(1, 2, 3))
  for (const outputs of [[total], [label, total], [label, three]])
    t.throws(() => rows(outputs), {
      code: 'INVALID_REQUEST',
      message: /output (total|three) has shape .*; send inputs instead/
    })
  t.strictSame(whole([label, three]), { out: [1, 0], three: [1, 2, 3] })
})
