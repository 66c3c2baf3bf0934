// The log lines of a version's life: what lasts is said at once, steps on the way only to those who ask for detail. Of a gate that
// failed, the first rows with what was expected and what came.
import { shorten } from '../base/describe.ts'
import { jsonSafe } from '../base/json-safe.ts'
import type { LabelEvent, LifecycleEvent, LifecycleListener } from '../lifecycle/events.ts'
import type { GateFailure, GateVerdict } from '../lifecycle/gate-verdict.ts'

/** The part of a logger that is used here; pino's fits. */
export interface Log {
  debug(facts: object, message: string): void
  info(facts: object, message: string): void
  warn(facts: object, message: string): void
  error(facts: object, message: string): void
}

/** Rows of a failed gate in one log line; the gate route has them all. */
export const failuresShownMax = 8
const valueCharsMax = 256

export function lifecycleLog(log: Log): LifecycleListener {
  return event => (event.type === 'state' ? logState(log, event) : logLabel(log, event))
}

function logState(
  log: Log,
  { model, version, from, to, reason, loadMs, cause, verdict }: LifecycleEvent
): void {
  const ms = loadMs === undefined ? undefined : Math.round(loadMs)
  const facts = { model, version, cause, reason, loadMs: ms }
  const isWarned = reason !== undefined || (verdict !== undefined && verdict.warnings.length > 0)
  if (to === 'failed') log.error({ ...facts, gate: gateFacts(verdict) }, `version failed (${from})`)
  else if (to === 'ready' && isWarned)
    log.warn({ ...facts, gate: gateFacts(verdict) }, 'version ready, with a warning')
  else if (to === 'ready') log.info({ ...facts, gate: gateFacts(verdict) }, 'version ready')
  else if (to === 'unloaded') log.info(facts, 'version unloaded')
  else log.debug(facts, `version ${to}`)
}

function logLabel(log: Log, { model, label, from, to, cause }: LabelEvent): void {
  const message = to === undefined ? 'label gone' : from === undefined ? 'label set' : 'label moved'
  log.info({ model, label, from, to, cause }, message)
}

function gateFacts(verdict: GateVerdict | undefined) {
  if (verdict === undefined) return undefined
  const { passed, summary, warnings, files } = verdict
  const failures = files.flatMap(({ file, failures }) =>
    failures.map(failure => ({ file, ...shown(failure) }))
  )
  const leftOut = files.reduce((count, { failuresLeftOut }) => count + failuresLeftOut, 0)
  const unshown = leftOut + Math.max(0, failures.length - failuresShownMax)
  return {
    passed,
    summary,
    warnings: warnings.length === 0 ? undefined : warnings,
    failures: failures.length === 0 ? undefined : failures.slice(0, failuresShownMax),
    failuresLeftOut: unshown === 0 ? undefined : unshown
  }
}

function shown({ row, output, problem, expected, got }: GateFailure) {
  return { row, output, problem, expected: valueText(expected), got: valueText(got) }
}

function valueText(value: unknown): string | undefined {
  return value === undefined ? undefined : shorten(JSON.stringify(jsonSafe(value)), valueCharsMax)
}
