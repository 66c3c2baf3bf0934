// What can be found out about a repository without serving it: the composition root of `kedge check`. It takes the very way that
// loading takes, so that what passes here loads there.
import { systemClock } from './base/clock.ts'
import { describe, listNames } from './base/describe.ts'
import { suggestion } from './base/nearest-name.ts'
import { type Settings, settingLeaves } from './config/schema.ts'
import { makeEngine } from './engine.ts'
import { messageOf } from './errors/serving-error.ts'
import type { GateVerdict } from './lifecycle/gate-verdict.ts'
import type { Loader } from './lifecycle/loader.ts'
import type { ModelVersion } from './lifecycle/model-version.ts'
import type { State } from './lifecycle/state.ts'
import { LoadFailure } from './lifecycle/validate.ts'
import type { ScannedModel, ScannedVersion } from './repository/scan.ts'
import { Scanner } from './repository/scanner.ts'
import { desiredVersions, missingVersions } from './repository/version-policy.ts'

export interface CheckedVersion {
  readonly version: number
  readonly passed: boolean
  /** The step that failed, and why. */
  readonly failedAt: State | undefined
  readonly reason: string | undefined
  /** What people should know of a version that would serve all the same. */
  readonly warning: string | undefined
  /** Why requests would not share runs. */
  readonly unbatched: string | undefined
  readonly placement: string | undefined
  readonly digests: Readonly<Record<string, string>> | undefined
  readonly verdict: GateVerdict | undefined
  readonly durationMs: number
}

export interface CheckedModel {
  readonly name: string
  /** What is wrong with the model as a whole. A model.yaml that cannot be used leaves its versions unchecked. */
  readonly problems: readonly string[]
  readonly versions: readonly CheckedVersion[]
  /** Versions that were not checked, since neither policy nor labels ask for them. */
  readonly leftOut: readonly number[]
}

export interface CheckReport {
  readonly passed: boolean
  /** What is wrong with the repository as a whole. */
  readonly problems: readonly string[]
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

/** A model was asked for that the repository does not have. */
export class UnknownModelError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'UnknownModelError'
  }
}

const namesMax = 16

/** Checks the repositories of the settings as loading would, with every row of their gates. Throws RepositoryError, UnknownModelError. */
export async function checkRepository(settings: Settings, options: CheckOptions): Promise<CheckReport> {
  const { models: repositories, modelName, repository } = settings
  const scan = await new Scanner({ repositories, modelName, ...repository }).scan()
  const chosen = chosenModels(scan.models, options.only)
  const engine = await makeEngine(thorough(settings), {
    clock: systemClock,
    store: forgetful,
    log: { warn: () => {} },
    makeRoom: () => Promise.resolve(false)
  })
  try {
    const models: CheckedModel[] = []
    for (const model of chosen) models.push(await checkModel(engine.load, model, options))
    // A check that found nothing to check would pass in the wrong folder.
    const problems =
      models.length === 0
        ? [`no models found: expected <model>/<version>/model.onnx in ${settings.models.join(', ')}`]
        : []
    const isFine = (model: CheckedModel): boolean =>
      model.problems.length === 0 && model.versions.every(({ passed }) => passed)
    const passed = problems.length === 0 && models.every(isFine)
    return { passed, problems, warnings: scan.warnings, models }
  } finally {
    await engine.close()
  }
}

/** What works offline leaves nothing behind. */
export const forgetful = { read: () => Promise.resolve(undefined), write: () => Promise.resolve() }

/** Nothing is taken as known to be good, and no row of a gate is left out. */
function thorough(settings: Settings): Settings {
  const gateRowsMax = settingLeaves.find(({ flag }) => flag === 'lifecycle-gate-rows-max')!.max!
  return { ...settings, lifecycle: { ...settings.lifecycle, probe: 'always', gateRowsMax } }
}

function chosenModels(models: readonly ScannedModel[], only: readonly string[]): readonly ScannedModel[] {
  if (only.length === 0) return models
  const names = models.map(({ name }) => name)
  for (const name of only) {
    if (names.includes(name)) continue
    const hint = suggestion(name, names)
    const there = names.length === 0 ? 'the repository has none' : `there are ${listNames(names)}`
    throw new UnknownModelError(`no model ${describe(name)}: ${there}${hint === '' ? '' : `; ${hint}`}`)
  }
  return models.filter(({ name }) => only.includes(name))
}

async function checkModel(load: Loader, model: ScannedModel, options: CheckOptions): Promise<CheckedModel> {
  const { name } = model
  const chosen = chosenVersions(model, options.everyVersion)
  const versions: CheckedVersion[] = []
  for (const version of chosen) {
    options.onVersion(name, version.version)
    versions.push(await checkVersion(load, name, version))
  }
  const leftOut = model.versions.filter(version => !chosen.includes(version)).map(({ version }) => version)
  return { name, problems: [...model.problems, ...missingProblems(model)], versions, leftOut }
}

/** The versions that would serve if every one were fine. Without a manifest nothing would, for the reason that the model has. */
function chosenVersions(
  { manifest, versions }: ScannedModel,
  everyVersion: boolean
): readonly ScannedVersion[] {
  if (manifest === undefined) return []
  if (everyVersion) return versions
  const untried = new Map(versions.map(({ version }) => [version, 'untried'] as const))
  const wanted = desiredVersions(manifest.versions, manifest.labels, untried)
  return versions.filter(({ version }) => wanted.includes(version))
}

/** Versions that model.yaml names and nobody put there. */
function missingProblems({ manifest, versions }: ScannedModel): string[] {
  if (manifest === undefined) return []
  const { versions: policy, labels } = manifest
  const present = versions.map(({ version }) => version)
  const missing = missingVersions(policy, labels, new Set(present))
  const there =
    present.length === 0 ? 'there is no version' : `there is ${listNames(present.map(String), namesMax)}`
  const lines = missing.slice(0, namesMax).map(version => {
    const own = Object.keys(labels).filter(label => labels[label] === version)
    const listed = policy.policy === 'specific' && policy.versions.includes(version)
    const askers = [...(listed ? ['versions'] : []), ...own.map(label => `labels.${label}`)]
    return `model.yaml asks for version ${version} (${askers.join(', ')}): expected ${version}/model.onnx, ${there}`
  })
  const rest = missing.length - lines.length
  return rest > 0 ? [...lines, `${rest} more versions are asked for and missing`] : lines
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
    reason: error === undefined ? undefined : messageOf(error).trim(),
    warning: loaded?.warning,
    unbatched: loaded?.unbatched,
    placement: loaded?.instances.choice.placement,
    digests: evidence?.digests,
    verdict: evidence?.verdict,
    durationMs: systemClock.monotonicMs() - startedMs
  }
}
