// What the manager tells those who listen: metrics, the log, the audit trail.
import type { State } from './state.ts'

export interface LifecycleEvent {
  readonly model: string
  readonly version: number
  readonly from: State
  readonly to: State
  /** Why, where there is something to say: the evidence of a failure, the warning of a version that serves all the same. */
  readonly reason: string | undefined
  /** With `ready` and `failed`: how long the way there took. */
  readonly loadMs: number | undefined
}

export type LifecycleListener = (event: LifecycleEvent) => void
