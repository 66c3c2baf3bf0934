// What the batcher is asked to do, and what it gives back.
import type { NamedTensor } from '../tensor/tensor.ts'

/** Set by whoever asked, read when a batch forms: nothing is called when it changes. */
export interface Cancellation {
  readonly cancelled: boolean
}

export interface Job {
  readonly inputs: readonly NamedTensor[]
  /** Names of the outputs that are wanted. */
  readonly outputs: readonly string[]
  readonly rows: number
  readonly bytes: number
  /** Jobs with equal keys may share a run; one without a key runs alone. */
  readonly mergeKey: string | undefined
  /** From 1, which goes first, to `priorityMax`. */
  readonly priority: number
  /** On the batcher's clock: at this time the caller is answered, whatever the model does. */
  readonly deadlineMs: number
  readonly cancellation: Cancellation
}

export const priorityMax = 9
export const priorityStandard = 5

export interface JobResult {
  /** In the order of `Job.outputs`. */
  readonly outputs: readonly NamedTensor[]
  /** From arrival to the start of the run. */
  readonly queueMs: number
  /** Time inside the runtime, of the whole batch. */
  readonly runMs: number
  /** Rows of the whole batch. */
  readonly batchRows: number
  /** Equal for the jobs of one batch: whether this job is the first of its batch, which is when batches are counted. */
  readonly firstOfBatch: boolean
}
