// What can be found out about a repository without serving it: the composition root of `kedge check`. It takes the very way that
// loading takes, so that what passes here loads there.
import { systemClock } from './base/clock.ts'
import { loadSettings } from './config/load.ts'
import { makeEngine } from './engine.ts'
import { messageOf } from './errors/serving-error.ts'
import type { GateVerdict } from './lifecycle/gate-verdict.ts'
import type { Loader } from './lifecycle/loader.ts'
import type { ModelVersion } from './lifecycle/model-version.ts'
import type { State } from './lifecycle/state.ts'
import { LoadFailure } from './lifecycle/validate.ts'
import { type ScannedModel, type ScannedVersion, scanRepositories } from './repository/scan.ts'
import { desiredVersions } from './repository/version-policy.ts'

export interface CheckedVersion {
  readonly version: number
  readonly passed: boolean
  /** The step that failed, and why. */
  readonly failedAt: State | undefined
  readonly reason: string | undefined
  /** What people should know of a version that would serve all the same. */
  readonly warning: string | undefined
  readonly unbatched: string | undefined
  readonly placement: string | undefined
  readonly digests: Readonly<Record<string, string>> | undefined
  readonly verdict: GateVerdict | undefined
  readonly durationMs: number
}

export interface CheckedModel {
  readonly name: string
  readonly problems: readonly string[]
  readonly versions: readonly CheckedVersion[]
}

export interface CheckReport {
  readonly passed: boolean
  /** Things in the repository that are neither models nor hidden. */
  readonly warnings: readonly string[]
  readonly models: readonly CheckedModel[]
}

export interface CheckOptions {
  /** Also the versions that neither policy nor labels ask for. */
  readonly everyVersion: boolean
  /** The only models to check; all where it is empty. */
  readonly only: readonly string[]
  /** Told of each version as it begins. */
  readonly onVersion: (model: string, version: number) => void
}

/** Checks a repository as loading would, with every row of its gates. Throws RepositoryError where it cannot be read. */
export async function checkRepository(folder: string, options: CheckOptions): Promise<CheckReport> {
  const settings = loadSettings({ flags: { models: [folder], 'lifecycle-probe': 'always' }, env: {} })
  const scan = await scanRepositories({ repositories: settings.models, ...settings.repository })
  const engine = makeEngine(settings, { clock: systemClock, onNotice: () => {} })
  try {
    const models: CheckedModel[] = []
    for (const model of scan.models) {
      if (options.only.length > 0 && !options.only.includes(model.name)) continue
      models.push(await checkModel(engine.load, model, options))
    }
    const isFine = ({ problems, versions }: CheckedModel): boolean =>
      problems.length === 0 && versions.every(({ passed }) => passed)
    const missing = options.only.filter(name => !models.some(model => model.name === name))
    const warnings = [...missing.map(name => `there is no model ${name}`), ...scan.warnings]
    return { passed: missing.length === 0 && models.every(isFine), warnings, models }
  } finally {
    engine.close()
  }
}

async function checkModel(load: Loader, model: ScannedModel, options: CheckOptions): Promise<CheckedModel> {
  const versions: CheckedVersion[] = []
  for (const version of chosen(model, options.everyVersion)) {
    options.onVersion(model.name, version.version)
    versions.push(await checkVersion(load, model.name, version))
  }
  return { name: model.name, problems: model.problems, versions }
}

/** The versions that would serve if every one were fine. */
function chosen({ manifest, versions }: ScannedModel, everyVersion: boolean): readonly ScannedVersion[] {
  if (everyVersion || manifest === undefined) return versions
  const untried = new Map(versions.map(({ version }) => [version, 'untried'] as const))
  const wanted = desiredVersions(manifest.versions, manifest.labels, untried)
  return versions.filter(({ version }) => wanted.includes(version))
}

async function checkVersion(load: Loader, model: string, scanned: ScannedVersion): Promise<CheckedVersion> {
  const startedMs = systemClock.monotonicMs()
  let step: State = 'validating'
  let loaded: ModelVersion | undefined
  try {
    loaded = await load(model, scanned, state => {
      step = state
    })
    return checked(scanned, startedMs, { loaded })
  } catch (error) {
    return checked(scanned, startedMs, { error, step })
  } finally {
    await loaded?.close()
  }
}

interface Outcome {
  readonly loaded?: ModelVersion
  readonly error?: unknown
  readonly step?: State
}

function checked(
  scanned: ScannedVersion,
  startedMs: number,
  { loaded, error, step }: Outcome
): CheckedVersion {
  const evidence = error instanceof LoadFailure ? error.evidence : loaded
  return {
    version: scanned.version,
    passed: loaded !== undefined,
    failedAt: step,
    reason: error === undefined ? undefined : messageOf(error),
    warning: loaded?.warning,
    unbatched: loaded?.unbatched,
    placement: loaded?.instances.choice.placement,
    digests: evidence?.digests,
    verdict: evidence?.verdict,
    durationMs: systemClock.monotonicMs() - startedMs
  }
}
