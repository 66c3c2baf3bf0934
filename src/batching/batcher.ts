// The queue before a version's instances, and the batches that form when one of them is free. Each job is settled exactly once:
// with its own rows, with the reason why it failed, or with DEADLINE_EXCEEDED the moment its time is over.
import type { Clock } from '../base/clock.ts'
import { invariant } from '../base/invariant.ts'
import { ServingError } from '../errors/serving-error.ts'
import type { NamedTensor } from '../tensor/tensor.ts'
import { cutOutputs, stackInputs } from './batch.ts'
import { BatchQueue, type QueueLimits } from './batch-queue.ts'
import { Deadlines } from './deadlines.ts'
import type { Job, JobResult } from './job.ts'
import type { Pumped, Turns } from './turns.ts'

export interface RunOutcome {
  readonly outputs: readonly NamedTensor[]
  readonly runMs: number
}

/** An instance as the batcher sees it: runs one batch at a time, at once on this thread or later on another. */
export interface Runner {
  run(inputs: readonly NamedTensor[], outputs: readonly string[]): RunOutcome | Promise<RunOutcome>
}

export interface BatcherOptions {
  readonly limits: QueueLimits
  /** Rows of one batch; a larger request runs alone. */
  readonly rowsMax: number
  /** Time that a batch may wait for more rows while an instance is free. */
  readonly delayMaxMs: number
  readonly turns: Turns
  readonly clock: Clock
}

interface Entry {
  job: Job
  readonly arrivedMs: number
  waits: boolean
  settled: boolean
  readonly resolve: (result: JobResult) => void
  readonly reject: (error: Error) => void
}

export class Batcher implements Pumped {
  readonly #options: BatcherOptions
  readonly #queue: BatchQueue<Entry>
  readonly #deadlines: Deadlines<Entry>
  readonly #idle = new Set<Runner>()
  readonly #busy = new Set<Runner>()
  #rowsMax: number
  #delayed: (() => void) | undefined

  constructor(options: BatcherOptions) {
    this.#options = options
    this.#rowsMax = options.rowsMax
    this.#queue = new BatchQueue(options.limits)
    this.#deadlines = new Deadlines(options.clock, entry => this.#expire(entry))
  }

  /** Rows that wait; those of a batch that runs are not among them. */
  get queuedRows(): number {
    return this.#queue.rows
  }

  /** A smaller or larger batch from now on: another placement bears another size. */
  set rowsMax(rows: number) {
    this.#rowsMax = rows
  }

