// Name + version, or name alone → a handle on the version that answers, or a refusal that says why.
import { describe, listNames, shorten } from '../base/describe.ts'
import { suggestion } from '../base/nearest-name.ts'
import { ServingError } from '../errors/serving-error.ts'
import type { Handle, Holds } from '../lifecycle/handle.ts'
import type { VersionStatus } from '../lifecycle/managed-model.ts'
import type { ServedModel } from '../lifecycle/serving-map.ts'

/** What resolving needs to know of the lifecycle. */
export interface Served {
  served(model: string): ServedModel | undefined
  servedModels(): readonly string[]
  statuses(): readonly VersionStatus[]
  /** Whether a request would have the model loaded. */
  loadsOnDemand(model: string): boolean
  /** Begins to load a model that loads on demand. */
  demand(model: string): Demanded | undefined
}

/** A model on its way, and how long a request may wait for it unless it says otherwise. */
export interface Demanded {
  readonly arrived: Promise<void>
  readonly timeoutMs: number
}

/** Which version of which model: by number as the path spells it, by label, or the one that answers by default. */
export interface Target {
  readonly model: string
  readonly version: string | undefined
  readonly label?: string | undefined
}

/** A hold on the version that answers. Throws MODEL_NOT_FOUND, VERSION_NOT_FOUND, LABEL_NOT_FOUND or MODEL_NOT_READY. */
export function resolve(served: Served, target: Target): Handle {
  return find(served, target).acquire()
}

/** The same without holding it: for reading what it is. */
export function find(served: Served, target: Target): Holds {
  const ready = served.served(target.model)
  const holds = ready && chosen(ready, target)
  if (holds !== undefined) return holds
  throw target.label === undefined ? refusal(served, target) : labelRefusal(served, target.label, target)
}

/** A model that loads on demand and is asked for, on its way; undefined where there is nothing to wait for. */
export function demanded(served: Served, { model }: Target): Demanded | undefined {
  return served.served(model) === undefined ? served.demand(model) : undefined
}

/**
 * Why a request would not be answered; undefined where it would, if need be after the model has loaded on demand. Throws what find
 * throws for what is unknown.
 */
export function unreadiness(served: Served, target: Target): ServingError | undefined {
  try {
    find(served, target)
    return undefined
  } catch (error) {
    if (!(error instanceof ServingError) || error.code !== 'MODEL_NOT_READY') throw error
    const sleeps = served.served(target.model) === undefined && served.loadsOnDemand(target.model)
    return sleeps ? undefined : error
  }
}

function chosen(ready: ServedModel, { version, label }: Target): Holds | undefined {
  const labelled = label === undefined ? undefined : ready.labels.get(label)
  if (version === undefined) return label === undefined ? ready.standard : labelled
  const holds = ready.versions.get(Number(version))
  if (String(holds?.version.version) !== version) return undefined
  return label === undefined || labelled === holds ? holds : undefined
}

/** Labels that no version carries, or none that is ready yet. */
function labelRefusal(served: Served, label: string, { model, version }: Target): ServingError {
  const ready = served.served(model)
  if (ready === undefined) return refusal(served, { model, version })
  const holder = ready.labels.get(label)
  const name = `label ${describe(shorten(label))} of model ${describe(model)}`
  if (holder !== undefined) {
    const message = `${name} means version ${holder.version.version}, the request asks for version ${describe(version)}`
    return new ServingError('INVALID_REQUEST', message)
  }
  const wanted = ready.standard.version.manifest.labels
  if (Object.hasOwn(wanted, label)) {
    const message = `${name} means version ${wanted[label]}, which is not ready; the repository index has the reason`
    return new ServingError('MODEL_NOT_READY', message, { retryAfterSeconds: 1 })
  }
  const known = Object.keys(wanted)
  const has = known.length === 0 ? 'it has no labels' : `it has ${listNames(known)}`
  return new ServingError(
    'LABEL_NOT_FOUND',
    `model ${describe(model)} has no label ${describe(shorten(label))}; ${has}`
  )
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
