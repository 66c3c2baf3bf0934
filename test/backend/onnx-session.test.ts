import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { SessionOptions } from '../../src/backend/backend.ts'
import { openOnnxSession } from '../../src/backend/onnx-session.ts'
import { type Datatype, datatypeNames, type TensorData } from '../../src/tensor/datatype.ts'
import type { NamedTensor } from '../../src/tensor/tensor.ts'
import { repository } from '../helpers/app.ts'
import {
  bfloat16Output,
  externalWeights,
  identity,
  picky,
  plus,
  sum,
  unknownOperator
} from '../helpers/models.ts'

/** A session on a model with these bytes, released with the test. */
async function sessionOn(
  t: Test,
  model: Uint8Array | string,
  over: Partial<SessionOptions> = {},
  files = {}
) {
  const path = join(repository(t, { 'model.onnx': model, ...files }), 'model.onnx')
  const session = await openOnnxSession({ path, graphOptimization: 'all', threads: 1, ...over })
  t.teardown(() => session.release())
  return session
}

/** Two rows of two at the edges of each datatype. */
const samples: Record<Datatype, TensorData> = {
  BOOL: Uint8Array.of(0, 1, 1, 0),
  UINT8: Uint8Array.of(0, 1, 128, 255),
  UINT16: Uint16Array.of(0, 1, 32_768, 65_535),
  UINT32: Uint32Array.of(0, 1, 2 ** 31, 2 ** 32 - 1),
  UINT64: BigUint64Array.of(0n, 1n, 2n ** 53n + 1n, 2n ** 64n - 1n),
  INT8: Int8Array.of(-128, -1, 0, 127),
  INT16: Int16Array.of(-32_768, -1, 0, 32_767),
  INT32: Int32Array.of(-(2 ** 31), -1, 0, 2 ** 31 - 1),
  INT64: BigInt64Array.of(-(2n ** 63n), -1n, 2n ** 53n + 1n, 2n ** 63n - 1n),
  FP16: Uint16Array.of(0x3c00, 0xc000, 0x7c00, 0x0001),
  FP32: Float32Array.of(0.1, -0, Number.POSITIVE_INFINITY, Number.NaN),
  FP64: Float64Array.of(0.1, Number.MAX_VALUE, Number.NEGATIVE_INFINITY, Number.NaN),
  BYTES: ['', 'plain', 'ü😀', '{"json": [1]}']
}

for (const datatype of datatypeNames) {
  t.test(`${datatype} goes through unchanged`, async t => {
    const session = await sessionOn(t, identity(datatype))
    const input: NamedTensor = { name: 'x', datatype, shape: [2, 2], data: samples[datatype] }
    const { outputs, runMs } = await session.run([input], ['y'])
    t.strictSame(outputs, [{ ...input, name: 'y' }])
    t.equal(outputs[0]?.data.constructor, samples[datatype].constructor)
    t.type(runMs, 'number')
    const empty = { ...input, shape: [0, 2], data: samples[datatype].slice(0, 0) }
    t.strictSame((await session.run([empty], ['y'])).outputs, [{ ...empty, name: 'y' }], 'no rows')
  })
}

t.test('outputs come in the order that was asked for, and only those', async t => {
  const session = await sessionOn(t, sum())
  const tensor = (name: string, ...data: number[]): NamedTensor => ({
    name,
    datatype: 'FP32',
    shape: [1, 3],
    data: Float32Array.from(data)
  })
  const inputs = [tensor('b', 10, 20, 30), tensor('a', 1, 2, 3)]
  const both = await session.run(inputs, ['sum', 'left'])
  t.strictSame(both.outputs, [tensor('sum', 11, 22, 33), tensor('left', 1, 2, 3)])
  t.strictSame((await session.run(inputs, ['left', 'sum'])).outputs, [...both.outputs].reverse())
  t.strictSame((await session.run(inputs, ['sum'])).outputs, [tensor('sum', 11, 22, 33)])
})

t.test('every optimization level and number of threads gives the same answer', async t => {
  const x: NamedTensor = { name: 'x', datatype: 'FP32', shape: [1, 2], data: Float32Array.of(1, 2) }
  for (const graphOptimization of ['disabled', 'basic', 'extended', 'all'] as const) {
    const session = await sessionOn(t, plus(1), { graphOptimization, threads: 2 })
    t.strictSame((await session.run([x], ['y'])).outputs[0]?.data, Float32Array.of(2, 3), graphOptimization)
  }
})

t.test('a run that the model refuses throws the words of the runtime, and the next one works', async t => {
  const session = await sessionOn(t, picky())
  const at = (index: bigint): NamedTensor => ({
    name: 'x',
    datatype: 'INT64',
    shape: [1],
    data: BigInt64Array.of(index)
  })
  await t.rejects(session.run([at(99n)], ['y']), { message: /indices element out of data bounds/ })
  t.strictSame((await session.run([at(2n)], ['y'])).outputs[0]?.data, Float32Array.of(30))
})

t.test('what cannot be opened says why', async t => {
  const cases: [model: Uint8Array | string, reason: RegExp][] = [
    [unknownOperator(), /NoSuchOperator/],
    ['not a model', /protobuf parsing failed/i],
    [bfloat16Output(), /Unsupported data type: 16/],
    [externalWeights('weights.bin'), /weights\.bin/]
  ]
  for (const [model, reason] of cases) await t.rejects(sessionOn(t, model), { message: reason })
  await t.rejects(sessionOn(t, plus(1), { path: '/nowhere/model.onnx' }), { message: /doesn't exist/ })
})

t.test('data files beside the model are found', async t => {
  const weights = new Uint8Array(Float32Array.of(10, 20).buffer)
  const session = await sessionOn(t, externalWeights('weights.bin'), {}, { 'weights.bin': weights })
  const x: NamedTensor = { name: 'x', datatype: 'FP32', shape: [1, 2], data: Float32Array.of(1, 2) }
  t.strictSame((await session.run([x], ['y'])).outputs[0]?.data, Float32Array.of(11, 22))
})
