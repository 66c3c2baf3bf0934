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
  const channel = new Channel(peer)
  const reply = await channel.ask({ type: 'open', options })
  if (reply.type !== 'opened') {
    await channel.close()
    throw unexpected(reply)
  }
  return {
    placement: peer.placement,
    openMs: reply.openMs,
    ended: channel.ended,
    kill: peer.kill,
    close: () => channel.close(),
    async run(inputs, outputs): Promise<RunResult> {
      channel.checkOpen()
      const { tensors, transfer } = packed(inputs)
      const answer = await channel.ask({ type: 'run', inputs: tensors, outputs }, transfer)
      if (answer.type === 'ran') return answer
      throw runFailed(unexpected(answer))
    },
    memoryBytes: peer.placement === 'process' ? memoryBytes : undefined
  }

  async function memoryBytes(): Promise<number> {
    channel.checkOpen()
    const answer = await channel.ask({ type: 'memory' })
    if (answer.type === 'memory') return answer.grownBytes
    throw unexpected(answer)
  }
}

/** Question and answer with a peer, until either end has gone. */
class Channel {
  readonly #peer: Peer
  readonly #ended = deferred<Error | undefined>()
  #waiting: Deferred<Reply> | undefined
  #closing = false
  #releasing = false
  #fault: Error | undefined

  constructor(peer: Peer) {
    this.#peer = peer
    peer.onReply(reply => {
      const receiver = this.#waiting
      this.#waiting = undefined
      receiver?.resolve(reply)
    })
    peer.onEnd(reason => {
      // Asked to release its session, it is not to end: who ends then has crashed.
      this.#fault = this.#closing && !this.#releasing ? undefined : reason
      this.#waiting?.reject(lost(this.#fault))
      this.#waiting = undefined
      this.#closing = true
      this.#ended.resolve(this.#fault)
    })
  }

  get ended(): Promise<Error | undefined> {
    return this.#ended.promise
  }

  /** Throws once nothing more may be asked. */
  checkOpen(): void {
    if (this.#closing) throw lost(this.#fault)
  }

  ask(request: Request, transfer: readonly ArrayBuffer[] = []): Promise<Reply> {
    invariant(this.#waiting === undefined, 'one message is on its way to an instance at a time')
    // First the message: one that cannot be sent leaves nobody waiting.
    this.#peer.send(request, transfer)
    this.#waiting = deferred<Reply>()
    return this.#waiting.promise
  }

  /** Keeps the peer where it may be kept and its session is released, else ends it. */
  async close(): Promise<void> {
    if (!this.#closing) {
      this.#closing = true
      // First the answer of a run in progress: a process that ends takes along what it has not sent yet.
      await this.#waiting?.promise.catch(() => {})
      const { park } = this.#peer
      // One that ends meanwhile answers nothing, and one whose session cannot be released is of no use to others.
      if (park !== undefined && (await Promise.race([this.#release(), this.#ended.promise])) === true) {
        park()
        this.#ended.resolve(undefined)
      } else this.#peer.send({ type: 'close' }, [])
    }
    await this.#ended.promise
  }

  async #release(): Promise<boolean> {
    this.#releasing = true
    try {
      const reply = await this.ask({ type: 'release' })
      this.#releasing = false
      return reply.type === 'released'
    } catch {
      return false
    }
  }
}

/** The runtime's message, where there is one. */
function unexpected(reply: Reply): Error {
  return new Error(reply.type === 'failed' ? reply.message : `unexpected answer ${reply.type}`)
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
