// The only writer of lifecycle state. It is told what the repositories hold and what is asked for, and makes the served versions
// match: start, release, removal and demand are one code path. Its decisions are transition-policy.ts.
import type { Clock } from '../base/clock.ts'
import { invariant } from '../base/invariant.ts'
import { Limiter } from '../base/limiter.ts'
import { messageOf } from '../errors/serving-error.ts'
import type { Scan } from '../repository/scan.ts'
import type { Cause, LabelEvent, LifecycleEvent, LifecycleListener } from './events.ts'
import { Holds } from './handle.ts'
import { leastRecentlyUsed, watchIdle } from './idle.ts'
import type { Loader } from './loader.ts'
import {
  adopt,
  type Entry,
  failuresOf,
  type ManagedModel,
  newModel,
  newRevision,
  problemsOf,
  type Revision,
  refuse,
  snapshotOf,
  statesOf,
  statusesOf,
  takeOver,
  type VersionStatus,
  wakes
} from './managed-model.ts'
import { type ServedModel, ServingTable } from './serving-map.ts'
import { mayFollow, type State } from './state.ts'
import { stateEvent } from './state-event.ts'
import { nextAction } from './transition-policy.ts'
import { NoMemory } from './validate.ts'

export interface ManagerOptions {
  readonly load: Loader
  readonly loadsAtOnceMax: number
  readonly clock: Clock
  readonly listeners: readonly LifecycleListener[]
  /** Whether a model is to serve although nobody asked for it; explicit control says no to most. */
  readonly choosesModel?: (model: string) => boolean
}

export class LifecycleManager {
  readonly #options: ManagerOptions
  readonly #loads: Limiter
  readonly #models = new Map<string, ManagedModel>()
  readonly #serving = new ServingTable()
  #stopped = false
  #makingRoom: Promise<boolean> | undefined

  constructor(options: ManagerOptions) {
    this.#options = options
    this.#loads = new Limiter(options.loadsAtOnceMax)
  }

