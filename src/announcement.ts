// What an operator is told before the server listens: what it was given, what it will do with that, and what is not as they may think.
import type { Settings } from './config/schema.ts'
import type { Scan } from './repository/scan.ts'
import { granted, resourceLine } from './resources.ts'

export interface Announced {
  readonly settings: Pick<Settings, 'host' | 'models' | 'requireAuth' | 'lifecycle'>
  /** Why nothing outlives a restart. */
  readonly stateProblem: string | undefined
  /** What the first look found. */
  readonly scan: Scan
  /** Nobody is asked who they are. */
  readonly isOpen: boolean
}

export interface AnnouncementLog {
  info(facts: object, message: string): void
  warn(facts: object | string, message?: string): void
}

export function announce({ settings, stateProblem, scan, isOpen }: Announced, log: AnnouncementLog): void {
  if (stateProblem !== undefined) log.warn(`state is kept in memory only: ${stateProblem}`)
  for (const warning of scan.warnings) log.warn(warning)
  for (const { name, problems } of scan.models)
    for (const problem of problems) log.warn({ model: name }, problem)
  const { facts, message } = resourceLine(granted(), settings)
  log.info(facts, message)
  if (!settings.requireAuth && isOpen)
    log.warn(
      `OPEN ACCESS: whoever reaches ${settings.host} may predict and read; administration is open to this machine only`
    )
  if (scan.models.length === 0) log.warn(`no models in ${settings.models.join(', ')}`)
}
