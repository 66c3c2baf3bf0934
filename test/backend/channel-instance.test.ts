import t from 'tap'
import type { SessionOptions } from '../../src/backend/backend.ts'
import { runFailed, startChannelInstance } from '../../src/backend/channel-instance.ts'
import type { NamedTensor } from '../../src/tensor/tensor.ts'
import { FakePeer } from '../helpers/fake-peer.ts'
import { column } from '../helpers/fakes.ts'
import { turn } from '../helpers/turn.ts'

const options: SessionOptions = { path: '/nowhere', graphOptimization: 'all', threads: 1 }
const ran = { outputs: [column('y', 1)], runMs: 1 }
const x = () => column('x', 1)

async function open(peer = new FakePeer()) {
  const starting = startChannelInstance(peer, options)
  await peer.reply({ type: 'opened', openMs: 12 })
  const instance = await starting
  const run = async (...inputs: readonly NamedTensor[]) => instance.run(inputs, ['y'])
  return { peer, instance, run }
}

t.test('an instance is open once its session is', async t => {
  let kills = 0
  const peer = new FakePeer('process', () => void kills++)
  let done = false
  const starting = startChannelInstance(peer, options).finally(() => {
    done = true
  })
  await turn()
  t.strictSame([peer.received, done], [[{ type: 'open', options }], false])
  await peer.reply({ type: 'opened', openMs: 12.5 })
  const instance = await starting
  t.match(instance, { placement: 'process', openMs: 12.5 })
  instance.kill?.()
  t.equal(kills, 1)
  const { instance: thread } = await open()
  t.match({ placement: thread.placement, kill: thread.kill }, { placement: 'thread', kill: undefined })
})

t.test('a session that does not open: the words of the runtime, once the peer has ended', async t => {
  for (const [reply, message] of [
    [{ type: 'failed', message: 'no such operator' }, 'no such operator'],
    [{ type: 'ran', ...ran }, 'unexpected answer ran']
  ] as const) {
    const peer = new FakePeer()
    const starting = startChannelInstance(peer, options)
    let settled = false
    const rejected = t.rejects(starting, { name: 'Error', message }).finally(() => {
      settled = true
    })
    await peer.reply(reply)
    t.strictSame([peer.asked, settled], ['open close', false])
    await peer.end(new Error('its thread ended with code 0'))
    await rejected
  }
})

t.test('a peer that ends while it opens', async t => {
  const peer = new FakePeer()
  const starting = startChannelInstance(peer, options)
  const rejected = t.rejects(starting, { code: 'INSTANCE_LOST', cause: { message: 'no such module' } })
  await peer.end(new Error('no such module'))
  await rejected
  t.equal(peer.asked, 'open', 'it is not asked anything more')
})

t.test('what goes over the channel: memory moves, parts of larger memory are copied', async t => {
  const { peer, run } = await open()
  const own = column('x', 1, 2)
  const part: NamedTensor = { ...own, name: 'z', data: new Float32Array(16).subarray(0, 2) }
  const running = run(own, part)
  t.match(peer.received[1], {
    type: 'run',
    inputs: [
      { name: 'x', data: Float32Array.of(1, 2) },
      { name: 'z', data: new Float32Array(2) }
    ],
    outputs: ['y']
  })
  t.strictSame([own.data.length, part.data.length], [0, 2])
  await peer.reply({ type: 'ran', ...ran })
  t.match(await running, ran)
})

t.test('a run that the model refuses is RUN_FAILED with the words of the runtime for the log', async t => {
  const { peer, run } = await open()
  const rejected = t.rejects(run(x()), {
    name: 'ServingError',
    code: 'RUN_FAILED',
    message: 'the model failed on these inputs',
    cause: { message: 'out of bounds' }
  } as const)
  await peer.reply({ type: 'failed', message: 'out of bounds' })
  await rejected
  const next = run(x())
  await peer.reply({ type: 'ran', ...ran })
  t.match(await next, ran, 'the next one works')
  const cause = new Error('why')
  t.equal(runFailed(cause).cause, cause)
})

t.test('closing waits for the answer of a run in progress, and only then asks the peer to end', async t => {
  const { peer, instance, run } = await open()
  const order: string[] = []
  const running = run(x()).then(() => order.push('answered'))
  const closed = [instance.close(), instance.close()].map(closing => closing.then(() => order.push('closed')))
  await t.rejects(run(x()), { code: 'INSTANCE_LOST' }, 'nothing starts any more')
  t.equal(peer.asked, 'open run', 'a process would end before its answer is here')
  await peer.reply({ type: 'ran', ...ran })
  await running
  t.strictSame([peer.asked, order], ['open run close', ['answered']], 'it is asked once')
  await peer.end(new Error('its process ended with status 0'))
  await Promise.all(closed)
  t.strictSame(order, ['answered', 'closed', 'closed'])
  t.equal(await instance.ended, undefined)
  await instance.close()
  t.equal(peer.asked, 'open run close')
})

t.test('closing after a run that fails', async t => {
  const { peer, instance, run } = await open()
  const rejected = t.rejects(run(x()), { code: 'RUN_FAILED' })
  const closing = instance.close()
  await turn()
  await peer.reply({ type: 'failed', message: 'no' })
  await rejected
  t.equal(peer.asked, 'open run close')
  await peer.end(new Error('ended'))
  await closing
})

