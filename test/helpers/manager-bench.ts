// A lifecycle manager whose loads begin, succeed and fail at the test's word.
import { type Deferred, deferred } from '../../src/base/deferred.ts'
import type { Cause, LabelEvent, LifecycleEvent, LifecycleListener } from '../../src/lifecycle/events.ts'
import { Holds } from '../../src/lifecycle/handle.ts'
import type { Loader } from '../../src/lifecycle/loader.ts'
import { adopt, type ManagedModel, newModel } from '../../src/lifecycle/managed-model.ts'
import { LifecycleManager } from '../../src/lifecycle/manager.ts'
import type { ModelVersion } from '../../src/lifecycle/model-version.ts'
import type { State } from '../../src/lifecycle/state.ts'
import type { Prints } from '../../src/repository/fingerprint.ts'
import type { Scan, ScannedModel, ScannedVersion } from '../../src/repository/scan.ts'
import { FakeClock } from './fake-clock.ts'
import { type FakeInstance, fakeVersion, manifestOf, scannedVersion, unseen } from './fakes.ts'
import { settling, turn } from './turn.ts'

export type Tree = Readonly<Record<string, unknown>>

/** Models with their versions; all share one model.yaml. */
export function scan(models: Readonly<Record<string, readonly number[]>>, tree: Tree = {}): Scan {
  const manifest = manifestOf(tree)
  return {
    warnings: [],
    pending: [],
    models: Object.entries(models).map(([name, numbers]) => {
      const versions = numbers.map(number => scannedVersion(number, { manifest }))
      return { name, manifest, problems: [], versions }
    })
  }
}

/** `m` with these versions, files told apart by `model`, and whatever else is given. */
export function scanOf(
  versions: readonly number[],
  { tree = {}, model = '', ...over }: ScanFacts = {}
): Scan {
  const { problems = [] } = over
  const manifest = problems.length === 0 ? manifestOf(tree) : undefined
  const prints = { ...unseen, model, ...over.prints }
  const found = versions.map(version => scannedVersion(version, { manifest, problems, prints }))
  return { warnings: [], pending: [], models: [{ name: 'm', manifest, problems, versions: found }] }
}

interface ScanFacts {
  readonly tree?: Tree
  /** What the files of a load are told apart by. */
  readonly model?: string
  readonly prints?: Partial<Prints>
  /** What is wrong with model.yaml. */
  readonly problems?: readonly string[]
}

/** What a manager keeps of a model of which nothing was loaded yet. */
export function managed(versions: readonly number[] = [1], tree: Tree = {}, name = 'm'): ManagedModel {
  const model = newModel(name, true)
  adopt(model, modelScan(versions, { tree }, name))
  return model
}

export function modelScan(versions: readonly number[], facts: ScanFacts = {}, name = 'm'): ScannedModel {
  return { ...scanOf(versions, facts).models[0]!, name }
}

/** Makes a version of it ready, as its manager would. */
export function makeReady(model: ManagedModel, version: number, clock: FakeClock): Holds {
  const { revision } = model.versions.get(version)!
  const { manifest = manifestOf() } = revision.scanned
  const holds = new Holds(fakeVersion(model.name, version, { manifest, clock }).version, clock)
  Object.assign(revision, { state: 'ready', holds })
  return holds
}

interface Load extends Deferred<ModelVersion> {
  readonly scanned: ScannedVersion
  readonly enter: (state: State) => void
}

export class Bench {
  readonly clock = new FakeClock()
  /** `m/2` for each load that began, in order. */
  readonly started: string[] = []
  /** What each of these loads was given. */
  readonly scanned: ScannedVersion[] = []
  readonly events: LifecycleEvent[] = []
  readonly moves: LabelEvent[] = []
  /** Called with each event as it happens. */
  watch: (event: LifecycleEvent) => void = () => undefined
  readonly manager: LifecycleManager
  readonly #loads = new Map<string, Load>()

