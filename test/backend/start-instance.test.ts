// Real instances in every placement: the same models, the same behaviour.
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { Instance, Placement } from '../../src/backend/backend.ts'
import { startInstance } from '../../src/backend/start-instance.ts'
import { datatypeNames } from '../../src/tensor/datatype.ts'
import type { NamedTensor } from '../../src/tensor/tensor.ts'
import { repository } from '../helpers/app.ts'
import { column } from '../helpers/fakes.ts'
import {
  bfloat16Output,
  externalWeights,
  identity,
  picky,
  plus,
  slow,
  unknownOperator
} from '../helpers/models.ts'
import { onnxModel } from '../helpers/onnx-model.ts'
import { samples } from '../helpers/samples.ts'

const placements: readonly Placement[] = ['inline', 'thread', 'process']

/** An instance on a model with these bytes, closed with the test. */
async function startOn(
  t: Test,
  placement: Placement,
  model: Uint8Array | string,
  files = {}
): Promise<Instance> {
  const path = join(repository(t, { 'model.onnx': model, ...files }), 'model.onnx')
  const instance = await startInstance(placement, { path, graphOptimization: 'all', threads: 1 })
  t.teardown(() => instance.close())
  return instance
}

const at = (index: bigint): NamedTensor => ({
  name: 'x',
  datatype: 'INT64',
  shape: [1],
  data: BigInt64Array.of(index)
})

/** A run as a promise, whether it answers or throws at once or later. */
async function run(instance: Instance, inputs: readonly NamedTensor[], outputs: readonly string[] = ['y']) {
  return instance.run(inputs, outputs)
}

