import { EventEmitter, once } from 'node:events'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import t, { type Test } from 'tap'
import type { SessionOptions } from '../../src/backend/backend.ts'
import type { Reply, Request } from '../../src/backend/messages.ts'
import { spawnThread, startThreadInstance, type Thread } from '../../src/backend/thread-instance.ts'
import { allocate, datatypeNames } from '../../src/tensor/datatype.ts'
import type { NamedTensor } from '../../src/tensor/tensor.ts'
import { repository } from '../helpers/app.ts'
import { column } from '../helpers/fakes.ts'
import { picky, plus, slow, unknownOperator } from '../helpers/models.ts'
import { onnxModel } from '../helpers/onnx-model.ts'
import { turn } from '../helpers/turn.ts'

const options: SessionOptions = { path: '/nowhere', graphOptimization: 'all', threads: 1 }
const ran = { outputs: [column('y', 1)], runMs: 1 }

/** A real thread on a model with these bytes, closed with the test. */
async function startOn(t: Test, model: Uint8Array) {
  const path = join(repository(t, { 'model.onnx': model }), 'model.onnx')
  const instance = await startThreadInstance({ ...options, path })
  t.teardown(() => instance.close())
  return instance
}

/** A thread that answers when the test does. */
class FakeThread extends EventEmitter implements Thread {
  readonly received: Request[] = []

  postMessage(message: Request, transfer: readonly ArrayBuffer[] = []): void {
    this.received.push(structuredClone(message, { transfer: [...transfer] }))
  }

  async reply(reply: Reply): Promise<void> {
    this.emit('message', reply)
    await turn()
  }
}

async function fake() {
  const thread = new FakeThread()
  const starting = startThreadInstance(options, () => thread)
  await thread.reply({ type: 'opened' })
  return { thread, instance: await starting }
}

/** A real worker thread that says it has opened, then does this with the next message. */
const scripted = (onRun: string) => (): Thread => {
  const code = `const { parentPort } = require('node:worker_threads')
    parentPort.on('message', ({ type }) => {
      if (type === 'open') parentPort.postMessage({ type: 'opened' })
      else { ${onRun} }
    })`
  return new Worker(code, { eval: true })
}

t.test('every datatype goes to a thread and back', async t => {
  const values = (prefix: string) =>
    datatypeNames.map(datatype => ({ name: `${prefix}${datatype}`, datatype, shape: ['n', 2] }))
  const nodes = datatypeNames.map(name => ({
    op: 'Identity',
    inputs: [`in${name}`],
    outputs: [`out${name}`]
  }))
  const instance = await startOn(t, onnxModel({ inputs: values('in'), outputs: values('out'), nodes }))
  const tensors = (prefix: string): NamedTensor[] =>
    datatypeNames.map(datatype => {
      const data = allocate(datatype, 4)
      data[3] = datatype === 'BYTES' ? 'ü😀' : datatype.endsWith('INT64') ? 7n : 1
      return { name: `${prefix}${datatype}`, datatype, shape: [2, 2], data }
    })
  const inputs = tensors('in')
  const expected = tensors('out')
  const { outputs } = await instance.run(
    inputs,
    expected.map(({ name }) => name)
  )
  t.strictSame(outputs, expected)
  for (const { datatype, data } of inputs)
    t.equal(data.length, datatype === 'BYTES' ? 4 : 0, `${datatype} moved`)
})

t.test(
  'a run that the model refuses is RUN_FAILED with the words of the runtime for the log, and the next one works',
  async t => {
    const instance = await startOn(t, picky())
    const at = (index: bigint): NamedTensor => ({
      name: 'x',
      datatype: 'INT64',
      shape: [1],
      data: BigInt64Array.of(index)
    })
    await t.rejects(instance.run([at(99n)], ['y']), {
      name: 'ServingError',
      code: 'RUN_FAILED',
      message: 'the model failed on these inputs',
      cause: { message: /indices element out of data bounds/ }
    })
    const { outputs } = await instance.run([at(1n)], ['y'])
    t.strictSame(outputs[0]?.data, Float32Array.of(20))
  }
)

t.test('a model that does not open throws the words of the runtime, and its thread has ended', async t => {
  const path = join(repository(t, { 'model.onnx': unknownOperator() }), 'model.onnx')
  let exits = 0
  const spawn = (): Thread => {
    const thread = spawnThread()
    thread.on('exit', () => exits++)
    return thread
  }
  await t.rejects(startThreadInstance({ ...options, path }, spawn), { message: /NoSuchOperator/ })
  t.equal(exits, 1)
})

