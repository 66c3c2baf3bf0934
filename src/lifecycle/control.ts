// Who decides which models serve: the folders (poll), callers (explicit), or the first look for good (none). Loading at a caller's
// word and loading because files changed are the same path; only what starts it differs.
import { ServingError } from '../errors/serving-error.ts'
import type { Scan } from '../repository/scan.ts'
import type { Cause } from './events.ts'
import type { VersionStatus } from './managed-model.ts'

export type ControlMode = 'poll' | 'explicit' | 'none'

/** Loads every model under explicit control at the start. */
const everyModel = '*'

export interface RepositoryControl {
  /** Serves a model as it lies on disk now. Settles once it is ready; throws MODEL_NOT_FOUND, LOAD_FAILED or CONTROL_REFUSED. */
  load(model: string, by: string): Promise<void>
  /** Serves a model no longer; requests in progress are answered. Throws MODEL_NOT_FOUND or CONTROL_REFUSED. */
  unload(model: string, by: string): Promise<void>
}

export interface ControlOptions {
  readonly mode: ControlMode
  /** Looks at the repositories until the model's files have stopped changing. */
  readonly look: (model: string, cause: Cause) => Promise<Scan>
  readonly manager: {
    reconcile(scan: Scan, cause: Cause): Promise<void>
    forgive(model: string): void
    load(model: string, cause: Cause): Promise<void>
    unload(model: string, cause: Cause): Promise<void>
    statuses(): readonly VersionStatus[]
    /** Why what was to serve does not, version by version from the highest. */
    failures(model: string): readonly string[]
  }
}

/** Which models serve although no caller asked for them. */
export function chosenAtStart(mode: ControlMode, loadModels: readonly string[]): (model: string) => boolean {
  if (mode !== 'explicit' || loadModels.includes(everyModel)) return () => true
  return model => loadModels.includes(model)
}

export function repositoryControl({ mode, look, manager }: ControlOptions): RepositoryControl {
  function known(model: string): void {
    if (manager.statuses().some(status => status.model === model)) return
    throw new ServingError('MODEL_NOT_FOUND', `the repositories hold no model '${model}'`)
  }

  return {
    async load(model, by) {
      if (mode === 'none') throw refused('no model is loaded or unloaded while the server runs', mode)
      // First: what changes while its files settle is acted on at once, and not twice.
      manager.forgive(model)
      const scan = await look(model, `api:${by}`)
      await manager.reconcile(scan, `api:${by}`)
      known(model)
      await manager.load(model, `api:${by}`)
      const failures = manager.failures(model)
      if (failures.length > 0) throw new ServingError('LOAD_FAILED', failures.join('; '))
    },
    async unload(model, by) {
      if (mode === 'none') throw refused('no model is loaded or unloaded while the server runs', mode)
      if (mode === 'poll') {
        const way = 'remove its folder, or choose versions in its model.yaml'
        throw refused(`what lies in the repository is served; to unload a model, ${way}`, mode)
      }
      known(model)
      await manager.unload(model, `api:${by}`)
    }
  }
}

function refused(why: string, mode: ControlMode): ServingError {
  return new ServingError('CONTROL_REFUSED', `${why} (repository.control is ${mode})`)
}
