// What to do next for one model: a snapshot of its versions in, at most one action out. Pure and idempotent; asking again after
// the action was carried out gives the next one. New versions load before old ones leave.
import type { VersionPolicy } from '../repository/manifest.ts'
import { desiredVersions, type Standing } from '../repository/version-policy.ts'
import type { State } from './state.ts'

export interface VersionSnapshot {
  readonly state: State
  /** Still in the repository. */
  readonly present: boolean
  /** Other files lie there than those that were loaded, or tried; a change that was refused is none. */
  readonly changed: boolean
}

export interface ModelSnapshot {
  /** Nothing of a model that is not wanted is loaded: nobody asked for it, or it sleeps until somebody does. */
  readonly wanted: boolean
  readonly policy: VersionPolicy
  readonly labels: Readonly<Record<string, number>>
  /** The version that each label means right now. */
  readonly labelled: ReadonlyMap<string, number>
  /** Every version that the manager knows. */
  readonly versions: ReadonlyMap<number, VersionSnapshot>
}

export type Action =
  | { readonly type: 'load'; readonly version: number }
  | { readonly type: 'unload'; readonly version: number }

/** Undefined when reality is as it should be, or when a version is on its way and has to arrive first. */
export function nextAction(snapshot: ModelSnapshot): Action | undefined {
  const standings = new Map<number, Standing>()
  for (const [version, { state, present, changed }] of snapshot.versions) {
    if (isArriving(state)) return undefined
    if (present) standings.set(version, standingOf(state, changed))
  }
  const desired = wantedVersions(snapshot, standings)
  const missing = desired.find(
    version => standings.get(version) === 'untried' || snapshot.versions.get(version)?.changed === true
  )
  if (missing !== undefined) return { type: 'load', version: missing }
  // What still lies there goes on serving until something of what is to serve instead does.
  const isReplaced = !snapshot.wanted || desired.some(version => standings.get(version) === 'ready')
  for (const [version, { state, present }] of snapshot.versions) {
    const mayLeave = isReplaced || !present
    if (state === 'ready' && mayLeave && !desired.includes(version)) return { type: 'unload', version }
  }
  return undefined
}

/** Highest first. A label that cannot move yet keeps the version that it has. */
function wantedVersions(
  { wanted, policy, labels, labelled }: ModelSnapshot,
  standings: ReadonlyMap<number, Standing>
): number[] {
  if (!wanted) return []
  const kept = new Map<string, number>()
  for (const [label, target] of Object.entries(labels)) {
    const holder = labelled.get(label)
    if (holder !== undefined && standings.get(target) !== 'ready') kept.set(`kept ${label}`, holder)
  }
  return desiredVersions(policy, { ...labels, ...Object.fromEntries(kept) }, standings)
}

/** On its way to readiness. What is on its way out does not keep a version from being loaded anew beside it. */
function isArriving(state: State): boolean {
  return ['validating', 'probing', 'loading', 'warming', 'gating'].includes(state)
}

function standingOf(state: State, changed: boolean): Standing {
  if (state === 'ready') return 'ready'
  return state === 'failed' && !changed ? 'failed' : 'untried'
}
