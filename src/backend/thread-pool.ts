// Threads between two instances: one that has released its session waits a moment for the next. Loading a version tries it on a thread
// first, and starting a thread takes longer than trying most models.
import type { Worker } from 'node:worker_threads'
import type { Clock } from '../base/clock.ts'
import type { Peer } from './channel-instance.ts'
import { startThread, threadPeer } from './thread-peer.ts'

export interface ThreadPoolOptions {
  /** Threads that wait at the same time; the others end. */
  readonly parkedMax: number
  readonly clock: Clock
}

/** Long enough from one load to the next, short enough for its memory to be back soon. */
const parkedMs = 1000

export class ThreadPool {
  readonly #options: ThreadPoolOptions
  /** With what takes each one out of the waiting. */
  readonly #parked = new Map<Worker, () => void>()

  constructor(options: ThreadPoolOptions) {
    this.#options = options
  }

  /** A thread that waits, or a new one. */
  take(): Peer {
    const [parked] = this.#parked.keys()
    if (parked === undefined) return this.#peer(startThread())
    this.#forget(parked)
    parked.ref()
    return this.#peer(parked)
  }

  /** Starts as many as may wait, for loads that are about to come. */
  warm(): void {
    while (this.#parked.size < this.#options.parkedMax) this.#park(startThread())
  }

  /** Ends those that wait. */
  close(): void {
    for (const worker of [...this.#parked.keys()]) this.#end(worker)
  }

  #peer(worker: Worker): Peer {
    return threadPeer(worker, () => this.#park(worker))
  }

  #park(worker: Worker): void {
    const { parkedMax, clock } = this.#options
    worker.unref()
    const forget = (): void => this.#forget(worker)
    const callOff = clock.after(parkedMs, () => this.#end(worker), false)
    // One that fails while it waits has nobody to tell: it is forgotten.
    worker.on('error', forget).on('exit', forget)
    this.#parked.set(worker, () => {
      callOff()
      worker.off('error', forget).off('exit', forget)
    })
    if (this.#parked.size > parkedMax) this.#end(worker)
  }

  #end(worker: Worker): void {
    this.#forget(worker)
    worker.postMessage({ type: 'close' })
  }

  #forget(worker: Worker): void {
    this.#parked.get(worker)?.()
    this.#parked.delete(worker)
  }
}
