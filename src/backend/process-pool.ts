// Processes that try one model after the other. One that crashed, hung or was killed is never used again, nor is one that kept much
// of a model's memory: it would not show what the next one takes.
import type { Instance, SessionOptions } from './backend.ts'
import { startChannelInstance } from './channel-instance.ts'
import type { Reply, Request } from './messages.ts'
import { type Host, PeerPool, type PeerPoolOptions } from './peer-pool.ts'
import { processPeer, startProcess } from './process-peer.ts'

/** An instance to try a model with, in a process that may be lost. */
export interface Trial {
  /** Rejects with the runtime's message, or with INSTANCE_LOST where the process ended meanwhile. */
  readonly instance: Promise<Instance>
  /** Ends the process at once, also while it still creates the session. */
  readonly kill: () => void
  /** Another model was tried in the same process before, and may have left it in disorder. */
  readonly reused: boolean
}

/** A few dozen small models leave no more than this behind; the memory of one of 200 MiB mostly stays with its process. */
export const heldBytesMax = 32 * 2 ** 20

export class ProcessPool extends PeerPool {
  constructor(options: PeerPoolOptions) {
    super(options, processHost)
  }

  /** Opens a session in a process that waits, or in a new one. */
  start(options: SessionOptions, fresh = false): Trial {
    const { peer, reused } = this.lend(fresh)
    const instance = startChannelInstance(peer, options)
    // Whoever gave up on it does not mind how it ends.
    instance.catch(() => {})
    return { instance, kill: () => peer.kill?.(), reused }
  }
}

function processHost(): Host {
  const child = startProcess()
  let heldBytes = 0
  child.on('message', (reply: Reply) => {
    if (reply.type === 'released') heldBytes = reply.heldBytes ?? 0
  })
  return {
    get fit() {
      return child.connected && !child.killed && heldBytes <= heldBytesMax
    },
    peer: park => processPeer(child, park),
    hold(holds) {
      // The process and the channel to it: either would keep this one alive.
      const change = holds ? 'ref' : 'unref'
      child[change]()
      child.channel?.[change]()
    },
    onEnd(listener) {
      child.on('error', listener).on('exit', listener)
      return () => void child.off('error', listener).off('exit', listener)
    },
    end() {
      if (child.connected) child.send({ type: 'close' } satisfies Request, () => {})
    }
  }
}
