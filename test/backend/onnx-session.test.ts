import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { SessionOptions } from '../../src/backend/backend.ts'
import { openFirstSession, openOnnxSession } from '../../src/backend/onnx-session.ts'
import { datatypeNames } from '../../src/tensor/datatype.ts'
import type { NamedTensor } from '../../src/tensor/tensor.ts'
import { repository } from '../helpers/app.ts'
import { externalWeights, identity, picky, plus, sum, unknownOperator, zipMap } from '../helpers/models.ts'
import { onnxModel } from '../helpers/onnx-model.ts'
import { samples } from '../helpers/samples.ts'

/** Through the package's binding, and through its public class. */
const paths = [
  ['native', false],
  ['public', true]
] as const

/** A session on a model with these bytes, released with the test; its runs as promises whatever they are. */
async function sessionOn(
  t: Test,
  publicOnly: boolean,
  model: Uint8Array | string,
  over: Partial<SessionOptions> = {},
  files = {}
) {
  const path = join(repository(t, { 'model.onnx': model, ...files }), 'model.onnx')
  const options = { path, graphOptimization: 'all', threads: 1, ...over } as const
  const session = await openOnnxSession(options, publicOnly)
  t.teardown(() => session.release())
  return {
    session,
    run: async (inputs: readonly NamedTensor[], outputs: readonly string[] = ['y']) =>
      session.run(inputs, outputs)
  }
}

const fp32 = (name: string, ...data: number[]): NamedTensor => ({
  name,
  datatype: 'FP32',
  shape: [1, data.length],
  data: Float32Array.from(data)
})

t.test('a run through the binding answers at once, one through the public class later', async t => {
  const native = await sessionOn(t, false, plus(1))
  const result = native.session.run([fp32('x', 1, 2)], ['y'])
  t.notOk(result instanceof Promise, 'the binding of this version of the runtime is what we know')
  t.strictSame((await result).outputs, [fp32('y', 2, 3)])
  const other = await sessionOn(t, true, plus(1))
  const later = other.session.run([fp32('x', 1, 2)], ['y'])
  t.ok(later instanceof Promise)
  await later
})

