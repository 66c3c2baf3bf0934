// The other end of an instance's channel, which answers and ends when the test says so.
import type { Placement } from '../../src/backend/backend.ts'
import type { Peer } from '../../src/backend/channel-instance.ts'
import type { Reply, Request } from '../../src/backend/messages.ts'
import { turn } from './turn.ts'

export class FakePeer implements Peer {
  readonly placement: Placement
  readonly kill: (() => void) | undefined
  /** Set by tests whose peer may be kept. */
  park: (() => void) | undefined
  readonly received: Request[] = []
  #onReply: (reply: Reply) => void = () => {}
  #onEnd: (reason: Error) => void = () => {}

  constructor(placement: Placement = 'thread', kill?: () => void) {
    this.placement = placement
    this.kill = kill
  }

  send(request: Request, transfer: readonly ArrayBuffer[]): void {
    this.received.push(structuredClone(request, { transfer: [...transfer] }))
  }

  onReply(listener: (reply: Reply) => void): void {
    this.#onReply = listener
  }

  onEnd(listener: (reason: Error) => void): void {
    this.#onEnd = listener
  }

  /** What it was asked, by kind. */
  get asked(): string {
    return this.received.map(({ type }) => type).join(' ')
  }

  reply(reply: Reply): Promise<void> {
    this.#onReply(reply)
    return turn()
  }

  end(reason: Error): Promise<void> {
    this.#onEnd(reason)
    return turn()
  }
}
