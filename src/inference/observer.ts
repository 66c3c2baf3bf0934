// What the pipeline tells those who watch: once for each request, after its answer is known. Owned here, implemented by monitoring.
import type { JobResult } from '../batching/job.ts'
import type { ModelVersion } from '../lifecycle/model-version.ts'

export type Outcome = 'success' | 'invalid' | 'rejected' | 'expired' | 'cancelled' | 'failed'

export interface RequestReport {
  /** The version that was to answer; undefined where the request named none that could. */
  readonly version: ModelVersion | undefined
  readonly protocol: string
  readonly outcome: Outcome
  readonly durationMs: number
  /** Present once the model ran: the request's own rows, the time it took to read them, and what its batch took. */
  readonly ran: { readonly rows: number; readonly readMs: number; readonly result: JobResult } | undefined
}

export interface InferenceObserver {
  finished(report: RequestReport): void
}
