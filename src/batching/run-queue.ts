// A bounded first-in-first-out queue before one instance: one job runs, the others wait, and what does not fit is refused at once.
// Rows are counted, not requests.
import { ServingError } from '../errors/serving-error.ts'

export interface QueueLimits {
  readonly rowsMax: number
  readonly bytesMax: number
}

export interface Job<T> {
  readonly rows: number
  readonly bytes: number
  readonly run: () => Promise<T>
}

export interface Queued<T> {
  readonly result: T
  /** Time from arrival to the start of the run. */
  readonly queueMs: number
}

interface Entry {
  readonly rows: number
  readonly bytes: number
  readonly start: () => Promise<void>
}

export class RunQueue {
  readonly #limits: QueueLimits
  readonly #now: () => number
  readonly #entries: Entry[] = []
  #head = 0
  #rows = 0
  #bytes = 0
  #busy = false

  /** `now` measures waiting, in milliseconds. */
  constructor(limits: QueueLimits, now: () => number) {
    this.#limits = limits
    this.#now = now
  }

  /** Rows that wait; the running job is not among them. */
  get rows(): number {
    return this.#rows
  }

  /** Runs the job when its turn comes. A job that finds nothing before it is always taken. Throws QUEUE_FULL. */
  push<T>(job: Job<T>): Promise<Queued<T>> {
    const waiting = this.#entries.length - this.#head
    const full =
      this.#rows + job.rows > this.#limits.rowsMax || this.#bytes + job.bytes > this.#limits.bytesMax
    if ((this.#busy || waiting > 0) && full) throw queueFull(this.#rows, this.#limits)
    const arrived = this.#now()
    return new Promise((resolve, reject) => {
      // Async, so that a run that throws at once fails like one that rejects: nothing may stop the queue.
      const run = async (): Promise<T> => job.run()
      const start = (): Promise<void> => {
        const queueMs = this.#now() - arrived
        return run().then(result => resolve({ result, queueMs }), reject)
      }
      this.#entries.push({ rows: job.rows, bytes: job.bytes, start })
      this.#rows += job.rows
      this.#bytes += job.bytes
      if (!this.#busy) void this.#work()
    })
  }

  async #work(): Promise<void> {
    this.#busy = true
    for (let entry = this.#take(); entry !== undefined; entry = this.#take()) await entry.start()
    this.#busy = false
  }

  #take(): Entry | undefined {
    const entry = this.#entries[this.#head]
    if (entry === undefined) return undefined
    this.#head++
    this.#rows -= entry.rows
    this.#bytes -= entry.bytes
    // Moving the rest down costs as much as it saves only once half of the list is used up.
    if (this.#head * 2 > this.#entries.length) {
      this.#entries.splice(0, this.#head)
      this.#head = 0
    }
    return entry
  }
}

function queueFull(rows: number, limits: QueueLimits): ServingError {
  const message = `the model's queue is full (${rows} rows wait, at most ${limits.rowsMax} rows or ${limits.bytesMax} bytes may)`
  return new ServingError('QUEUE_FULL', message, { retryAfterSeconds: 1 })
}
