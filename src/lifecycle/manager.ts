// The only writer of lifecycle state. It is told what the repositories hold and makes the served versions match: start, release
// and removal are one code path. Its decisions are transition-policy.ts; what requests may reach is its serving map.
import type { Clock } from '../base/clock.ts'
import { invariant } from '../base/invariant.ts'
import { Limiter } from '../base/limiter.ts'
import { messageOf } from '../errors/serving-error.ts'
import type { Manifest } from '../repository/manifest.ts'
import type { Scan, ScannedModel, ScannedVersion } from '../repository/scan.ts'
import { missingVersions } from '../repository/version-policy.ts'
import type { LifecycleListener } from './events.ts'
import { Holds } from './handle.ts'
import type { Loader } from './loader.ts'
import { type ServedModel, type ServingMap, withoutVersion, withVersion } from './serving-map.ts'
import { mayFollow, type PublicState, publicState, type State } from './state.ts'
import { type ModelSnapshot, nextAction } from './transition-policy.ts'

export interface ManagerOptions {
  readonly load: Loader
  readonly loadsAtOnceMax: number
  readonly clock: Clock
  readonly listeners: readonly LifecycleListener[]
}

/** What the index tells of one version; `version` is undefined for a model that has none. */
export interface VersionStatus {
  readonly model: string
  readonly version: number | undefined
  readonly state: PublicState
  readonly reason: string | undefined
}

interface Entry {
  readonly version: number
  scanned: ScannedVersion
  present: boolean
  state: State
  reason: string | undefined
  loadStartedMs: number
  holds: Holds | undefined
}

interface ManagedModel {
  readonly name: string
  present: boolean
  manifest: Manifest | undefined
  problems: readonly string[]
  readonly versions: Map<number, Entry>
  /** The work in progress on this model, if any. */
  settling: Promise<void> | undefined
}

export class LifecycleManager {
  readonly #options: ManagerOptions
  readonly #loads: Limiter
  readonly #models = new Map<string, ManagedModel>()
  #serving: ServingMap = new Map()
  #stopped = false

  constructor(options: ManagerOptions) {
    this.#options = options
    this.#loads = new Limiter(options.loadsAtOnceMax)
  }

