// Whether the server as a whole is ready, and if not, why; and whether it is live. Pure.
import type { Clock } from '../base/clock.ts'
import type { Holds } from './handle.ts'
import type { ServedModel } from './serving-map.ts'

export interface ReadinessFacts {
  /** Every wanted version of the first scan is ready or failed. Stays true: a later release never makes the server unready. */
  readonly settled: boolean
  readonly draining: boolean
  /** Models without which the server is of no use to its callers. */
  readonly required: readonly string[]
  readonly served: { served(model: string): ServedModel | undefined }
}

/** Undefined when ready. */
export function unreadyReason({ settled, draining, required, served }: ReadinessFacts): string | undefined {
  if (draining) return 'the server is shutting down'
  if (!settled) return 'models are still loading'
  const missing = required.filter(model => served.served(model) === undefined)
  return missing.length === 0 ? undefined : `required models are not ready: ${missing.join(', ')}`
}

/** False once an instance has been stuck in a run for so long that only a restart of the process can help. */
export function isLive(served: readonly Holds[], clock: Clock, stuckLiveMaxMs: number): boolean {
  const nowMs = clock.monotonicMs()
  return served.every(({ version: { instances } }) => {
    const { stuckSinceMs } = instances
    return stuckSinceMs === undefined || nowMs - stuckSinceMs <= stuckLiveMaxMs
  })
}