t.test('close waits for the run in progress, which is answered, and ends without a reason', async t => {
  const instance = await startOn(t, slow(40))
  const order: string[] = []
  const run = instance.run([column('x', 5)], ['y']).then(({ outputs }) => {
    order.push('answered')
    return outputs[0]?.data
  })
  const closed = [instance.close(), instance.close()].map(closing => closing.then(() => order.push('closed')))
  await t.rejects(instance.run([column('x', 6)], ['y']), { code: 'INSTANCE_LOST' }, 'nothing starts any more')
  t.strictSame(await run, Float32Array.of(5))
  await Promise.all(closed)
  t.strictSame(order, ['answered', 'closed', 'closed'])
  t.equal(await instance.ended, undefined)
})

t.test('a thread that dies in a run fails the run, and the end has the reason', async t => {
  const deaths: [script: string, reason: RegExp][] = [
    ['process.exit(7)', /^its thread ended with code 7$/],
    ["throw new Error('out of memory')", /^out of memory$/],
    ["setImmediate(() => { throw new Error('later') })", /^later$/]
  ]
  for (const [script, message] of deaths) {
    const instance = await startThreadInstance(options, scripted(script))
    const lost = {
      name: 'ServingError',
      code: 'INSTANCE_LOST',
      retryAfterSeconds: 1,
      cause: { message }
    } as const
    await t.rejects(instance.run([column('x', 1)], ['y']), lost, script)
    t.match(await instance.ended, { message }, script)
    await t.rejects(
      instance.run([column('x', 1)], ['y']),
      { code: 'INSTANCE_LOST' },
      'nor does a later one work'
    )
    await instance.close()
  }
})

t.test('a thread that dies while nobody runs, or while it opens', async t => {
  const { thread, instance } = await fake()
  thread.emit('error', new Error('idle'))
  thread.emit('exit', 1)
  t.match(await instance.ended, { message: 'idle' })
  await instance.close()
  t.equal(thread.received.length, 1, 'a dead thread is not asked to close')

  const broken = () => new Worker("throw new Error('no such module')", { eval: true })
  const opening = startThreadInstance(options, broken)
  await t.rejects(opening, { code: 'INSTANCE_LOST', cause: { message: 'no such module' } })
})

t.test('what happens after the end was asked for is no reason', async t => {
  const { thread, instance } = await fake()
  const run = instance.run([column('x', 1)], ['y'])
  const closing = instance.close()
  thread.emit('error', new Error('on the way out'))
  thread.emit('exit', 1)
  await t.rejects(run, { code: 'INSTANCE_LOST' }, 'whoever waits is told')
  await closing
  t.equal(await instance.ended, undefined)
})

t.test('what goes over the channel: memory moves, parts of larger memory are copied', async t => {
  const { thread, instance } = await fake()
  const own = column('x', 1, 2)
  const part: NamedTensor = { ...own, name: 'z', data: new Float32Array(16).subarray(0, 2) }
  const run = instance.run([own, part], ['y'])
  t.match(thread.received, [
    { type: 'open', options },
    { type: 'run', inputs: [{ data: Float32Array.of(1, 2) }, { data: new Float32Array(2) }], outputs: ['y'] }
  ])
  t.strictSame([own.data.length, part.data.length], [0, 2])
  await thread.reply({ type: 'ran', ...ran })
  t.match(await run, ran)
})

t.test('two runs at once are a programming error and disturb nothing', async t => {
  const { thread, instance } = await fake()
  const run = instance.run([column('x', 1)], ['y'])
  await t.rejects(instance.run([column('x', 2)], ['y']), { message: /^invariant broken: one message/ })
  await thread.reply({ type: 'ran', ...ran })
  t.match(await run, ran)
  t.equal(thread.received.length, 2)
})

t.test('inputs that cannot be sent fail their run alone', async t => {
  const { thread, instance } = await fake()
  const gone = column('x', 1)
  structuredClone(gone.data, { transfer: [(gone.data as Float32Array).buffer as ArrayBuffer] })
  await t.rejects(instance.run([gone], ['y']), { name: 'DataCloneError' })
  const run = instance.run([column('x', 1)], ['y'])
  await thread.reply({ type: 'ran', ...ran })
  t.match(await run, ran)
})

t.test('an answer out of turn: unexpected ones fail the run, those nobody waits for are dropped', async t => {
  const { thread, instance } = await fake()
  await thread.reply({ type: 'ran', ...ran })
  const run = instance.run([column('x', 1)], ['y'])
  await Promise.all([
    t.rejects(run, { code: 'RUN_FAILED', cause: { message: 'unexpected answer opened' } }),
    thread.reply({ type: 'opened' })
  ])
})

t.test('the thread of a closed instance has really ended', async t => {
  const path = join(repository(t, { 'model.onnx': plus(1) }), 'model.onnx')
  const thread = spawnThread()
  const exited = once(thread as Worker, 'exit')
  const instance = await startThreadInstance({ ...options, path }, () => thread)
  await instance.close()
  t.strictSame(await exited, [0])
})
