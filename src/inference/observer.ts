// What the pipeline tells those who watch: once for each request, after its answer is known. Owned here, implemented by monitoring.
import type { ModelVersion } from '../lifecycle/model-version.ts'

export type Outcome = 'success' | 'invalid' | 'rejected' | 'failed'

export interface RequestReport {
  /** The version that was to answer; undefined where the request named none that could. */
  readonly version: ModelVersion | undefined
  readonly protocol: string
  readonly outcome: Outcome
  readonly durationMs: number
  /** Present once the model ran. */
  readonly ran: { readonly rows: number; readonly queueMs: number; readonly runMs: number } | undefined
}

export interface InferenceObserver {
  finished(report: RequestReport): void
}