for (const placement of placements) {
  t.test(
    `${placement}: every datatype, at its edges and without rows, in views and in memory of its own`,
    async t => {
      const values = (prefix: string) =>
        datatypeNames.map(datatype => ({ name: `${prefix}${datatype}`, datatype, shape: ['n', 2] }))
      const nodes = datatypeNames.map(name => ({
        op: 'Identity',
        inputs: [`in${name}`],
        outputs: [`out${name}`]
      }))
      const instance = await startOn(
        t,
        placement,
        onnxModel({ inputs: values('in'), outputs: values('out'), nodes })
      )
      t.equal(instance.placement, placement)
      t.type(instance.openMs, 'number')
      t.equal(instance.kill === undefined, placement !== 'process', 'only a process can be killed')
      const names = datatypeNames.map(name => `out${name}`)
      for (const [what, rows, end] of [
        ['whole', 2, 4],
        ['part', 1, 2],
        ['none', 0, 0]
      ] as const) {
        const tensors = (prefix: string): NamedTensor[] =>
          datatypeNames.map(datatype => {
            const copy = samples[datatype].slice()
            const data = Array.isArray(copy)
              ? copy.slice(0, end)
              : what === 'part'
                ? copy.subarray(0, 2)
                : copy.slice(0, end)
            return { name: `${prefix}${datatype}`, datatype, shape: [rows, 2], data }
          })
        const { outputs, runMs } = await run(instance, tensors('in'), names)
        t.strictSame(outputs, tensors('out'), what)
        t.type(runMs, 'number')
        for (const { datatype, data } of outputs)
          t.equal(data.constructor, samples[datatype].constructor, `${what}: ${datatype}`)
      }
    }
  )

  t.test(`${placement}: a buffer from Node's pool is no trap`, async t => {
    const instance = await startOn(t, placement, identity('UINT8'))
    const pooled = Buffer.from([1, 2, 3, 4])
    const input: NamedTensor = { name: 'x', datatype: 'UINT8', shape: [2, 2], data: pooled }
    const { outputs } = await run(instance, [input])
    t.strictSame([...outputs[0]!.data], [1, 2, 3, 4])
    t.strictSame([...pooled], [1, 2, 3, 4], 'it stays where it is')
    t.strictSame([...(await run(instance, [input])).outputs[0]!.data], [1, 2, 3, 4], 'and serves again')
  })

  t.test(
    `${placement}: a refused run is RUN_FAILED with the words of the runtime, and the next one works`,
    async t => {
      const instance = await startOn(t, placement, picky())
      await t.rejects(run(instance, [at(99n)]), {
        name: 'ServingError',
        code: 'RUN_FAILED',
        message: 'the model failed on these inputs',
        cause: { message: /indices element out of data bounds/ }
      })
      t.strictSame((await run(instance, [at(1n)])).outputs[0]?.data, Float32Array.of(20))
      await t.rejects(run(instance, [column('x', 1)]), { code: 'RUN_FAILED' }, 'another datatype')
      await t.rejects(run(instance, []), { code: 'RUN_FAILED' }, 'no inputs')
      await t.rejects(
        run(instance, [at(1n)], ['nothing']),
        { code: 'RUN_FAILED' },
        'an output that it does not have'
      )
      t.strictSame((await run(instance, [at(2n)])).outputs[0]?.data, Float32Array.of(30))
    }
  )

  t.test(`${placement}: what cannot be opened says why`, async t => {
    const cases: [Uint8Array | string, RegExp][] = [
      [unknownOperator(), /NoSuchOperator/],
      ['not a model', /protobuf parsing failed/i],
      [bfloat16Output(), /Unsupported data type: 16/],
      [externalWeights('weights.bin'), /weights\.bin/]
    ]
    for (const [model, message] of cases) await t.rejects(startOn(t, placement, model), { message })
    const missing = { path: '/nowhere/model.onnx', graphOptimization: 'all', threads: 1 } as const
    await t.rejects(startInstance(placement, missing), { message: /doesn't exist/ })
  })

  t.test(`${placement}: closing waits for a run in progress, however much it answers`, async t => {
    const rows = 2_000_000
    const instance = await startOn(t, placement, identity())
    const data = new Float32Array(rows * 2)
    data[data.length - 1] = 7
    const order: string[] = []
    const running = run(instance, [{ name: 'x', datatype: 'FP32', shape: [rows, 2], data }]).then(
      ({ outputs }) => {
        order.push('answered')
        return outputs[0]!.data
      }
    )
    const closed = [instance.close(), instance.close()].map(closing =>
      closing.then(() => order.push('closed'))
    )
    await t.rejects(run(instance, [column('x', 6)]), { code: 'INSTANCE_LOST' }, 'nothing starts any more')
    const answered = await running
    t.strictSame([answered.length, answered.at(-1)], [rows * 2, 7])
    await Promise.all(closed)
    t.strictSame(order, ['answered', 'closed', 'closed'])
    t.equal(await instance.ended, undefined, 'nobody needs a reason')
    await instance.close()
  })
}

t.test('all placements give the same', async t => {
  const x = (): NamedTensor => ({
    name: 'x',
    datatype: 'FP32',
    shape: [1, 2],
    data: Float32Array.of(0.1, -2)
  })
  for (const placement of placements) {
    const instance = await startOn(t, placement, plus(0.7))
    const { outputs } = await run(instance, [x()])
    const data = Float32Array.of(Math.fround(0.1) + Math.fround(0.7), -2 + Math.fround(0.7))
    t.strictSame(outputs, [{ name: 'y', datatype: 'FP32', shape: [1, 2], data }], placement)
  }
})

t.test('an instance that is killed in a run takes that run along and nothing else', async t => {
  const endless = await startOn(t, 'process', slow(1e9))
  const others = await Promise.all(placements.map(placement => startOn(t, placement, plus(1))))
  const lost = t.rejects(run(endless, [column('x', 1)]), {
    code: 'INSTANCE_LOST',
    retryAfterSeconds: 1,
    cause: { message: 'its process was ended by SIGKILL' }
  })
  const x = (): NamedTensor => ({ name: 'x', datatype: 'FP32', shape: [1, 2], data: Float32Array.of(1, 2) })
  const meanwhile = others.map(instance => run(instance, [x()]))
  endless.kill?.()
  await lost
  t.match(await endless.ended, { message: 'its process was ended by SIGKILL' })
  await t.rejects(run(endless, [column('x', 1)]), { code: 'INSTANCE_LOST' })
  await endless.close()
  for (const answer of meanwhile) t.strictSame((await answer).outputs[0]?.data, Float32Array.of(2, 3))
  for (const instance of others)
    t.strictSame((await run(instance, [x()])).outputs[0]?.data, Float32Array.of(2, 3), instance.placement)
})
