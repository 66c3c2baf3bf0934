// An instance at the other end of a channel: a worker thread or a child process runs worker-loop.ts there. One message is on its way
// at a time; whatever the instance was asked when it went away fails with INSTANCE_LOST.
import { type Deferred, deferred } from '../base/deferred.ts'
import { invariant } from '../base/invariant.ts'
import { ServingError } from '../errors/serving-error.ts'
import { packed } from '../tensor/transfer.ts'
import type { Instance, Placement, RunResult, SessionOptions } from './backend.ts'
import type { Reply, Request } from './messages.ts'

/** Who runs the loop, as this end sees it. */
export interface Peer {
  readonly placement: Placement
  /** The buffers of `transfer` may move instead of being copied. */
  send(request: Request, transfer: readonly ArrayBuffer[]): void
  onReply(listener: (reply: Reply) => void): void
  /** Called once when the peer has ended, with what went wrong where something did. */
  onEnd(listener: (reason: Error) => void): void
  /** Ends the peer at once; undefined where that is not safe. */
  readonly kill: (() => void) | undefined
  /** Keeps the peer for another instance, now that its session is released; undefined where it ends with its instance. */
  readonly park?: (() => void) | undefined
}

/** Opens the session at the peer. Throws the runtime's message when that fails; the peer has ended by then. */
export async function startChannelInstance(peer: Peer, options: SessionOptions): Promise<Instance> {
  const ended = deferred<Error | undefined>()
  let waiting: Deferred<Reply> | undefined
  let closing = false
  let releasing = false
  let fault: Error | undefined

  peer.onReply(reply => {
    const receiver = waiting
    waiting = undefined
    receiver?.resolve(reply)
  })
  peer.onEnd(reason => {
    // Asked to release its session, it is not to end: who ends then has crashed.
    fault = closing && !releasing ? undefined : reason
    waiting?.reject(lost(fault))
    waiting = undefined
    closing = true
    ended.resolve(fault)
  })

  function ask(request: Request, transfer: readonly ArrayBuffer[] = []): Promise<Reply> {
    invariant(waiting === undefined, 'one message is on its way to an instance at a time')
    // First the message: one that cannot be sent leaves nobody waiting.
    peer.send(request, transfer)
    waiting = deferred<Reply>()
    return waiting.promise
  }

  async function close(): Promise<void> {
    if (!closing) {
      closing = true
      // First the answer of a run in progress: a process that ends takes along what it has not sent yet.
      await waiting?.promise.catch(() => {})
      // One that ends meanwhile answers nothing, and one whose session cannot be released is of no use to others.
      const release = () => {
        releasing = true
        return ask({ type: 'release' }).then(
          reply => {
            releasing = false
            return reply.type === 'released'
          },
          () => false
        )
      }
      if (peer.park !== undefined && (await Promise.race([release(), ended.promise])) === true) {
        peer.park()
        ended.resolve(undefined)
      } else peer.send({ type: 'close' }, [])
    }
    await ended.promise
  }

  async function memoryBytes(): Promise<number> {
    if (closing) throw lost(fault)
    const answer = await ask({ type: 'memory' })
    if (answer.type === 'memory') return answer.grownBytes
    throw new Error(answer.type === 'failed' ? answer.message : `unexpected answer ${answer.type}`)
  }

  const reply = await ask({ type: 'open', options })
  if (reply.type !== 'opened') {
    await close()
    throw new Error(reply.type === 'failed' ? reply.message : `unexpected answer ${reply.type}`)
  }
  return {
    placement: peer.placement,
    openMs: reply.openMs,
    ended: ended.promise,
    kill: peer.kill,
    close,
    memoryBytes: peer.placement === 'process' ? memoryBytes : undefined,
    async run(inputs, outputs): Promise<RunResult> {
      if (closing) throw lost(fault)
      const { tensors, transfer } = packed(inputs)
      const answer = await ask({ type: 'run', inputs: tensors, outputs }, transfer)
      if (answer.type === 'ran') return answer
      throw runFailed(
        new Error(answer.type === 'failed' ? answer.message : `unexpected answer ${answer.type}`)
      )
    }
  }
}

/** The model refused its inputs; the runtime's reason is for the log. */
export function runFailed(cause: unknown): ServingError {
  return new ServingError('RUN_FAILED', 'the model failed on these inputs', { cause })
}

function lost(cause: Error | undefined): ServingError {
  return new ServingError('INSTANCE_LOST', 'the model instance ended before it answered; try again', {
    cause,
    retryAfterSeconds: 1
  })
}
