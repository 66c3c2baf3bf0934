import t from 'tap'
import { modelVersion } from '../../src/lifecycle/model-version.ts'
import type { NamedTensor } from '../../src/tensor/tensor.ts'
import { column, FakeInstance, fakeVersion, manifestOf } from '../helpers/fakes.ts'
import { turn } from '../helpers/turn.ts'

const request = (...values: readonly number[]) => ({ inputs: [column('x', ...values)], parameters: {} })
const answer = { outputs: [column('y', 1)], runMs: 5 }

t.test('a run hands the inputs on and comes back with outputs and times', async t => {
  const { version: facts } = fakeVersion()
  const instance = new FakeInstance()
  let now = 100
  const version = modelVersion(facts, instance, () => now)
  const first = version.run(request(1))
  const second = version.run({ ...request(2), outputs: ['left'] })
  t.strictSame(instance.runs[0]?.inputs, [column('x', 1)])
  t.strictSame(instance.runs[0]?.outputs, ['y'], 'every output of the signature unless some are chosen')
  now = 130
  instance.runs[0]?.resolve(answer)
  t.strictSame(await first, { ...answer, queueMs: 0 })
  t.strictSame(instance.runs[1]?.outputs, ['left'])
  instance.runs[1]?.resolve(answer)
  t.strictSame(await second, { ...answer, queueMs: 30 })
})

t.test('one run at a time; the rows of the others are counted while they wait', async t => {
  const { version, instance } = fakeVersion()
  const runs = [
    version.run(request(1, 2)),
    version.run(request(3, 4, 5)),
    version.run({ inputs: [], parameters: {} })
  ]
  t.equal(instance.runs.length, 1)
  t.equal(version.queuedRows, 4, 'three, and one of a request without inputs')
  for (let index = 0; index < 3; index++) {
    instance.runs[index]?.resolve(answer)
    await runs[index]
  }
  t.equal(version.queuedRows, 0)
})

t.test('the queue limits of the manifest hold, in rows and in bytes', async t => {
  const { version, instance } = fakeVersion('m', 1, { manifest: manifestOf({ queue: { rowsMax: 2 } }) })
  const runs = [version.run(request(1)), version.run(request(2, 3))]
  await t.rejects(version.run(request(4)), { code: 'QUEUE_FULL' })
  instance.runs[0]?.resolve(answer)
  await runs[0]
  instance.runs[1]?.resolve(answer)
  await runs[1]

  const small = fakeVersion('m', 1, { manifest: manifestOf({ queue: { bytesMax: 1024 } }) })
  void small.version.run(request(1))
  const texts: NamedTensor = { name: 'x', datatype: 'BYTES', shape: [1, 1], data: ['x'.repeat(513)] }
  await t.rejects(small.version.run({ inputs: [texts], parameters: {} }), { code: 'QUEUE_FULL' })
  const fitting = { ...texts, data: ['x'.repeat(256)] }
  void small.version.run({ inputs: [fitting, fitting], parameters: {} })
  t.equal(small.version.queuedRows, 1)
  await t.rejects(small.version.run(request(1)), { code: 'QUEUE_FULL' })
})

t.test('a failed run is the failure of its request alone', async t => {
  const { version, instance } = fakeVersion()
  const runs = [version.run(request(1)), version.run(request(2))]
  const failed = t.rejects(runs[0]!, { message: 'no' })
  instance.runs[0]?.reject(new Error('no'))
  await failed
  instance.runs[1]?.resolve(answer)
  t.match(await runs[1], { runMs: 5 })
})

t.test('facts, placement, the end and closing are those of the instance', async t => {
  const { version, instance } = fakeVersion('churn', 7, { warning: 'careful' })
  t.match(version, { model: 'churn', version: 7, warning: 'careful', placement: 'thread', threads: 1 })
  t.equal(version.ended, instance.ended)
  await version.close()
  t.equal(instance.closes, 1)
  await turn()
  t.equal(await version.ended, undefined)
})
