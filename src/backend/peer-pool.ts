// Threads or processes between two instances: one that has released its session waits a moment for the next. Loading a version tries
// it on one first, and starting one takes longer than trying most models.
import type { Clock } from '../base/clock.ts'
import type { Peer } from './channel-instance.ts'

/** A thread or a process that runs the loop for one instance after the other. */
export interface Host {
  /** As the next instance sees it; `park` takes it back once its session is released. */
  peer(park: () => void): Peer
  /** Whether it can serve another instance. */
  readonly fit: boolean
  /** Whether it keeps this process alive. */
  hold(holds: boolean): void
  /** Calls `listener` when it has ended or failed; what comes back stops that. */
  onEnd(listener: () => void): () => void
  /** Asks it to end; it has no session. */
  end(): void
}

export interface PeerPoolOptions {
  /** How many wait at the same time; the others end. */
  readonly parkedMax: number
  readonly clock: Clock
}

/** A peer, and whether it served another instance before. */
export interface Lent {
  readonly peer: Peer
  readonly reused: boolean
}

/** Long enough from one load to the next, short enough for its memory to be back soon. */
export const parkedMs = 1000

export class PeerPool {
  readonly #options: PeerPoolOptions
  readonly #start: () => Host
  /** With what takes each one out of the waiting. */
  readonly #parked = new Map<Host, () => void>()
  readonly #used = new WeakSet<Host>()
  #closed = false

  constructor(options: PeerPoolOptions, start: () => Host) {
    this.#options = options
    this.#start = start
  }

  /** One that waits, or a new one. */
  take(): Peer {
    return this.lend().peer
  }

  /** The same, telling which; a new one in any case where it has to be `fresh`. */
  lend(fresh = false): Lent {
    const host = (fresh ? undefined : this.#waiting()) ?? this.#start()
    const reused = this.#used.has(host)
    this.#used.add(host)
    host.hold(true)
    return { peer: host.peer(() => this.#park(host)), reused }
  }

  /** Starts as many as may wait, or fewer, for loads that are about to come. */
  warm(count = this.#options.parkedMax): void {
    const missing = Math.min(count, this.#options.parkedMax) - this.#parked.size
    for (let i = 0; i < missing && !this.#closed; i++) this.#park(this.#start())
  }

  /** Ends those that wait, and from now on whoever would. */
  close(): void {
    this.#closed = true
    for (const host of [...this.#parked.keys()]) this.#end(host)
  }

  #waiting(): Host | undefined {
    for (const host of this.#parked.keys()) {
      this.#forget(host)
      // One whose end is only about to be told is passed over.
      if (host.fit) return host
      host.end()
    }
    return undefined
  }

  #park(host: Host): void {
    const { parkedMax, clock } = this.#options
    host.hold(false)
    if (this.#closed || !host.fit || this.#parked.size >= parkedMax) {
      host.end()
      return
    }
    const callOff = clock.after(parkedMs, () => this.#end(host), false)
    // One that fails while it waits has nobody to tell: it is forgotten.
    const stop = host.onEnd(() => this.#forget(host))
    this.#parked.set(host, () => {
      callOff()
      stop()
    })
  }

  #end(host: Host): void {
    this.#forget(host)
    host.end()
  }

  #forget(host: Host): void {
    this.#parked.get(host)?.()
    this.#parked.delete(host)
  }
}
