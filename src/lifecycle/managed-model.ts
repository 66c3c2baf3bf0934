// What the manager keeps of one model, and what follows from it without doing anything: which files were tried, what the policy is
// to decide on, what the index shows.
import { isDeepStrictEqual } from 'node:util'
import { messageOf } from '../errors/serving-error.ts'
import { type Manifest, sessionPart } from '../repository/manifest.ts'
import type { ScannedModel, ScannedVersion } from '../repository/scan.ts'
import { desiredVersions, missingVersions } from '../repository/version-policy.ts'
import type { Cause } from './events.ts'
import type { GateVerdict } from './gate-verdict.ts'
import type { Holds } from './handle.ts'
import { type PublicState, publicState, type State } from './state.ts'
import type { ModelSnapshot } from './transition-policy.ts'
import { LoadFailure } from './validate.ts'

/** One load of a version: what it was made of, and how it fares. Another one may be loaded beside it. */
export interface Revision {
  readonly scanned: ScannedVersion
  /** Who or what asked for it to load; once it leaves, who asked for that. */
  cause: Cause
  state: State
  reason: string | undefined
  loadStartedMs: number
  holds: Holds | undefined
}

/** A version number and what stands behind it. */
export interface Entry {
  readonly version: number
  /** As the last scan found it; the last good one as long as its model.yaml is broken. */
  scanned: ScannedVersion
  present: boolean
  /** What serves, or was tried last. */
  revision: Revision
  /** What loads beside the revision, which goes on serving until then. */
  arriving: Revision | undefined
  /** Files that were refused while the revision went on serving. */
  refused: { readonly scanned: ScannedVersion; readonly reason: string } | undefined
  /** What is wrong with the files now, although the revision serves. */
  problems: readonly string[]
  /** What the last gate of this version found. */
  verdict: GateVerdict | undefined
}

export interface ManagedModel {
  readonly name: string
  present: boolean
  /** Under explicit control: whether somebody asked for it. */
  chosen: boolean
  /** Of a model that loads on demand: whether somebody demanded it. */
  awake: boolean
  manifest: Manifest | undefined
  problems: readonly string[]
  readonly versions: Map<number, Entry>
  /** The version that each label means right now. */
  labelled: ReadonlyMap<string, number>
  /** The work in progress on this model, if any. */
  settling: Promise<void> | undefined
  /** Who or what asked for the work in progress. */
  cause: Cause
  /** Versions that drain. */
  readonly leaving: Set<Promise<void>>
  /** Calls off the next look at whether it is idle. */
  cancelIdle: () => void
}

/** What the index tells of one version; `version` is undefined for a model that has none. */
export interface VersionStatus {
  readonly model: string
  readonly version: number | undefined
  readonly state: PublicState
  readonly reason: string | undefined
}

export function newModel(name: string, chosen: boolean): ManagedModel {
  return {
    name,
    present: true,
    chosen,
    awake: false,
    manifest: undefined,
    problems: [],
    versions: new Map(),
    labelled: new Map(),
    settling: undefined,
    cause: 'start',
    leaving: new Set(),
    cancelIdle: () => {}
  }
}

/** Takes over what a scan found. A broken model.yaml leaves the last good one in force, and is a problem. */
export function adopt(model: ManagedModel, scanned: ScannedModel): void {
  model.present = true
  // Whoever lets a model that serves load on demand from now on has not asked for it to be unloaded.
  if (model.manifest?.load === 'eager') model.awake = true
  model.manifest = scanned.manifest ?? model.manifest
  model.problems = scanned.problems
  for (const version of scanned.versions) adoptVersion(model, version)
  if (model.manifest === undefined) return
  const { versions, labels } = model.manifest
  const missing = missingVersions(versions, labels, new Set(scanned.versions.map(({ version }) => version)))
  if (missing.length > 0)
    model.problems = [...model.problems, `version ${missing.join(', ')} is asked for but missing`]
}

function adoptVersion(model: ManagedModel, scanned: ScannedVersion): void {
  const entry = model.versions.get(scanned.version)
  if (entry === undefined) {
    const revision = newRevision(scanned, model.cause)
    model.versions.set(scanned.version, {
      version: scanned.version,
      scanned,
      present: true,
      revision,
      arriving: undefined,
      refused: undefined,
      problems: [],
      verdict: undefined
    })
    return
  }
  entry.present = true
  const serves = entry.revision.state === 'ready'
  // What serves was read when it was loaded: broken files beside it are told of, and change nothing.
  entry.problems = serves ? scanned.problems : []
  if (serves && scanned.problems.length > 0) return
  entry.scanned = scanned
  forgetRefused(entry)
  if (scanned.manifest !== undefined) entry.revision.holds?.version.configure(scanned.manifest)
}

/** Files that were refused are of no interest once those that serve lie there again. */
function forgetRefused(entry: Entry): void {
  if (!needsReload(entry.revision.scanned, entry.scanned)) entry.refused = undefined
}

/** What was loaded takes the place of what served, under what model.yaml says by now. */
export function takeOver(entry: Entry, fresh: Revision, holds: Holds): void {
  fresh.holds = holds
  Object.assign(entry, { revision: fresh, arriving: undefined, refused: undefined })
  entry.verdict = holds.version.verdict
  // As if it had been adopted only now: files that broke while it loaded change nothing of what serves.
  const { scanned } = entry
  if (scanned.problems.length === 0) {
    if (scanned.manifest !== undefined) holds.version.configure(scanned.manifest)
    return
  }
  entry.problems = scanned.problems
  entry.scanned = fresh.scanned
}

