// What to do next for one model: a snapshot of its versions in, at most one action out. Pure and idempotent; asking again after
// the action was carried out gives the next one. New versions load before old ones leave.
import type { VersionPolicy } from '../repository/manifest.ts'
import { desiredVersions, type Standing } from '../repository/version-policy.ts'
import type { State } from './state.ts'

export interface ModelSnapshot {
  readonly policy: VersionPolicy
  readonly labels: Readonly<Record<string, number>>
  /** Every version that the manager knows, with its state and whether it is still in the repository. */
  readonly versions: ReadonlyMap<number, { readonly state: State; readonly present: boolean }>
}

export type Action =
  | { readonly type: 'load'; readonly version: number }
  | { readonly type: 'unload'; readonly version: number }

/** Undefined when reality is as it should be, or when a version is on its way and has to arrive first. */
export function nextAction(snapshot: ModelSnapshot): Action | undefined {
  const standings = new Map<number, Standing>()
  for (const [version, { state, present }] of snapshot.versions) {
    if (isMoving(state)) return undefined
    if (present) standings.set(version, standingOf(state))
  }
  const desired = desiredVersions(snapshot.policy, snapshot.labels, standings)
  const missing = desired.find(version => standings.get(version) === 'untried')
  if (missing !== undefined) return { type: 'load', version: missing }
  for (const [version, { state }] of snapshot.versions) {
    if (state === 'ready' && !desired.includes(version)) return { type: 'unload', version }
  }
  return undefined
}

/** Between two states that last. */
function isMoving(state: State): boolean {
  return !['discovered', 'ready', 'unloaded', 'failed'].includes(state)
}

function standingOf(state: State): Standing {
  return state === 'ready' || state === 'failed' ? state : 'untried'
}