t.test('a peer that ends in a run fails the run, and the end has the reason', async t => {
  const { peer, instance, run } = await open()
  const lost = { name: 'ServingError', code: 'INSTANCE_LOST', retryAfterSeconds: 1 } as const
  const reason = new Error('its process was ended by SIGKILL')
  const rejected = t.rejects(run(x()), { ...lost, cause: reason })
  await peer.end(reason)
  await rejected
  t.equal(await instance.ended, reason)
  await t.rejects(run(x()), { ...lost, cause: reason }, 'nor does a later one work')
  await instance.close()
  t.equal(peer.asked, 'open run', 'the dead are not asked to close')
})

t.test('a peer that ends while nobody runs', async t => {
  const { peer, instance } = await open()
  const reason = new Error('idle')
  await peer.end(reason)
  t.equal(await instance.ended, reason)
  await instance.close()
})

t.test('what happens after the end was asked for is no reason', async t => {
  const { peer, instance, run } = await open()
  const rejected = t.rejects(run(x()), { code: 'INSTANCE_LOST' }, 'whoever waits is told')
  const closing = instance.close()
  await peer.end(new Error('on the way out'))
  await rejected
  await closing
  t.equal(await instance.ended, undefined)
})

t.test('two runs at once are a programming error and disturb nothing', async t => {
  const { peer, run } = await open()
  const running = run(x())
  await t.rejects(run(x()), { message: /^invariant broken: one message/ })
  await peer.reply({ type: 'ran', ...ran })
  t.match(await running, ran)
  t.equal(peer.asked, 'open run')
})

t.test('inputs that cannot be sent fail their run alone', async t => {
  const { peer, run } = await open()
  const unsendable = { ...x(), name: Symbol('x') as unknown as string }
  await t.rejects(run(unsendable), { name: 'DataCloneError' })
  const running = run(x())
  await peer.reply({ type: 'ran', ...ran })
  t.match(await running, ran)
})

/** An instance of a peer that may be kept, and how often it was. */
async function openKept() {
  const peer = new FakePeer()
  const kept = { times: 0 }
  peer.park = () => void kept.times++
  return { kept, ...(await open(peer)) }
}

t.test('a peer that may be kept is, once its session is released', async t => {
  const { peer, instance, kept } = await openKept()
  const closing = instance.close()
  await turn()
  t.strictSame([peer.asked, kept.times], ['open release', 0])
  await peer.reply({ type: 'released' })
  await closing
  t.equal(await instance.ended, undefined)
  t.equal(kept.times, 1)
  await instance.close()
  t.strictSame([peer.asked, kept.times], ['open release', 1])
})

t.test('a peer whose session is not released is told to close', async t => {
  const { peer, instance, kept } = await openKept()
  const closing = instance.close()
  await turn()
  await peer.reply({ type: 'failed', message: 'no' })
  t.equal(peer.asked, 'open release close')
  await peer.end(new Error('its thread ended with code 0'))
  await closing
  t.equal(kept.times, 0)
  t.equal(await instance.ended, undefined, 'the end was asked for')
})

t.test('a peer that ends while it is to be released, or before it could be asked, is not kept', async t => {
  const asked = await openKept()
  const closing = asked.instance.close()
  await turn()
  await asked.peer.end(new Error('gone'))
  await closing
  t.equal(asked.kept.times, 0)
  t.match(await asked.instance.ended, { message: 'gone' }, 'it was asked to release its session, not to end')

  const running = await openKept()
  const run = t.rejects(running.run(x()), { code: 'INSTANCE_LOST' })
  await turn()
  const late = running.instance.close()
  await running.peer.end(new Error('gone'))
  await run
  await late
  t.equal(running.kept.times, 0)
})

t.test('an answer out of turn: unexpected ones fail the run, those nobody waits for are dropped', async t => {
  const { peer, run } = await open()
  await peer.reply({ type: 'ran', ...ran })
  const rejected = t.rejects(run(x()), {
    code: 'RUN_FAILED',
    cause: { message: 'unexpected answer opened' }
  })
  await peer.reply({ type: 'opened', openMs: 1 })
  await rejected
})

t.test('one with a process of its own tells what that has grown by, a thread does not', async t => {
  const { instance: thread } = await open()
  t.equal(thread.memoryBytes, undefined)
  const { peer, instance } = await open(new FakePeer('process'))
  for (const [reply, outcome] of [
    [{ type: 'memory', grownBytes: 77 }, 77],
    [{ type: 'failed', message: 'no' }, 'no'],
    [{ type: 'released' }, 'unexpected answer released']
  ] as const) {
    const asked = instance.memoryBytes!().catch((error: unknown) => (error as Error).message)
    await peer.reply(reply)
    t.equal(await asked, outcome)
  }
  await peer.end(new Error('gone'))
  await t.rejects(instance.memoryBytes!(), { code: 'INSTANCE_LOST', cause: { message: 'gone' } })
  t.equal(peer.asked, 'open memory memory memory')
})