  /** Takes over what a scan found and settles once every wanted version is ready or failed. What is not in it is unloaded. */
  async reconcile(scan: Scan, cause: Cause = 'start'): Promise<void> {
    for (const model of this.#models.values()) {
      model.present = false
      for (const entry of model.versions.values()) entry.present = false
    }
    const { choosesModel = () => true } = this.#options
    for (const scanned of scan.models) {
      const { name } = scanned
      const model = this.#models.get(name) ?? newModel(name, choosesModel(name))
      this.#models.set(name, model)
      adopt(model, scanned)
    }
    await Promise.all([...this.#models.values()].map(model => this.#settle(model, cause)))
  }

  /** What failed may be tried once more, changed or not, when the model is next looked at. */
  forgive(name: string): void {
    for (const entry of this.#models.get(name)?.versions.values() ?? []) {
      entry.refused = undefined
      if (entry.revision.state === 'failed') entry.revision = newRevision(entry.scanned, entry.revision.cause)
    }
  }

  /** Serves a model because somebody asked for it. Settles as reconcile does. */
  load(name: string, cause: Cause): Promise<void> {
    return this.#choose(name, { chosen: true, awake: true }, cause)
  }

  /** Serves a model no longer, until somebody asks for it. */
  unload(name: string, cause: Cause): Promise<void> {
    return this.#choose(name, { chosen: false }, cause)
  }

  /** Whether the model sleeps, and would be loaded for a request. */
  readonly loadsOnDemand = (name: string): boolean => wakes(this.#models.get(name))

  /** Of a model that loads on demand and does not serve: begins to load it. `arrived` settles once it serves or has failed. */
  demand(name: string): { readonly arrived: Promise<void>; readonly timeoutMs: number } | undefined {
    const model = this.#models.get(name)
    if (model?.manifest?.load !== 'onDemand' || this.#stopped) return undefined
    const { timeoutMs } = model.manifest
    if (!wakes(model)) return model.settling && { arrived: model.settling, timeoutMs }
    model.awake = true
    this.forgive(name)
    return { arrived: this.#settle(model, 'demand'), timeoutMs }
  }

  /** Unloads the least recently used model that may go (idle.ts). Settles with true once its memory is free, with false without one. */
  makeRoom(): Promise<boolean> {
    // Whoever comes meanwhile waits for the same, and looks again.
    this.#makingRoom ??= this.#unloadOne().finally(() => {
      this.#makingRoom = undefined
    })
    return this.#makingRoom
  }

  async #unloadOne(): Promise<boolean> {
    const model = leastRecentlyUsed([...this.#models.values()])
    if (model === undefined || this.#stopped) return false
    model.awake = false
    await this.#settle(model, 'memory')
    await Promise.all(model.leaving)
    return true
  }

  /** What requests can reach right now. */
  readonly served = (model: string): ServedModel | undefined => this.#serving.served(model)
  readonly servedModels = (): string[] => this.#serving.servedModels()
  readonly everyServed = (): Holds[] => this.#serving.everyServed()

  /** Every version that is known, with its state as the manager sees it. */
  readonly versionStates = (): ReturnType<typeof statesOf> => [...this.#models.values()].flatMap(statesOf)

  /** Models with something wrong, versions that failed, and changes of files that were refused or cannot be read. */
  problemCount(): number {
    return [...this.#models.values()].reduce((count, model) => count + problemsOf(model), 0)
  }

  /** Every version that is known, models in the order of their names, versions from the highest. */
  statuses(): VersionStatus[] {
    const models = [...this.#models.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
    return models.flatMap(statusesOf)
  }

  /** Why what was to serve of a model does not. */
  failures(name: string): string[] {
    const model = this.#models.get(name)
    return model === undefined ? [] : failuresOf(model)
  }

  /** What stands behind a version number. */
  readonly entry = (model: string, version: number): Entry | undefined =>
    this.#models.get(model)?.versions.get(version)

  /** Unloads everything, each version as soon as nobody holds it. Nothing is loaded afterwards. */
  async stop(): Promise<void> {
    this.#stopped = true
    const models = [...this.#models.values()]
    for (const model of models) model.cancelIdle()
    await Promise.all(models.map(model => model.settling ?? Promise.resolve()))
    for (const model of models) {
      model.cause = 'shutdown'
      for (const entry of model.versions.values())
        if (entry.revision.state === 'ready') this.#retire(model, entry, entry.revision)
    }
    await Promise.all(models.flatMap(({ leaving }) => [...leaving]))
  }

  async #choose(name: string, how: Partial<ManagedModel>, cause: Cause): Promise<void> {
    const model = this.#models.get(name)
    if (model !== undefined) await this.#settle(Object.assign(model, how), cause)
  }

  /** Works on one model until nothing is left to do; a second call joins the first and looks again. */
  #settle(model: ManagedModel, cause: Cause): Promise<void> {
    // A label moves at once to a version that is ready, whatever is being loaded.
    this.#publish(model, cause)
    const before = model.settling ?? Promise.resolve()
    const work = before.then(() => this.#work(model, cause))
    const settling = work.finally(() => {
      if (model.settling === settling) model.settling = undefined
    })
    model.settling = settling
    return settling
  }

  async #work(model: ManagedModel, cause: Cause): Promise<void> {
    model.cause = cause
    while (!this.#stopped) {
      const action = nextAction(snapshotOf(model))
      if (action === undefined) break
      const entry = model.versions.get(action.version)
      invariant(entry !== undefined, 'the policy chooses among known versions')
      if (action.type === 'load') await this.#loads.run(() => this.#load(model, entry))
      else this.#retire(model, entry, entry.revision)
    }
    this.#forget(model)
    if (this.#stopped) return
    watchIdle(model, this.#options.clock, () => {
      model.awake = false
      void this.#settle(model, 'idle')
    })
  }

  /** Lets go of versions and models that are neither on disk nor loaded. */
  #forget(model: ManagedModel): void {
    for (const { version, present, revision } of model.versions.values()) {
      const lasts = ['discovered', 'unloaded', 'failed'].includes(revision.state)
      if (!present && lasts) model.versions.delete(version)
    }
    const isEmpty = model.versions.size === 0 && model.leaving.size === 0
    if (!model.present && isEmpty && this.#models.get(model.name) === model) {
      model.cancelIdle()
      this.#models.delete(model.name)
    }
  }

  async #load(model: ManagedModel, entry: Entry): Promise<void> {
    // It may have waited for its turn.
    if (this.#stopped || !model.present || !entry.present) return
    const before = entry.revision
    const fresh = newRevision(entry.scanned, model.cause)
    if (before.state === 'ready') entry.arriving = fresh
    else entry.revision = fresh
    fresh.loadStartedMs = this.#options.clock.monotonicMs()
    this.#enter(model, entry, fresh, 'validating')
    try {
      const loaded = await this.#options.load(model.name, fresh.scanned, state =>
        this.#enter(model, entry, fresh, state)
      )
      takeOver(entry, fresh, new Holds(loaded, this.#options.clock))
      // Published after it is true: the version can be looked up before anyone is told that it is ready.
      this.#publish(model, fresh.cause, fresh)
      this.#enter(model, entry, fresh, 'ready', loaded.warning)
      if (before.state === 'ready') this.#retire(model, entry, before, 'its files were replaced')
      void loaded.ended.then(reason => {
        // A version that drains already goes on doing so: its holders get the error, and let go of it.
        if (reason !== undefined && fresh.state === 'ready') this.#lost(model, entry, fresh, reason)
      })
    } catch (error) {
      refuse(entry, fresh, error)
      this.#enter(model, entry, fresh, 'failed', messageOf(error), error)
      // The next request may find room.
      if (error instanceof NoMemory && model.manifest?.load === 'onDemand') model.awake = false
    }
  }

  /** Takes what served out of reach at once, and frees it as soon as nobody holds it. */
  #retire(model: ManagedModel, entry: Entry, revision: Revision, why?: string): void {
    const { holds } = revision
    invariant(holds !== undefined, 'what served is loaded')
    revision.cause = model.cause
    // Published before it is true: nobody is told of a version that can no longer be reached.
    this.#enter(model, entry, revision, 'draining', why)
    this.#publish(model, revision.cause)
    const drain = async (): Promise<void> => {
      await holds.whenIdle()
      this.#enter(model, entry, revision, 'unloading', why)
      const trouble = await holds.version.close().then(() => why, messageOf)
      this.#enter(model, entry, revision, 'unloaded', trouble)
      revision.holds = undefined
      model.leaving.delete(leaving)
      this.#forget(model)
    }
    const leaving = drain()
    model.leaving.add(leaving)
  }

  /** The instance went away under a ready version: its place goes to the next that can serve. */
  #lost(model: ManagedModel, entry: Entry, revision: Revision, reason: Error): void {
    this.#enter(model, entry, revision, 'failed', `its instance was lost: ${reason.message}`)
    revision.holds = undefined
    // Another one may be on its way already.
    entry.revision = entry.arriving ?? revision
    void this.#settle(model, 'lost')
  }

  /** Makes reachable what is ready, and `arriving`, which is about to be; tells of labels that moved. */
  #publish(model: ManagedModel, cause: Cause, arriving?: Revision): void {
    for (const move of this.#serving.publish(model, arriving))
      this.#tell({ type: 'label', model: model.name, ...move, cause })
  }

  #enter(
    model: ManagedModel,
    { version }: Entry,
    revision: Revision,
    to: State,
    reason?: string,
    error?: unknown
  ): void {
    const from = revision.state
    invariant(mayFollow(from, to), `${from} → ${to}`)
    Object.assign(revision, { state: to, reason })
    const nowMs = this.#options.clock.monotonicMs()
    this.#tell(stateEvent({ model, version, revision, from, nowMs, error }))
  }

  #tell(event: LifecycleEvent | LabelEvent): void {
    for (const listener of this.#options.listeners) listener(event)
  }
}
