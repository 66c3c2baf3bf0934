import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { Instance } from '../../src/backend/backend.ts'
import { startChannelInstance } from '../../src/backend/channel-instance.ts'
import { ThreadPool } from '../../src/backend/thread-pool.ts'
import type { NamedTensor } from '../../src/tensor/tensor.ts'
import { repository } from '../helpers/app.ts'
import { FakeClock } from '../helpers/fake-clock.ts'
import { plus, unknownOperator } from '../helpers/models.ts'
import { started } from '../helpers/started.ts'

function bench(t: Test, parkedMax = 1) {
  const { workers } = started(t)
  const clock = new FakeClock()
  const pool = new ThreadPool({ parkedMax, clock })
  t.teardown(() => pool.close())
  const folder = repository(t, {
    '1.onnx': plus(1),
    '2.onnx': plus(2),
    'bad.onnx': unknownOperator()
  })
  const start = (model: string): Promise<Instance> =>
    startChannelInstance(pool.take(), {
      path: join(folder, `${model}.onnx`),
      graphOptimization: 'all',
      threads: 1
    })
  /** A thread that waits does not keep this process alive; whoever waits for its end has to. */
  const exit = (at: number): Promise<number> => {
    workers[at]!.ref()
    return new Promise(resolve => workers[at]!.once('exit', resolve))
  }
  return { workers, clock, pool, start, exit }
}

const pair = (value: number): NamedTensor => ({
  name: 'x',
  datatype: 'FP32',
  shape: [1, 2],
  data: Float32Array.of(value, value)
})

const ask = async (instance: Instance): Promise<unknown> =>
  (await instance.run([pair(10)], ['y'])).outputs[0]?.data[0]

t.test('an instance that is closed leaves its thread to the next, with a session of its own', async t => {
  const { workers, start } = bench(t)
  const first = await start('1')
  t.equal(await ask(first), 11)
  await first.close()
  t.equal(await first.ended, undefined)
  const second = await start('2')
  t.equal(await ask(second), 12)
  await t.rejects(async () => first.run([pair(1)], ['y']), { code: 'INSTANCE_LOST' })
  t.equal(workers.length, 1)
  await second.close()
})

t.test('a model that does not open leaves its thread too', async t => {
  const { workers, start } = bench(t)
  await t.rejects(start('bad'), { message: /NoSuchOperator/ })
  const next = await start('1')
  t.equal(await ask(next), 11)
  t.equal(workers.length, 1)
  await next.close()
})

t.test('nobody comes: the thread ends', async t => {
  const { clock, start, exit } = bench(t)
  const only = await start('1')
  await only.close()
  const exited = exit(0)
  await clock.advance(1000)
  t.equal(await exited, 0)
  t.equal(clock.pending, 0)
})

t.test('no more wait than may', async t => {
  const { workers, start, exit, pool } = bench(t)
  const both = [await start('1'), await start('2')]
  t.equal(workers.length, 2)
  await both[0]!.close()
  await both[1]!.close()
  t.equal(await exit(1), 0)
  const exited = exit(0)
  pool.close()
  t.equal(await exited, 0)
})

t.test('threads that were started ahead are taken first', async t => {
  const { workers, start, pool } = bench(t, 2)
  pool.warm()
  t.equal(workers.length, 2)
  pool.warm()
  t.equal(workers.length, 2, 'no more than may wait')
  const instances = [await start('1'), await start('2')]
  t.same(await Promise.all(instances.map(ask)), [11, 12])
  t.equal(workers.length, 2)
  for (const instance of instances) await instance.close()
})

t.test('a thread that ends while it waits is not given to anybody', async t => {
  const { workers, start, exit } = bench(t)
  const first = await start('1')
  await first.close()
  const exited = exit(0)
  await workers[0]!.terminate()
  await exited
  const second = await start('2')
  t.equal(await ask(second), 12)
  t.equal(workers.length, 2)
  await second.close()
})

t.test('a thread that ends while its instance is in use is that instance’s loss', async t => {
  const { workers, start } = bench(t)
  const first = await start('1')
  await first.close()
  const second = await start('2')
  await workers[0]!.terminate()
  t.match(await second.ended, { message: /its thread ended/ })
  const third = await start('1')
  t.equal(await ask(third), 11)
  await third.close()
})
