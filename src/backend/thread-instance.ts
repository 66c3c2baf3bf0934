// The placement `thread`: a session in a worker thread of its own. The thread is never terminated: that aborts the process when
// it is inside a run. It is asked to close, finishes what it does, and ends by itself. A worker's environment is a copy that the
// runtime does not read, so telemetry has to be off in the process that starts it.
import '../base/no-telemetry.ts'
import { Worker } from 'node:worker_threads'
import { type Deferred, deferred } from '../base/deferred.ts'
import { invariant } from '../base/invariant.ts'
import { ServingError } from '../errors/serving-error.ts'
import type { Instance, RunResult, SessionOptions } from './backend.ts'
import { type Reply, type Request, transferable } from './messages.ts'

/** What the instance needs of a worker thread; tests bring their own. */
export interface Thread {
  postMessage(message: Request, transfer?: readonly ArrayBuffer[]): void
  on(event: 'message', listener: (message: Reply) => void): unknown
  on(event: 'error', listener: (error: Error) => void): unknown
  on(event: 'exit', listener: (code: number) => void): unknown
}

export function spawnThread(): Thread {
  return new Worker(new URL('./worker.js', import.meta.url), { name: 'kedge-instance' })
}

/** Starts a thread and opens the session in it. Throws the runtime's message when that fails; the thread has ended by then. */
export async function startThreadInstance(
  options: SessionOptions,
  spawn: () => Thread = spawnThread
): Promise<Instance> {
  const thread = spawn()
  const ended = deferred<Error | undefined>()
  let waiting: Deferred<Reply> | undefined
  let closing = false
  let fault: Error | undefined

  thread.on('message', reply => {
    const receiver = waiting
    waiting = undefined
    receiver?.resolve(reply)
  })
  thread.on('error', error => {
    fault = error
  })
  thread.on('exit', code => {
    const reason = closing ? undefined : (fault ?? new Error(`its thread ended with code ${code}`))
    waiting?.reject(lost(reason))
    waiting = undefined
    closing = true
    ended.resolve(reason)
  })

  function ask(request: Request, transfer: readonly ArrayBuffer[] = []): Promise<Reply> {
    invariant(waiting === undefined, 'one message is on its way to an instance at a time')
    // First the message: one that cannot be sent leaves nobody waiting.
    thread.postMessage(request, transfer)
    waiting = deferred<Reply>()
    return waiting.promise
  }

  async function close(): Promise<void> {
    if (!closing) {
      closing = true
      // A run in progress ends first: the thread reads its messages in order.
      thread.postMessage({ type: 'close' })
    }
    await ended.promise
  }

  const reply = await ask({ type: 'open', options })
  if (reply.type === 'failed') {
    await close()
    throw new Error(reply.message)
  }
  return {
    placement: 'thread',
    ended: ended.promise,
    close,
    async run(inputs, outputs): Promise<RunResult> {
      if (closing) throw lost(fault)
      const answer = await ask({ type: 'run', inputs, outputs }, transferable(inputs))
      if (answer.type === 'ran') return answer
      const cause = new Error(answer.type === 'failed' ? answer.message : `unexpected answer ${answer.type}`)
      throw new ServingError('RUN_FAILED', 'the model failed on these inputs', { cause })
    }
  }
}

function lost(cause: Error | undefined): ServingError {
  return new ServingError('INSTANCE_LOST', 'the model instance ended before it answered; try again', {
    cause,
    retryAfterSeconds: 1
  })
}
