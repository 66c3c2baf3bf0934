import t from 'tap'
import type { ModelSession, RunResult, SessionOptions } from '../../src/backend/backend.ts'
import type { Port, Reply, Request } from '../../src/backend/messages.ts'
import { serveSession } from '../../src/backend/worker-loop.ts'
import { type Deferred, deferred } from '../../src/base/deferred.ts'
import { column } from '../helpers/fakes.ts'
import { turn } from '../helpers/turn.ts'

const options: SessionOptions = { path: 'model.onnx', graphOptimization: 'all', threads: 1 }
const open: Request = { type: 'open', options }
const close: Request = { type: 'close' }
const run = (value: number): Request => ({ type: 'run', inputs: [column('x', value)], outputs: ['y'] })

/** The loop with a port and a session in the test's hands. */
function bench(
  over: {
    opens?: Error
    release?: Error
    atOnce?: (RunResult | Error)[]
    /** What the process has, at one time after the other. */
    memoryBytes?: number[]
  } = {}
) {
  const sent: { reply: Reply; transfer: readonly ArrayBuffer[] }[] = []
  const log: string[] = []
  const runs: Deferred<RunResult>[] = []
  const refused = new Set<Reply['type']>()
  let listener: (message: unknown) => void = () => undefined
  const port: Port = {
    postMessage(message, transfer = []) {
      const reply = message as Reply
      if (refused.has(reply.type)) throw new Error('DataCloneError')
      sent.push({ reply, transfer })
    },
    on: (_event, added) => {
      listener = added
    },
    close: () => void log.push('port closed')
  }
  const session: ModelSession = {
    run: inputs => {
      log.push(`run ${String(inputs[0]?.data[0])}`)
      const answer = over.atOnce?.shift()
      if (answer instanceof Error) throw answer
      if (answer !== undefined) return answer
      const running = deferred<RunResult>()
      runs.push(running)
      return running.promise
    },
    release: () => {
      log.push('released')
      return over.release === undefined ? Promise.resolve() : Promise.reject(over.release)
    }
  }
  const { memoryBytes } = over
  serveSession(
    port,
    opening => {
      log.push(`open ${opening.path}`)
      return over.opens === undefined ? Promise.resolve(session) : Promise.reject(over.opens)
    },
    memoryBytes && (() => memoryBytes.shift() ?? Number.NaN)
  )
  const send = async (...messages: unknown[]): Promise<void> => {
    for (const message of messages) listener(message)
    await turn()
  }
  return { send, sent, log, runs, refused, replies: () => sent.map(({ reply }) => reply) }
}

t.test('opens, runs, and closes, answering once each', async t => {
  const { send, sent, log, runs, replies } = bench()
  await send(open)
  t.match(replies(), [{ type: 'opened', openMs: Number }])
  await send(run(1))
  t.equal(sent.length, 1)
  const outputs = [column('y', 7)]
  runs[0]!.resolve({ outputs, runMs: 3 })
  await turn()
  t.strictSame(replies().slice(1), [{ type: 'ran', outputs, runMs: 3 }])
  t.strictSame(
    sent.map(({ transfer }) => transfer),
    [[], [(outputs[0]!.data as Float32Array).buffer]]
  )
  await send(close)
  t.strictSame(log, ['open model.onnx', 'run 1', 'released', 'port closed'])
  t.equal(sent.length, 2, 'closing needs no answer')
})

t.test('one after the other: nothing begins, and nothing is released, under a run', async t => {
  const { send, log, runs } = bench()
  await send(open, run(1), run(2), close)
  t.strictSame(log, ['open model.onnx', 'run 1'])
  runs[0]!.resolve({ outputs: [], runMs: 1 })
  await turn()
  t.strictSame(log.slice(2), ['run 2'])
  runs[1]!.reject(new Error('no'))
  await turn()
  t.strictSame(log.slice(3), ['released', 'port closed'])
})

t.test('a failed run is told, and the next one works', async t => {
  const { send, runs, replies } = bench()
  await send(open, run(1))
  runs[0]!.reject(new Error('indices out of bounds'))
  await send(run(2))
  runs[1]!.resolve({ outputs: [], runMs: 1 })
  await turn()
  t.strictSame(replies().slice(1), [
    { type: 'failed', message: 'indices out of bounds' },
    { type: 'ran', outputs: [], runMs: 1 }
  ])
})

t.test('a session that does not open is told, and closing still works', async t => {
  const { send, log, replies } = bench({ opens: new Error('protobuf parsing failed') })
  await send(open, close)
  t.strictSame(replies(), [{ type: 'failed', message: 'protobuf parsing failed' }])
  t.strictSame(log, ['open model.onnx', 'port closed'])
})

t.test('a session that cannot be released does not keep its thread', async t => {
  const { send, log } = bench({ release: new Error('Session already disposed.') })
  await send(open, close)
  t.strictSame(log, ['open model.onnx', 'released', 'port closed'])
})

t.test('a run before there is a session is a failure, not a crash', async t => {
  const { send, replies } = bench()
  await send(run(1))
  t.match(replies(), [{ type: 'failed', message: /a session is opened before it runs/ }])
})

t.test('an answer that the channel refuses becomes a failure', async t => {
  const { send, runs, refused, replies } = bench()
  refused.add('ran')
  await send(open, run(1))
  runs[0]!.resolve({ outputs: [], runMs: 1 })
  await turn()
  t.strictSame(replies().slice(1), [{ type: 'failed', message: 'DataCloneError' }])
})

t.test('messages of others are left alone', async t => {
  const { send, sent, log } = bench()
  await send(undefined, null, 7, 'open', [], {}, { type: 'reopen' }, { type: 1 }, { 'watch:import': ['x'] })
  t.strictSame([sent, log], [[], []])
  await send(open)
  t.strictSame(log, ['open model.onnx'])
})

t.test('a session that answers at once, as the binding does', async t => {
  const { send, replies } = bench({ atOnce: [{ outputs: [column('y', 7)], runMs: 2 }, new Error('no')] })
  await send(open, run(1), run(2))
  t.strictSame(replies().slice(1), [
    { type: 'ran', outputs: [column('y', 7)], runMs: 2 },
    { type: 'failed', message: 'no' }
  ])
})

t.test('how long it took to open is told', async t => {
  const { send, replies } = bench()
  await send(open)
  const [opened] = replies()
  t.ok(opened?.type === 'opened' && opened.openMs >= 0)
})

t.test('a process tells what each session takes, and what it still holds of all of them', async t => {
  const memory: Request = { type: 'memory' }
  const release: Request = { type: 'release' }
  const { send, replies } = bench({ memoryBytes: [1000, 1010, 1500, 1300, 1300, 1250, 1290] })
  await send(open, memory, release)
  t.match(replies(), [
    { type: 'opened' },
    { type: 'memory', grownBytes: 490 },
    { type: 'released', heldBytes: 300 }
  ])
  await send(open, memory, release)
  t.match(replies().slice(3), [
    { type: 'opened' },
    { type: 'memory', grownBytes: 0 },
    { type: 'released', heldBytes: 290 }
  ])
})

t.test('a thread cannot tell', async t => {
  const { send, replies } = bench()
  await send(open, { type: 'memory' }, { type: 'release' })
  t.match(replies().slice(1), [
    { type: 'failed', message: /^invariant broken: only a process of its own/ },
    { type: 'released', heldBytes: undefined }
  ])
})