for (const [way, publicOnly] of paths) {
  t.test(`${way}: every datatype goes through unchanged`, async t => {
    for (const datatype of datatypeNames) {
      const { run } = await sessionOn(t, publicOnly, identity(datatype))
      const input: NamedTensor = { name: 'x', datatype, shape: [2, 2], data: samples[datatype] }
      const { outputs, runMs } = await run([input])
      t.strictSame(outputs, [{ ...input, name: 'y' }], datatype)
      t.equal(outputs[0]?.data.constructor, samples[datatype].constructor, datatype)
      t.type(runMs, 'number')
      const empty = { ...input, shape: [0, 2], data: samples[datatype].slice(0, 0) }
      t.strictSame((await run([empty])).outputs, [{ ...empty, name: 'y' }], `${datatype}: no rows`)
    }
  })

  t.test(`${way}: outputs come in the order that was asked for, and only those`, async t => {
    const { run } = await sessionOn(t, publicOnly, sum())
    const inputs = [fp32('b', 10, 20, 30), fp32('a', 1, 2, 3)]
    const [total, left] = [fp32('sum', 11, 22, 33), fp32('left', 1, 2, 3)]
    t.strictSame((await run(inputs, ['sum', 'left'])).outputs, [total, left])
    t.strictSame((await run(inputs, ['left', 'sum'])).outputs, [left, total])
    t.strictSame((await run(inputs, ['sum'])).outputs, [total])
    t.strictSame((await run(inputs, ['sum', 'sum'])).outputs, [total, total])
  })

  t.test(`${way}: outputs are memory of their own`, async t => {
    const { run } = await sessionOn(t, publicOnly, identity())
    const x = fp32('x', 1, 2)
    const [first] = (await run([x])).outputs
    const [second] = (await run([fp32('x', 3, 4)])).outputs
    t.strictSame([first, second], [fp32('y', 1, 2), fp32('y', 3, 4)])
    x.data[0] = 9
    t.strictSame(first!.data, Float32Array.of(1, 2))
    const buffer = second!.data as Float32Array
    structuredClone(buffer, { transfer: [buffer.buffer as ArrayBuffer] })
    t.strictSame((await run([fp32('x', 5, 6)])).outputs, [fp32('y', 5, 6)], 'and may move away')
  })

  t.test(`${way}: every optimization level and number of threads gives the same answer`, async t => {
    for (const graphOptimization of ['disabled', 'basic', 'extended', 'all'] as const) {
      const { run } = await sessionOn(t, publicOnly, plus(1), { graphOptimization, threads: 2 })
      t.strictSame((await run([fp32('x', 1, 2)])).outputs, [fp32('y', 2, 3)], graphOptimization)
    }
  })

  t.test(`${way}: a run that cannot be throws, and the next one works`, async t => {
    const { run } = await sessionOn(t, publicOnly, picky())
    const at = (index: bigint): NamedTensor => ({
      name: 'x',
      datatype: 'INT64',
      shape: [1],
      data: BigInt64Array.of(index)
    })
    await t.rejects(run([at(99n)]), { message: /indices element out of data bounds/ })
    await t.rejects(run([fp32('x', 1)]), { message: /Unexpected input data type/ })
    await t.rejects(run([{ ...at(1n), shape: [1, 1] }]), { message: /Invalid rank for input: x/ })
    await t.rejects(run([]), 'no inputs')
    await t.rejects(run([at(1n)], []), 'no outputs')
    await t.rejects(run([at(1n)], ['nothing']), 'an output that it does not have')
    t.strictSame((await run([at(2n)])).outputs[0]?.data, Float32Array.of(30))
  })

  t.test(`${way}: what cannot be opened says why`, async t => {
    const cases: [model: Uint8Array | string, reason: RegExp][] = [
      [unknownOperator(), /NoSuchOperator/],
      ['not a model', /protobuf parsing failed/i],
      ['', /no graph|protobuf|ModelProto/i],
      [externalWeights('weights.bin'), /weights\.bin/]
    ]
    for (const [model, reason] of cases) await t.rejects(sessionOn(t, publicOnly, model), { message: reason })
    const missing = sessionOn(t, publicOnly, plus(1), { path: '/nowhere/model.onnx' })
    await t.rejects(missing, { message: /doesn't exist/ })
  })

  t.test(`${way}: datatypes that the binding cannot give are refused before anything runs`, async t => {
    // bfloat16, the four kinds of float8, uint4 and int4: a run with some of them would end the process.
    for (const type of [16, 17, 18, 19, 20, 21, 22]) {
      const model = onnxModel({
        irVersion: 10,
        opsets: { '': type > 20 ? 21 : 19 },
        inputs: [{ name: 'x', datatype: 'FP32', shape: ['batch', 2] }],
        outputs: [{ name: 'y', datatype: type, shape: ['batch', 2] }],
        nodes: [{ op: 'Cast', inputs: ['x'], outputs: ['y'], attributes: { to: type } }]
      })
      await t.rejects(
        sessionOn(t, publicOnly, model),
        { message: /^Unsupported data type: / },
        `output of type ${type}`
      )
    }
    const input = onnxModel({
      inputs: [{ name: 'x', datatype: 16, shape: ['batch', 2] }],
      outputs: [{ name: 'y', datatype: 'FP32', shape: ['batch', 2] }],
      nodes: [{ op: 'Cast', inputs: ['x'], outputs: ['y'], attributes: { to: 1 } }]
    })
    await t.rejects(sessionOn(t, publicOnly, input), { message: /^Unsupported data type: / }, 'an input')
  })

  t.test(`${way}: what is no tensor fails its run`, async t => {
    const { run } = await sessionOn(t, publicOnly, zipMap())
    await t.rejects(run([fp32('x', 1, 2)], ['output_probability']), { message: /Non tensor type/ })
  })

  t.test(`${way}: data files beside the model are found`, async t => {
    const weights = new Uint8Array(Float32Array.of(10, 20).buffer)
    const { run } = await sessionOn(
      t,
      publicOnly,
      externalWeights('weights.bin'),
      {},
      { 'weights.bin': weights }
    )
    t.strictSame((await run([fp32('x', 1, 2)])).outputs, [fp32('y', 11, 22)])
  })

  t.test(`${way}: a released session runs no more`, async t => {
    const path = join(repository(t, { 'model.onnx': plus(1) }), 'model.onnx')
    const session = await openOnnxSession({ path, graphOptimization: 'all', threads: 1 }, publicOnly)
    await session.release()
    await t.rejects(async () => session.run([fp32('x', 1, 2)], ['y']), { message: /disposed/ })
  })
}

t.test('the smallest model opens, so that the runtime has what it keeps for itself', async t => {
  await t.resolves(openFirstSession())
  const before = process.memoryUsage.rss()
  await openFirstSession()
  const grownBytes = process.memoryUsage.rss() - before
  t.ok(grownBytes < 8 * 2 ** 20, `the next session takes ${grownBytes} bytes`)
})
