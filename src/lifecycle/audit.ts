// An append-only record of what happened to which version and at whose word, one JSON line an event, in the state directory. A full
// disk or a read-only one costs lines, which are counted, and never a request.
import type { Clock } from '../base/clock.ts'
import { type AuditEvent, auditRow, type ControlRequest } from './audit-row.ts'
import type { LifecycleListener } from './events.ts'

export const auditFile = 'audit.jsonl'

/** Lines that may wait for a slow disk; more are lost, and counted. */
export const pendingLinesMax = 10_000

/** When the log begins a new file, and how many are kept. */
export interface AuditLimits {
  readonly fileBytesMax: number
  readonly filesMax: number
}

/** What the record needs of the state directory. */
export interface LineStore {
  append(name: string, line: string, limits: AuditLimits): Promise<void>
}

interface Warner {
  warn(facts: object, message: string): void
}

export interface AuditOptions {
  readonly store: LineStore
  readonly limits: AuditLimits
  readonly clock: Clock
  readonly log: Warner
}

export interface AuditTrail {
  readonly listener: LifecycleListener
  /** Records what a caller asked for, once it is known what became of it. */
  recordRequest(request: ControlRequest): void
  /** Settles once every line so far is in the store, or was given up with a warning. */
  flush(): Promise<void>
}

export function auditTrail({ store, limits, clock, log }: AuditOptions): AuditTrail {
  let last = Promise.resolve()
  let pending = 0
  /** Lines lost since the last one that was written. */
  let lost = 0

  function lose(error: unknown): void {
    lost++
    if (lost === 1)
      log.warn({ error: String(error) }, 'the audit log cannot be written; its lines are lost until it can')
  }

  async function write(line: string): Promise<void> {
    try {
      await store.append(auditFile, line, limits)
      // Not at the first line that a slow disk takes: it would be said again and again.
      if (lost === 0 || pending > pendingLinesMax / 2) return
      log.warn({ linesLost: lost }, `the audit log is written again; ${lost} lines were lost`)
      lost = 0
    } catch (error) {
      lose(error)
    } finally {
      pending--
    }
  }

  function record(event: AuditEvent): void {
    const row = auditRow(event, clock.now())
    if (row === undefined) return
    if (pending >= pendingLinesMax) {
      lose(new Error(`${pending} lines wait for the disk already`))
      return
    }
    pending++
    const line = JSON.stringify(row)
    // One after the other, so that lines keep the order of events.
    last = last.then(() => write(line))
  }

  return { listener: record, recordRequest: record, flush: () => last }
}
