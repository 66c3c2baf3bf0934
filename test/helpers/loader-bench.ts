// A loader on real folders whose instances need no runtime: each answers every run at once, as the test wishes.
import type { Test } from 'tap'
import type {
  Instance,
  Placement,
  RunResult,
  SessionOptions,
  StartInstance
} from '../../src/backend/backend.ts'
import { makeLoader } from '../../src/lifecycle/loader.ts'
import { MemoryBudget } from '../../src/lifecycle/memory-budget.ts'
import type { ModelVersion } from '../../src/lifecycle/model-version.ts'
import type { State } from '../../src/lifecycle/state.ts'
import type { ScannedVersion } from '../../src/repository/scan.ts'
import { Scanner } from '../../src/repository/scanner.ts'
import type { NamedTensor } from '../../src/tensor/tensor.ts'
import { repository } from './app.ts'
import { FakeClock } from './fake-clock.ts'
import { endlessTurns, FakeInstance } from './fakes.ts'

/** What an instance answers; throws what the run fails with. */
export type Answer = (inputs: readonly NamedTensor[]) => RunResult

/** `y` is `x`, and every row takes so long. */
export function echo(runMsPerRow: number): Answer {
  return ([x]) => ({ outputs: [{ ...x!, name: 'y' }], runMs: runMsPerRow * (x!.shape[0] ?? 1) })
}

export class Started extends FakeInstance {
  override readonly openMs: number
  readonly options: SessionOptions
  /** The inputs of every run. */
  readonly came: (readonly NamedTensor[])[] = []
  readonly #answer: Answer

  constructor(placement: Placement, options: SessionOptions, openMs: number, answer: Answer) {
    super(placement)
    this.options = options
    this.openMs = openMs
    this.#answer = answer
  }

  override run(inputs: readonly NamedTensor[]): Promise<RunResult> {
    this.came.push(inputs.map(input => ({ ...input, data: input.data.slice() })))
    if (this.placement === 'inline') return this.#answer(inputs) as never
    return new Promise(resolve => resolve(this.#answer(inputs)))
  }

  /** Rows of every run so far. */
  get rows(): (number | undefined)[] {
    return this.came.map(inputs => inputs[0]?.shape[0])
  }
}

/** Version 1 of model `m` with these files in its folder and this model.yaml. */
export async function scanned(
  t: Test,
  files: Readonly<Record<string, string | Uint8Array>>,
  manifest = ''
): Promise<ScannedVersion> {
  const inside = Object.entries(files).map(([name, content]) => [`m/1/${name}`, content] as const)
  const root = repository(t, { ...Object.fromEntries(inside), 'm/model.yaml': manifest })
  const bounds = { modelsMax: 4, versionsPerModelMax: 4, manifestBytesMax: 4096 }
  const { models } = await new Scanner({ repositories: [root], ...bounds }).scan()
  return models[0]!.versions[0]!
}

export interface LoaderWishes {
  readonly instancesMax?: number
  readonly cpus?: number
  readonly answer?: Answer
  /** How long it takes to create each session, in the order of their starts; 1 ms for those that are not named. */
  readonly openMs?: readonly number[]
}

export class LoaderBench {
  readonly clock = new FakeClock()
  readonly started: Started[] = []
  readonly states: State[] = []
  readonly notices: string[] = []
  readonly memoryBytesMax = 2 ** 30
  readonly knownGood = {
    find: () => undefined,
    add: () => {},
    forget: () => {},
    begin: () => Promise.resolve(),
    end: () => {}
  }
  /** Throws what keeps an instance from starting; given its number from 0. */
  refuse: (index: number) => void = () => undefined
  readonly #load: ReturnType<typeof makeLoader>

  constructor({ instancesMax = 4, cpus = 6, answer = echo(10), openMs = [] }: LoaderWishes = {}) {
    const startInstance: StartInstance = async (placement, options): Promise<Instance> => {
      const index = this.started.length
      this.refuse(index)
      const instance = new Started(placement, options, openMs[index] ?? 1, answer)
      this.started.push(instance)
      return instance
    }
    this.#load = makeLoader({
      admission: {
        digestFileBytesMax: 4096,
        probe: 'never',
        runtime: 'test',
        knownGood: this.knownGood,
        budget: new MemoryBudget({
          memoryBytesMax: this.memoryBytesMax,
          state: () => ({ limitBytes: 0, usedBytes: 0 })
        }),
        makeRoom: () => Promise.resolve(false),
        startProbe: () => {
          throw new Error('nobody probes here')
        },
        clock: this.clock
      },
      loadMaxMs: 60_000,
      startInstance,
      instancesMax,
      cpus,
      inlineRunMaxMs: 0.15,
      inlineTurnMaxMs: 1,
      runMaxMs: 1000,
      warmupRequestsMax: 4,
      warmupBytesMax: 1024,
      tensorsPerRequestMax: 4,
      gateFilesMax: 4,
      gateBytesMax: 65_536,
      gateRowsMax: 100,
      turns: endlessTurns(),
      clock: this.clock,
      onNotice: (model, version, message) => this.notices.push(`${model}/${version}: ${message}`)
    })
  }

  async load(t: Test, version: ScannedVersion): Promise<ModelVersion> {
    const loaded = await this.#load('m', version, state => this.states.push(state))
    t.teardown(() => loaded.close())
    return loaded
  }

  /** `thread`, `inline`, … in the order of the starts, with a `-` for those that were closed. */
  get places(): string[] {
    return this.started.map(({ placement, closes }) => (closes === 0 ? placement : `-${placement}`))
  }
}