  /** Takes over what a scan found and settles once every wanted version is ready or failed. What is not in it is unloaded. */
  async reconcile(scan: Scan): Promise<void> {
    for (const model of this.#models.values()) {
      model.present = false
      for (const entry of model.versions.values()) entry.present = false
    }
    for (const scanned of scan.models) this.#adopt(scanned)
    await Promise.all([...this.#models.values()].map(model => this.#settle(model)))
    for (const [name, model] of this.#models) {
      if (!model.present && model.versions.size === 0) this.#models.delete(name)
    }
  }

  served(model: string): ServedModel | undefined {
    return this.#serving.get(model)
  }

  /** Names of the models that answer right now. */
  servedModels(): string[] {
    return [...this.#serving.keys()]
  }

  /** Every version that answers right now. */
  everyServed(): Holds[] {
    return [...this.#serving.values()].flatMap(({ versions }) => [...versions.values()])
  }

  /** Every version that is known, with its state as the manager sees it. */
  versionStates(): { readonly model: string; readonly version: number; readonly state: State }[] {
    return [...this.#models.values()].flatMap(({ name, versions }) =>
      [...versions.values()].map(({ version, state }) => ({ model: name, version, state }))
    )
  }

  /** Models with something wrong, and versions that failed. */
  problemCount(): number {
    const models = [...this.#models.values()]
    const failed = this.versionStates().filter(({ state }) => state === 'failed')
    return models.filter(({ problems }) => problems.length > 0).length + failed.length
  }

  /** Every version that is known, models in the order of their names, versions from the highest. */
  statuses(): VersionStatus[] {
    const models = [...this.#models.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
    return models.flatMap((model): VersionStatus[] => {
      const wholeModel = model.problems.length > 0 ? model.problems.join('; ') : undefined
      if (model.versions.size === 0)
        return [{ model: model.name, version: undefined, state: 'UNAVAILABLE', reason: wholeModel }]
      const entries = [...model.versions.values()].sort((a, b) => b.version - a.version)
      return entries.map(({ version, state, reason }) => {
        const shown =
          state === 'discovered' && model.settling === undefined ? 'UNAVAILABLE' : publicState(state)
        const idle =
          shown === 'UNAVAILABLE' && reason === undefined ? 'not wanted by the version policy' : reason
        return { model: model.name, version, state: shown, reason: idle }
      })
    })
  }

  /** Unloads everything, each version as soon as nobody holds it. Nothing is loaded afterwards. */
  async stop(): Promise<void> {
    this.#stopped = true
    await Promise.all([...this.#models.values()].map(model => model.settling ?? Promise.resolve()))
    const ready = [...this.#models.values()].flatMap(model =>
      [...model.versions.values()].map(entry => ({ model, entry }))
    )
    await Promise.all(
      ready
        .filter(({ entry }) => entry.state === 'ready')
        .map(({ model, entry }) => this.#unload(model, entry))
    )
  }

  #adopt(scanned: ScannedModel): void {
    const model = this.#models.get(scanned.name) ?? {
      name: scanned.name,
      present: true,
      manifest: undefined,
      problems: [],
      versions: new Map<number, Entry>(),
      settling: undefined
    }
    this.#models.set(scanned.name, model)
    model.present = true
    model.manifest = scanned.manifest ?? model.manifest
    model.problems = scanned.problems
    for (const version of scanned.versions) {
      const entry = model.versions.get(version.version)
      if (entry === undefined) model.versions.set(version.version, newEntry(version))
      else Object.assign(entry, { scanned: version, present: true })
    }
    if (model.manifest === undefined) return
    const missing = missingVersions(
      model.manifest.versions,
      model.manifest.labels,
      new Set(scanned.versions.map(({ version }) => version))
    )
    if (missing.length > 0)
      model.problems = [...model.problems, `version ${missing.join(', ')} is asked for but missing`]
  }

  /** Works on one model until nothing is left to do; a second call joins the first and looks again. */
  #settle(model: ManagedModel): Promise<void> {
    const before = model.settling ?? Promise.resolve()
    const work = before.then(() => this.#work(model))
    const settling = work.finally(() => {
      if (model.settling === settling) model.settling = undefined
    })
    model.settling = settling
    return settling
  }

  async #work(model: ManagedModel): Promise<void> {
    for (
      let action = nextAction(snapshotOf(model));
      action !== undefined && !this.#stopped;
      action = nextAction(snapshotOf(model))
    ) {
      const entry = model.versions.get(action.version)
      invariant(entry !== undefined, 'the policy chooses among known versions')
      if (action.type === 'load') await this.#loads.run(() => this.#load(model, entry))
      else await this.#unload(model, entry)
    }
    for (const entry of model.versions.values()) {
      if (!entry.present && entry.state !== 'ready') model.versions.delete(entry.version)
    }
  }

  async #load(model: ManagedModel, entry: Entry): Promise<void> {
    if (this.#stopped) return
    entry.loadStartedMs = this.#options.clock.monotonicMs()
    this.#enter(model, entry, 'validating')
    try {
      const loaded = await this.#options.load(model.name, entry.scanned, state =>
        this.#enter(model, entry, state)
      )
      const holds = new Holds(loaded)
      entry.holds = holds
      // Published after it is true: the version can be looked up before anyone is told that it is ready.
      this.#serving = withVersion(this.#serving, model.name, entry.version, holds)
      this.#enter(model, entry, 'ready', loaded.warning)
      void loaded.ended.then(reason => {
        // A version that drains already goes on doing so: its holders get the error, and let go of it.
        const serves = entry.holds === holds && entry.state === 'ready'
        if (reason !== undefined && serves) this.#lost(model, entry, reason)
      })
    } catch (error) {
      this.#enter(model, entry, 'failed', messageOf(error))
    }
  }

  async #unload(model: ManagedModel, entry: Entry): Promise<void> {
    const { holds } = entry
    invariant(holds !== undefined, 'a ready version is loaded')
    // Published before it is true: nobody is told of a version that can no longer be reached.
    this.#enter(model, entry, 'draining')
    this.#serving = withoutVersion(this.#serving, model.name, entry.version)
    await holds.whenIdle()
    this.#enter(model, entry, 'unloading')
    entry.holds = undefined
    await holds.version.close()
    this.#enter(model, entry, 'unloaded')
  }

  /** The instance went away under a ready version: its place goes to the next that can serve. */
  #lost(model: ManagedModel, entry: Entry, reason: Error): void {
    entry.holds = undefined
    this.#serving = withoutVersion(this.#serving, model.name, entry.version)
    this.#enter(model, entry, 'failed', `its instance was lost: ${reason.message}`)
    void this.#settle(model)
  }

  #enter(model: ManagedModel, entry: Entry, to: State, reason?: string): void {
    const from = entry.state
    invariant(mayFollow(from, to), `${from} → ${to}`)
    entry.state = to
    entry.reason = reason
    const done = to === 'ready' || to === 'failed'
    const loadMs = done ? this.#options.clock.monotonicMs() - entry.loadStartedMs : undefined
    for (const listener of this.#options.listeners)
      listener({
        model: model.name,
        version: entry.version,
        from,
        to,
        reason,
        loadMs,
        cause: 'start',
        digests: undefined,
        verdict: undefined
      })
  }
}

function newEntry(scanned: ScannedVersion): Entry {
  const { version } = scanned
  return {
    version,
    scanned,
    present: true,
    state: 'discovered',
    reason: undefined,
    loadStartedMs: 0,
    holds: undefined
  }
}

function snapshotOf(model: ManagedModel): ModelSnapshot {
  const { manifest } = model
  return {
    // A broken model.yaml leaves nothing to choose by: every version is tried, and fails with the reason.
    policy: manifest?.versions ?? { policy: 'all' },
    labels: manifest?.labels ?? {},
    versions: model.versions
  }
}
