// A lifecycle manager whose loads begin, succeed and fail at the test's word.
import { type Deferred, deferred } from '../../src/base/deferred.ts'
import type { LabelEvent, LifecycleEvent, LifecycleListener } from '../../src/lifecycle/events.ts'
import type { Loader } from '../../src/lifecycle/loader.ts'
import { LifecycleManager } from '../../src/lifecycle/manager.ts'
import type { ModelVersion } from '../../src/lifecycle/model-version.ts'
import type { State } from '../../src/lifecycle/state.ts'
import type { Scan, ScannedVersion } from '../../src/repository/scan.ts'
import { FakeClock } from './fake-clock.ts'
import { type FakeInstance, fakeVersion, manifestOf, scannedVersion } from './fakes.ts'
import { turn } from './turn.ts'

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

interface Load extends Deferred<ModelVersion> {
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

  constructor(loadsAtOnceMax = 8) {
    const load: Loader = (model, scanned, enter) => {
      const name = `${model}/${scanned.version}`
      this.scanned.push(scanned)
      this.started.push(name)
      enter('loading')
      const loading = deferred<ModelVersion>()
      this.#loads.set(name, { ...loading, enter })
      return loading.promise
    }
    const listener: LifecycleListener = event => {
      if (event.type === 'label') this.moves.push(event)
      else {
        this.events.push(event)
        this.watch(event)
      }
    }
    this.manager = new LifecycleManager({ load, loadsAtOnceMax, clock: this.clock, listeners: [listener] })
  }

  /** Lets a load that began succeed; the manager has gone on as far as it can when this settles. */
  async ready(name: string, warning?: string): Promise<FakeInstance> {
    const [model = '', version] = name.split('/')
    const fake = fakeVersion(model, Number(version), warning === undefined ? {} : { warning })
    const { enter, resolve } = this.#load(name)
    enter('warming')
    resolve(fake.version)
    await turn()
    return fake.instance
  }

  async fail(name: string, reason = 'broken'): Promise<void> {
    this.#load(name).reject(new Error(reason))
    await turn()
  }

  #load(name: string): Load {
    const loading = this.#loads.get(name)
    if (loading === undefined) throw new Error(`${name} does not load; so far: ${this.started.join(', ')}`)
    return loading
  }

  /** Reconciles without waiting; true once that has settled. */
  async reconcile(found: Scan): Promise<() => boolean> {
    let settled = false
    void this.manager.reconcile(found).then(() => {
      settled = true
    })
    await turn()
    return () => settled
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
  bench.started.length = 0
  return { bench, manager: bench.manager, instance: (version: number) => instances.get(version)! }
}
