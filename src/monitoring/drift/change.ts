// A monitor of one version came into another state: what events and logs are made of. Plain data.
import type { MonitorState } from './view.ts'

export interface DriftChange {
  readonly model: string
  readonly version: number
  /** The monitor's name: a feature, `output:…` or `derived:…`. */
  readonly feature: string
  readonly from: MonitorState
  readonly to: MonitorState
  /** The window that decided: `1h`. */
  readonly window: string | undefined
  readonly psi: number | undefined
  /** What the PSI was compared with. */
  readonly threshold: number | undefined
  readonly effectiveRows: number | undefined
  /** The reference profile's id. */
  readonly profile: string | undefined
  /** Since the epoch. */
  readonly atMs: number
}
