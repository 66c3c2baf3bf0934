// A check of a repository in the test's own process.
import { loadSettings } from '../../src/config/load.ts'
import { type CheckOptions, type CheckReport, checkRepository } from '../../src/offline.ts'

type Flags = Record<string, string | readonly string[] | boolean>

export function check(
  folder: string,
  options: Partial<CheckOptions> = {},
  flags: Flags = {}
): Promise<CheckReport> {
  const settings = loadSettings({ flags: { models: [folder], ...flags }, env: {} })
  return checkRepository(settings, { everyVersion: false, only: [], onVersion: () => {}, ...options })
}

/** Everything that a report says is wrong, a line each: `m 2: loading: …`. */
export function complaints({ problems, models }: CheckReport): string[] {
  return [
    ...problems,
    ...models.flatMap(({ name, problems: own, versions }) => [
      ...own.map(problem => `${name}: ${problem}`),
      ...versions
        .filter(({ passed }) => !passed)
        .map(({ version, failedAt, reason }) => `${name} ${version}: ${failedAt}: ${reason}`)
    ])
  ]
}
