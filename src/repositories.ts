// Joins the looking at repositories to the settings, the log and the clock.
import type { Clock } from './base/clock.ts'
import type { Settings } from './config/schema.ts'
import type { Cause } from './lifecycle/events.ts'
import type { Scan } from './repository/scan.ts'
import { Scanner } from './repository/scanner.ts'
import { RepositorySource } from './repository/source.ts'
import { folderWatch } from './repository/watch.ts'

/** Looks at the repositories; what is new in them goes to `onScan`. */
export function repositorySource(
  settings: Settings,
  clock: Clock,
  logger: { warn(facts: object | string, message?: string): void },
  onScan: (scan: Scan, cause: Cause) => Promise<void>
): RepositorySource<Cause> {
  const scanner = new Scanner(
    { repositories: settings.models, modelName: settings.modelName, ...settings.repository },
    clock
  )
  const told = new Set<string>()
  return new RepositorySource<Cause>({
    scan: () => scanner.scan(),
    ...settings.repository,
    clock,
    onScan(scan, cause = 'files') {
      for (const line of scan.warnings) if (!told.has(line)) logger.warn(line)
      for (const line of scan.warnings) told.add(line)
      void onScan(scan, cause)
    },
    onProblem: problem => logger.warn({ problem }, 'the repositories cannot be looked at'),
    watch: folderWatch(settings.models)
  })
}
