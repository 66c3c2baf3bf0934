// What listeners are told when a revision enters a state. Pure.
import type { LifecycleEvent } from './events.ts'
import type { ManagedModel, Revision } from './managed-model.ts'
import type { State } from './state.ts'
import { LoadFailure } from './validate.ts'

export interface Entered {
  readonly model: ManagedModel
  readonly version: number
  readonly revision: Revision
  readonly from: State
  readonly nowMs: number
  /** What it failed with. */
  readonly error: unknown
}

/** What listeners are told of a revision that entered its state. */
export function stateEvent({ model, version, revision, from, nowMs, error }: Entered): LifecycleEvent {
  const { state: to, reason } = revision
  const isLost = from === 'ready' && to === 'failed'
  const isLoaded = !isLost && (to === 'ready' || to === 'failed')
  const { digests, verdict } = (error instanceof LoadFailure ? error.evidence : revision.holds?.version) ?? {}
  return {
    type: 'state',
    model: model.name,
    version,
    from,
    to,
    reason,
    loadMs: isLoaded ? nowMs - revision.loadStartedMs : undefined,
    cause: isLost ? 'lost' : revision.cause,
    digests,
    verdict
  }
}
