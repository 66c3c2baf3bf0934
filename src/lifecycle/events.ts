// What the manager tells those who listen: metrics, the log, the audit trail.
import type { GateVerdict } from './gate-verdict.ts'
import type { State } from './state.ts'

/** Who or what asked for it: `start`, `files`, `demand`, `idle`, `memory`, `shutdown`, `lost`, or `api` with the caller's name. */
export type Cause = 'start' | 'files' | 'demand' | 'idle' | 'memory' | 'shutdown' | 'lost' | `api:${string}`

export interface LifecycleEvent {
  readonly type: 'state'
  readonly model: string
  readonly version: number
  readonly from: State
  readonly to: State
  /** Why, where there is something to say: the evidence of a failure, the warning of a version that serves all the same. */
  readonly reason: string | undefined
  /** With `ready` and `failed`: how long the way there took. */
  readonly loadMs: number | undefined
  readonly cause: Cause
  /** SHA-256 of each file that was loaded, by its path in the version's folder; undefined before they were read. */
  readonly digests: Readonly<Record<string, string>> | undefined
  /** What the gate found, where the version has one and it came to that. */
  readonly verdict: GateVerdict | undefined
}

/** A label came, moved or went. */
export interface LabelEvent {
  readonly type: 'label'
  readonly model: string
  readonly label: string
  readonly from: number | undefined
  readonly to: number | undefined
  readonly cause: Cause
}

export type LifecycleListener = (event: LifecycleEvent | LabelEvent) => void
