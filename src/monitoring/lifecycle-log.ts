// The log lines of a version's life: what lasts is said at once, steps on the way only to those who ask for detail.
import type { LifecycleListener } from '../lifecycle/events.ts'

/** The part of a logger that is used here; pino's fits. */
export interface Log {
  debug(facts: object, message: string): void
  info(facts: object, message: string): void
  warn(facts: object, message: string): void
  error(facts: object, message: string): void
}

export function lifecycleLog(log: Log): LifecycleListener {
  return event => {
    if (event.type !== 'state') return
    const { model, version, from, to, reason, loadMs } = event
    const facts = { model, version, reason, loadMs: loadMs === undefined ? undefined : Math.round(loadMs) }
    if (to === 'failed') log.error(facts, `version failed (${from})`)
    else if (to === 'ready' && reason !== undefined) log.warn(facts, 'version ready, with a warning')
    else if (to === 'ready' || to === 'unloaded') log.info(facts, `version ${to}`)
    else log.debug(facts, `version ${to}`)
  }
}
