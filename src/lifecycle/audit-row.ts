// What the audit log holds of an event: one flat row, the same on disk and in the answer of the history route. Pure. A row's length
// is bounded, so that one model with a thousand files cannot push everything else out of the log.
import { shorten } from '../base/describe.ts'
import type { ErrorCode } from '../errors/codes.ts'
import type { Cause, LabelEvent, LifecycleEvent } from './events.ts'
import type { GateVerdict } from './gate-verdict.ts'
import type { State } from './state.ts'

/** A caller's request to load or unload a model, and what became of it. */
export interface ControlRequest {
  readonly type: 'request'
  readonly action: 'load' | 'unload'
  readonly model: string
  /** Who asked. */
  readonly by: string
  /** `failed`: it was done as asked, and the model could not be loaded. */
  readonly outcome: 'accepted' | 'refused' | 'failed'
  /** Why not, where it was not accepted. */
  readonly code: ErrorCode | undefined
  readonly reason: string | undefined
}

export type AuditEvent = LifecycleEvent | LabelEvent | ControlRequest

/** Facts that an event does not have are left out of the JSON. */
export interface AuditRow {
  /** ISO 8601, in UTC. */
  readonly time: string
  readonly event: 'ready' | 'unloaded' | 'failed' | 'label' | 'load' | 'unload'
  readonly model: string
  readonly version?: number | undefined
  readonly cause: Cause
  readonly outcome?: ControlRequest['outcome'] | undefined
  readonly code?: ErrorCode | undefined
  readonly label?: string | undefined
  readonly from?: number | undefined
  readonly to?: number | undefined
  readonly reason?: string | undefined
  readonly loadMs?: number | undefined
  readonly gate?: { readonly verdict: 'passed' | 'failed' | 'none'; readonly summary?: string } | undefined
  readonly digests?: Readonly<Record<string, string>> | undefined
  /** How many digests there were, where they would have made the row too long. */
  readonly digestsLeftOut?: number | undefined
}

/** Of a row as JSON, its digests included. */
export const rowBytesMax = 64 * 2 ** 10
const reasonCharsMax = 4096
const summaryCharsMax = 1024
const nameCharsMax = 128

/** States that last, and failures: the steps between them are for the log. */
function lasts(state: State): state is 'ready' | 'unloaded' | 'failed' {
  return state === 'ready' || state === 'unloaded' || state === 'failed'
}

/** Undefined for what is not recorded. */
export function auditRow(event: AuditEvent, timeMs: number): AuditRow | undefined {
  const time = new Date(timeMs).toISOString()
  switch (event.type) {
    case 'state':
      return lasts(event.to) ? stateRow(event, event.to, time) : undefined
    case 'label': {
      const { model, label, from, to, cause } = event
      return { time, event: 'label', model, cause, label, from, to }
    }
    case 'request': {
      const { action, by, outcome, code } = event
      const [model, reason] = [shorten(event.model, nameCharsMax), shortReason(event.reason)]
      return { time, event: action, model, cause: `api:${by}`, outcome, code, reason }
    }
  }
}

function stateRow(
  { model, version, cause, reason, loadMs, verdict, digests }: LifecycleEvent,
  event: 'ready' | 'unloaded' | 'failed',
  time: string
): AuditRow {
  const row: AuditRow = {
    time,
    event,
    model,
    version,
    cause,
    reason: shortReason(reason),
    loadMs: loadMs === undefined ? undefined : Math.round(loadMs),
    gate: event === 'unloaded' ? undefined : gateFacts(verdict),
    digests
  }
  if (Buffer.byteLength(JSON.stringify(row)) <= rowBytesMax) return row
  return { ...row, digests: undefined, digestsLeftOut: Object.keys(digests ?? {}).length }
}

function gateFacts(verdict: GateVerdict | undefined): AuditRow['gate'] {
  if (verdict === undefined) return { verdict: 'none' }
  const summary = shorten(verdict.summary, summaryCharsMax)
  return { verdict: verdict.passed ? 'passed' : 'failed', summary }
}

function shortReason(reason: string | undefined): string | undefined {
  return reason === undefined ? undefined : shorten(reason, reasonCharsMax)
}
