import { join } from 'node:path'
import t, { type Test } from 'tap'
import { startChannelInstance } from '../../src/backend/channel-instance.ts'
import { threadPeer } from '../../src/backend/thread-peer.ts'
import { repository } from '../helpers/app.ts'
import { plus, unknownOperator } from '../helpers/models.ts'
import { started } from '../helpers/started.ts'

async function start(t: Test, model: Uint8Array = plus(1)) {
  const { workers } = started(t)
  const path = join(repository(t, { 'model.onnx': model }), 'model.onnx')
  const starting = startChannelInstance(threadPeer(), { path, graphOptimization: 'all', threads: 1 })
  const worker = workers[0]!
  const exited = new Promise<number>(resolve => worker.once('exit', resolve))
  return { starting, worker, exited }
}

t.test(
  'a thread of its own, which cannot be killed and has really ended once its instance is closed',
  async t => {
    const { starting, exited } = await start(t)
    const instance = await starting
    t.match({ placement: instance.placement, kill: instance.kill }, { placement: 'thread', kill: undefined })
    await instance.close()
    t.equal(await exited, 0)
    t.equal(await instance.ended, undefined)
  }
)

t.test('the thread of a model that does not open has ended', async t => {
  const { starting, exited } = await start(t, unknownOperator())
  await t.rejects(starting, { message: /NoSuchOperator/ })
  t.equal(await exited, 0)
})

t.test('how it ended is the reason', async t => {
  // While it is idle: in a run this would abort the process.
  const silent = await start(t)
  const instance = await silent.starting
  await silent.worker.terminate()
  t.match(await instance.ended, { message: 'its thread ended with code 1' })
  await instance.close()

  const faulty = await start(t)
  const other = await faulty.starting
  const reason = new Error('out of memory')
  faulty.worker.emit('error', reason)
  await faulty.worker.terminate()
  t.equal(await other.ended, reason)
  await other.close()
})

t.test('a thread that ends while it opens', async t => {
  const { starting, worker } = await start(t)
  // Its code depends on how far it came.
  const rejected = t.rejects(starting, {
    code: 'INSTANCE_LOST',
    cause: { message: /^its thread ended with code [01]$/ }
  })
  await worker.terminate()
  await rejected
})

t.test('messages to a thread that has ended disturb nobody', async t => {
  const { workers } = started(t)
  const peer = threadPeer()
  const ended = new Promise<Error>(resolve => peer.onEnd(resolve))
  await workers[0]!.terminate()
  await ended
  peer.send({ type: 'close' }, [])
})
