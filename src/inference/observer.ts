// What the pipeline tells those who watch: the inputs of each request that is about to run, and what became of each request once its
// answer is known. Owned here, implemented by monitoring.
import type { JobResult } from '../batching/job.ts'
import type { ServingError } from '../errors/serving-error.ts'
import type { ModelVersion } from '../lifecycle/model-version.ts'
import type { InferenceRequest } from '../tensor/tensor.ts'

export const outcomes = ['success', 'invalid', 'rejected', 'expired', 'cancelled', 'failed'] as const
export type Outcome = (typeof outcomes)[number]

export interface DecodedRequest {
  readonly version: ModelVersion
  readonly request: InferenceRequest
  readonly rows: number
  /** Equal in `decoded` and `finished` of one request. */
  readonly key: object
}

export interface RequestReport {
  /** The version that was to answer; undefined where the request named none that could. */
  readonly version: ModelVersion | undefined
  readonly protocol: string
  readonly outcome: Outcome
  readonly durationMs: number
  /** Present once the model ran: the request's own rows, the time it took to read them, and what its batch took. */
  readonly ran: { readonly rows: number; readonly readMs: number; readonly result: JobResult } | undefined
  /** What it was answered with instead; undefined after a success. */
  readonly error: ServingError | undefined
  /** As in `decoded`; undefined where the request could not be read. */
  readonly key: object | undefined
}

/** Follows one request, where somebody traces it. */
export interface RequestTrace {
  predicted(report: RequestReport): void
}

export interface InferenceObserver {
  /** The inputs are whole here; the run that follows may move their memory away. */
  decoded?(event: DecodedRequest): void
  finished(report: RequestReport): void
}
