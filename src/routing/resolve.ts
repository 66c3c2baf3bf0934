// Name + version, or name alone → a handle on the version that answers, or a refusal that says why.
import { describe, shorten } from '../base/describe.ts'
import { suggestion } from '../base/nearest-name.ts'
import { ServingError } from '../errors/serving-error.ts'
import type { Handle, Holds } from '../lifecycle/handle.ts'
import type { VersionStatus } from '../lifecycle/manager.ts'
import type { ServedModel } from '../lifecycle/serving-map.ts'

/** What resolving needs to know of the lifecycle. */
export interface Served {
  served(model: string): ServedModel | undefined
  servedModels(): readonly string[]
  statuses(): readonly VersionStatus[]
}

/** Which version of which model; the version as the path spells it. */
export interface Target {
  readonly model: string
  readonly version: string | undefined
}

/** A hold on the version that answers. Throws MODEL_NOT_FOUND, VERSION_NOT_FOUND or MODEL_NOT_READY. */
export function resolve(served: Served, target: Target): Handle {
  return find(served, target).acquire()
}

/** The same without holding it: for reading what it is. */
export function find(served: Served, { model, version }: Target): Holds {
  const ready = served.served(model)
  const holds = version === undefined ? ready?.standard : ready?.versions.get(Number(version))
  if (holds !== undefined && (version === undefined || String(holds.version.version) === version))
    return holds
  throw refusal(served, { model, version })
}

function refusal(served: Served, { model, version }: Target): ServingError {
  const known = served.statuses().filter(status => status.model === model)
  const name = `model ${describe(model)}`
  if (known.length === 0) {
    const hint = suggestion(model, served.servedModels())
    return new ServingError('MODEL_NOT_FOUND', `unknown ${name}${hint === '' ? '' : `; ${hint}`}`)
  }
  if (version === undefined) {
    const state = known.some(status => status.state === 'LOADING')
      ? 'is still loading'
      : 'has no version that is ready'
    return new ServingError('MODEL_NOT_READY', `${name} ${state}; the repository index has the reason`, {
      retryAfterSeconds: 1
    })
  }
  const status = known.find(candidate => String(candidate.version) === version)
  if (status === undefined) {
    const versions = known.flatMap(candidate => (candidate.version === undefined ? [] : [candidate.version]))
    const has = versions.length === 0 ? 'it has none' : `it has ${versions.slice(0, 16).join(', ')}`
    return new ServingError(
      'VERSION_NOT_FOUND',
      `${name} has no version ${describe(shorten(version))}; ${has}`
    )
  }
  const message = `${name} version ${version} is ${status.state.toLowerCase()}; the repository index has the reason`
  return new ServingError('MODEL_NOT_READY', message, { retryAfterSeconds: 1 })
}