  add(runner: Runner): void {
    this.#idle.add(runner)
    if (this.#queue.size > 0) this.#options.turns.ask(this)
  }

  /** No more batches for `runner`; one that it runs is settled all the same. */
  remove(runner: Runner): void {
    this.#idle.delete(runner)
    this.#busy.delete(runner)
  }

  /** Rejects with QUEUE_FULL, DEADLINE_EXCEEDED, CANCELLED, or what the run threw. */
  push(job: Job): Promise<JobResult> {
    if (!this.#queue.fits(job)) this.#queue.purge(entry => this.#isDead(entry))
    // An instance that is free takes what comes first, whatever its size.
    if (!this.#queue.fits(job)) return Promise.reject(queueFull(this.#queue.rows, this.#options.limits))
    return new Promise((resolve, reject) => {
      const arrivedMs = this.#options.clock.monotonicMs()
      const entry = { job, arrivedMs, waits: false, settled: false, resolve, reject }
      this.#queue.push(entry)
      this.#deadlines.add(entry, job.deadlineMs)
      if (this.#idle.size > 0) this.#options.turns.ask(this)
    })
  }

  /** Fails everything that waits: no instance will come any more. */
  failAll(reason: Error): void {
    for (const entry of this.#queue.takeAll()) this.#reject(entry, reason)
  }

  /** Gives one batch to an instance that is free. */
  pump(): boolean {
    const [runner] = this.#idle
    if (runner === undefined || this.#queue.size === 0) return false
    if (this.#waitsForMore()) return false
    const batch = this.#queue.take(this.#rowsMax, entry => this.#isDead(entry))
    if (batch.length > 0) this.#start(runner, batch)
    return this.#queue.size > 0 && this.#idle.size > 0
  }

  #waitsForMore(): boolean {
    const { delayMaxMs, clock } = this.#options
    if (delayMaxMs === 0 || this.#queue.isFull(this.#rowsMax)) return false
    const oldestMs = this.#queue.oldestArrivedMs ?? 0
    const leftMs = oldestMs + delayMaxMs - clock.monotonicMs()
    if (leftMs <= 0) return false
    const formNow = (): void => {
      this.#delayed = undefined
      this.#options.turns.ask(this)
    }
    // Whoever waits for an answer keeps the process alive; a batch that nobody waits for does not.
    this.#delayed ??= clock.after(leftMs, formNow, false)
    return true
  }

  #start(runner: Runner, batch: readonly Entry[]): void {
    const startedMs = this.#options.clock.monotonicMs()
    let outcome: RunOutcome | Promise<RunOutcome>
    try {
      const [first] = batch
      invariant(first !== undefined, 'a batch has a first entry')
      const inputs = batch.length === 1 ? first.job.inputs : stackInputs(batch.map(({ job }) => job))
      outcome = runner.run(inputs, first.job.outputs)
    } catch (error) {
      if (isLost(error)) this.#idle.delete(runner)
      this.#failed(batch, error)
      return
    }
    if (!(outcome instanceof Promise)) {
      this.#succeeded(batch, outcome, startedMs)
      return
    }
    this.#idle.delete(runner)
    this.#busy.add(runner)
    outcome.then(
      result => {
        // The next batch first: the instance works while the answers of this one are written.
        this.#free(runner)
        this.#succeeded(batch, result, startedMs)
      },
      (error: unknown) => {
        if (isLost(error)) this.#busy.delete(runner)
        else this.#free(runner)
        this.#failed(batch, error)
      }
    )
  }

  #free(runner: Runner): void {
    if (!this.#busy.delete(runner)) return
    this.#idle.add(runner)
    while (this.pump());
  }

  /** All answers of a batch in one turn: their writes go out together. */
  #succeeded(batch: readonly Entry[], { outputs, runMs }: RunOutcome, startedMs: number): void {
    const rows = batch.map(({ job }) => job.rows)
    const batchRows = rows.reduce((sum, count) => sum + count, 0)
    let parts: readonly (readonly NamedTensor[])[]
    try {
      parts = batch.length === 1 ? [outputs] : cutOutputs(outputs, rows)
    } catch (error) {
      this.#failed(batch, error)
      return
    }
    let firstOfBatch = true
    for (const [index, entry] of batch.entries()) {
      if (entry.settled) continue
      this.#settle(entry)
      const queueMs = startedMs - entry.arrivedMs
      entry.resolve({ outputs: parts[index]!, queueMs, runMs, batchRows, firstOfBatch })
      firstOfBatch = false
    }
  }

  /** Nobody names the culprit, so each entry of a batch runs alone, once. An instance that is gone fails them all. */
  #failed(batch: readonly Entry[], error: unknown): void {
    if (batch.length === 1 || isLost(error)) {
      for (const entry of batch) this.#reject(entry, error)
      return
    }
    for (const entry of batch) {
      if (this.#isDead(entry)) continue
      entry.job = { ...entry.job, mergeKey: undefined }
      this.#queue.push(entry)
    }
    if (this.#idle.size > 0) this.#options.turns.ask(this)
  }

  /** Answered already, or nobody waits any more. The latter is settled here. */
  #isDead(entry: Entry): boolean {
    if (entry.settled) return true
    if (!entry.job.cancellation.cancelled) return false
    this.#reject(entry, new ServingError('CANCELLED', 'the client went away before it was answered'))
    return true
  }

  #expire(entry: Entry): void {
    if (this.#isDead(entry)) return
    const waitedMs = Math.round(this.#options.clock.monotonicMs() - entry.arrivedMs)
    const message = `no answer within the time that the request has (${waitedMs} ms since it was queued)`
    this.#reject(entry, new ServingError('DEADLINE_EXCEEDED', message))
  }

  #reject(entry: Entry, error: unknown): void {
    if (entry.settled) return
    this.#settle(entry)
    entry.reject(error instanceof Error ? error : new Error(String(error)))
  }

  #settle(entry: Entry): void {
    entry.settled = true
    this.#deadlines.delete(entry)
    this.#queue.forget(entry)
  }
}

/** The instance went away with its run: it gets no other. */
function isLost(error: unknown): boolean {
  return error instanceof ServingError && error.code === 'INSTANCE_LOST'
}

function queueFull(rows: number, limits: QueueLimits): ServingError {
  const message = `the model's queue is full (${rows} rows wait, at most ${limits.rowsMax} rows or ${limits.bytesMax} bytes may)`
  return new ServingError('QUEUE_FULL', message, { retryAfterSeconds: 1 })
}
