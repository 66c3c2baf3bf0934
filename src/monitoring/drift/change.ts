// A monitor's state has changed: what the log, the metrics and the webhook are told of it.
import type { MonitorState } from './view.ts'

export interface DriftChange {
  readonly model: string
  readonly version: number
  /** The monitor's name; outputs begin with `output:`. */
  readonly feature: string
  readonly from: MonitorState
  readonly to: MonitorState
  /** The window that decided: `10m`, `1h`, …; undefined where none had enough rows. */
  readonly window: string | undefined
  readonly psi: number | undefined
  /** What the index is measured against for the new state. */
  readonly threshold: number | undefined
  readonly effectiveRows: number | undefined
  /** The profile's digest. */
  readonly profile: string | undefined
  /** Since the epoch. */
  readonly atMs: number
}
