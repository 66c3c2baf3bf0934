// An append-only trail of what happened to which version, one JSON line an event, in the state directory. A full disk or a
// read-only one costs lines, never a request.
import type { Clock } from '../base/clock.ts'
import type { LifecycleListener } from './events.ts'
import type { State } from './state.ts'

export const auditFile = 'audit.jsonl'
/** At this size the trail moves to `audit.jsonl.1` and starts anew. */
export const auditBytesMax = 16 * 2 ** 20

/** States that last, and failures: the steps between them are for the log. */
const recorded: readonly State[] = ['ready', 'unloaded', 'failed']

/** What the trail needs of the state directory. */
export interface LineStore {
  append(name: string, line: string, bytesMax: number): Promise<void>
}

interface Warner {
  warn(facts: object, message: string): void
}

export interface AuditTrail {
  readonly listener: LifecycleListener
  /** Settles once every line so far is in the store, or was given up with a warning. */
  flush(): Promise<void>
}

export function auditTrail(store: LineStore, clock: Clock, log: Warner): AuditTrail {
  let last = Promise.resolve()
  const listener: LifecycleListener = event => {
    if (event.type !== 'state') return
    const { model, version, to, reason, loadMs } = event
    if (!recorded.includes(to)) return
    const time = new Date(clock.now()).toISOString()
    const line = JSON.stringify({
      time,
      event: to,
      model,
      version,
      reason,
      loadMs: loadMs === undefined ? undefined : Math.round(loadMs)
    })
    // One after the other, so that lines keep the order of events.
    last = last.then(() =>
      store.append(auditFile, line, auditBytesMax).catch((error: unknown) => {
        log.warn({ error: String(error) }, 'the audit trail could not be written')
      })
    )
  }
  return { listener, flush: () => last }
}