  constructor(loadsAtOnceMax = 8, choosesModel?: (model: string) => boolean) {
    const load: Loader = (model, scanned, enter) => {
      const name = `${model}/${scanned.version}`
      this.scanned.push(scanned)
      this.started.push(name)
      enter('loading')
      const loading = deferred<ModelVersion>()
      this.#loads.set(name, { ...loading, scanned, enter })
      return loading.promise
    }
    const listener: LifecycleListener = event => {
      if (event.type === 'label') this.moves.push(event)
      else {
        this.events.push(event)
        this.watch(event)
      }
    }
    const options = { load, loadsAtOnceMax, clock: this.clock, listeners: [listener] }
    this.manager = new LifecycleManager(choosesModel === undefined ? options : { ...options, choosesModel })
  }

  /** Lets a load that began succeed; the manager has gone on as far as it can when this settles. */
  async ready(name: string, warning?: string): Promise<FakeInstance> {
    const [model = '', version] = name.split('/')
    const { enter, resolve, scanned } = this.#load(name)
    const { manifest = manifestOf() } = scanned
    const facts = { manifest, clock: this.clock, ...(warning === undefined ? {} : { warning }) }
    const fake = fakeVersion(model, Number(version), facts)
    enter('warming')
    resolve(fake.version)
    await turn()
    return fake.instance
  }

  async fail(name: string, reason: string | Error = 'broken'): Promise<void> {
    this.#load(name).reject(typeof reason === 'string' ? new Error(reason) : reason)
    await turn()
  }

  #load(name: string): Load {
    const loading = this.#loads.get(name)
    if (loading === undefined) throw new Error(`${name} does not load; so far: ${this.started.join(', ')}`)
    return loading
  }

  /** Reconciles without waiting; true once that has settled. */
  async reconcile(found: Scan, cause?: Cause): Promise<() => boolean> {
    const settled = settling(this.manager.reconcile(found, cause))
    await turn()
    return settled
  }

  /** The versions of `m` that answer, highest first. */
  get serving(): number[] {
    return [...(this.manager.served('m')?.versions.keys() ?? [])].sort((a, b) => b - a)
  }

  /** `2 ready` for each event, without the steps of a load. */
  get history(): string[] {
    const steps = ['validating', 'loading', 'warming']
    return this.events.filter(({ to }) => !steps.includes(to)).map(({ version, to }) => `${version} ${to}`)
  }

  /** `2 ready: files` for each event, without the steps of a load. */
  get causes(): string[] {
    const steps = ['validating', 'loading', 'warming']
    const events = this.events.filter(({ to }) => !steps.includes(to))
    return events.map(({ version, to, cause }) => `${version} ${to}: ${cause}`)
  }

  /** `stable: 1 to 2 by files` for each label that moved. */
  get labelMoves(): string[] {
    return this.moves.map(({ label, from, to, cause }) => `${label}: ${from} to ${to} by ${cause}`)
  }

  /** The version that each label of `m` means. */
  get labels(): Record<string, number> {
    const labels = [...(this.manager.served('m')?.labels ?? [])]
    return Object.fromEntries(labels.map(([label, { version }]) => [label, version.version]))
  }

  get index(): unknown[] {
    return this.manager.statuses().map(({ model, version, state, reason }) => [model, version, state, reason])
  }
}

/** A manager that serves these versions of `m`. */
export async function serving(versions: readonly number[], tree: Tree = { versions: { policy: 'all' } }) {
  const bench = new Bench()
  await bench.reconcile(scan({ m: versions }, tree))
  const instances = new Map<number, FakeInstance>()
  for (const version of [...versions].sort((a, b) => b - a))
    instances.set(version, await bench.ready(`m/${version}`))
  bench.events.length = 0
  bench.moves.length = 0
  bench.started.length = 0
  return { bench, manager: bench.manager, instance: (version: number) => instances.get(version)! }
}