/** What failed to load is refused where something else goes on serving. */
export function refuse(entry: Entry, fresh: Revision, error: unknown): void {
  if (error instanceof LoadFailure) entry.verdict = error.evidence.verdict ?? entry.verdict
  entry.arriving = undefined
  entry.refused = entry.revision === fresh ? undefined : { scanned: fresh.scanned, reason: messageOf(error) }
  forgetRefused(entry)
}

export function newRevision(scanned: ScannedVersion, cause: Cause): Revision {
  return { scanned, cause, state: 'discovered', reason: undefined, loadStartedMs: 0, holds: undefined }
}

/** Other files than those a session was made of. What model.yaml says of labels, texts, times and gates needs no new session. */
export function needsReload(loaded: ScannedVersion, found: ScannedVersion): boolean {
  if (loaded.prints.model !== found.prints.model) return true
  if (loaded.manifest === undefined || found.manifest === undefined) return loaded.manifest !== found.manifest
  return !isDeepStrictEqual(sessionPart(loaded.manifest), sessionPart(found.manifest))
}

/** Whether loading may come out otherwise than it did: other files, another warm-up, another gate, or no problems any more. */
export function needsRetry(tried: ScannedVersion, found: ScannedVersion): boolean {
  return (
    needsReload(tried, found) ||
    tried.prints.checks !== found.prints.checks ||
    !isDeepStrictEqual(tried.manifest?.gate, found.manifest?.gate) ||
    !isDeepStrictEqual(tried.problems, found.problems)
  )
}

/** What was refused is tried again only when it changes in turn, whatever became of the version that went on serving. */
function hasChanged({ scanned, revision, refused }: Entry): boolean {
  if (revision.state !== 'failed' && revision.state !== 'ready') return false
  const differs = revision.state === 'failed' ? needsRetry : needsReload
  if (!differs(revision.scanned, scanned)) return false
  return refused === undefined || needsRetry(refused.scanned, scanned)
}

/** Whether it loads only when somebody asks for it, and nobody did. */
function sleeps(model: ManagedModel): boolean {
  return model.manifest?.load === 'onDemand' && !model.awake
}

/** Whether a request would have it loaded. */
export function wakes(model: ManagedModel | undefined): boolean {
  return model?.present === true && model.chosen && sleeps(model)
}

export function snapshotOf(model: ManagedModel): ModelSnapshot {
  const { manifest, labelled } = model
  const versions = [...model.versions.values()].map(
    entry =>
      [
        entry.version,
        { state: entry.revision.state, present: entry.present, changed: hasChanged(entry) }
      ] as const
  )
  return {
    wanted: model.present && model.chosen && !sleeps(model),
    // A broken model.yaml leaves nothing to choose by: every version is tried, and fails with the reason.
    policy: manifest?.versions ?? { policy: 'all' },
    labels: manifest?.labels ?? {},
    labelled,
    versions: new Map(versions)
  }
}

export function statesOf({ name, versions }: ManagedModel) {
  return [...versions.values()].map(({ version, revision }) => ({
    model: name,
    version,
    state: revision.state
  }))
}

/** Something wrong with the model as a whole, and each version that failed, was refused a change, or has broken files beside it. */
export function problemsOf({ problems, versions }: ManagedModel): number {
  const whole = problems.length > 0 ? 1 : 0
  const wrong = [...versions.values()].filter(
    ({ revision, refused, problems: own }) =>
      revision.state === 'failed' || refused !== undefined || (whole === 0 && own.length > 0)
  )
  return whole + wrong.length
}

/** Why what was to serve does not: of the versions that policy and labels ask for first, those that failed or were refused. */
export function failuresOf({ manifest, problems, versions }: ManagedModel): string[] {
  const present = [...versions.values()].filter(entry => entry.present)
  const untried = new Map(present.map(({ version }) => [version, 'untried'] as const))
  const wanted = desiredVersions(manifest?.versions ?? { policy: 'all' }, manifest?.labels ?? {}, untried)
  const failures = wanted.flatMap(version => {
    const { refused, revision } = versions.get(version)!
    const reason = refused?.reason ?? (revision.state === 'failed' ? revision.reason : undefined)
    return reason === undefined ? [] : [`version ${version}: ${reason}`]
  })
  return [...problems, ...failures]
}

/** What the index shows of a model, its versions from the highest. */
export function statusesOf(model: ManagedModel): VersionStatus[] {
  if (model.versions.size === 0) {
    const reason = model.problems.length > 0 ? model.problems.join('; ') : undefined
    return [{ model: model.name, version: undefined, state: 'UNAVAILABLE', reason }]
  }
  const entries = [...model.versions.values()].sort((a, b) => b.version - a.version)
  return entries.map(entry => ({ model: model.name, version: entry.version, ...statusOf(model, entry) }))
}

function statusOf(model: ManagedModel, entry: Entry): Pick<VersionStatus, 'state' | 'reason'> {
  const { state, reason } = entry.revision
  const waits = state === 'discovered' && model.settling === undefined
  const shown = waits ? 'UNAVAILABLE' : publicState(state)
  const refused =
    entry.refused === undefined ? [] : [`its changed files were refused: ${entry.refused.reason}`]
  const reasons = [...(reason === undefined ? [] : [reason]), ...refused, ...entry.problems]
  if (reasons.length === 0 && shown === 'UNAVAILABLE') reasons.push(whyIdle(model))
  return { state: shown, reason: reasons.length === 0 ? undefined : reasons.join('; ') }
}

function whyIdle(model: ManagedModel): string {
  if (!model.chosen) return 'unloaded'
  return sleeps(model) ? 'loads on demand' : 'not wanted by the version policy'
}
