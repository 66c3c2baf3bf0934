// One version's way from its folder to readiness: validate → load → warm up → choose its placement → check that batches are sound.
// Leaves nothing behind when a step fails.
import type { Instance, Placement, StartInstance } from '../backend/backend.ts'
import type { Clock } from '../base/clock.ts'
import { Batcher } from '../batching/batcher.ts'
import type { Turns } from '../batching/turns.ts'
import { messageOf } from '../errors/serving-error.ts'
import type { ScannedVersion } from '../repository/scan.ts'
import type { InferenceRequest } from '../tensor/tensor.ts'
import { hasFreeSizes, unbatchableReason } from './batch-axis.ts'
import { batchDifference } from './batch-equivalence.ts'
import { InstanceGroup } from './instance-group.ts'
import { copied, repeated, warmRunMs } from './measure.ts'
import { type ModelVersion, modelVersion } from './model-version.ts'
import {
  choosePlacement,
  inlineOpenMaxMs,
  inlineRowsMax,
  instancePlan,
  type PlacementChoice
} from './placement.ts'
import type { State } from './state.ts'
import { LoadFailure, type Validated, validate } from './validate.ts'
import {
  reasonOf,
  type SuppliedRequest,
  suppliedRequests,
  type WarmupLimits,
  warmUp,
  zeroRequest
} from './warmup.ts'

export interface LoaderOptions extends WarmupLimits {
  readonly startInstance: StartInstance
  /** Instances with a thread or a process of their own, of all versions together. */
  readonly instancesMax: number
  /** CPUs that this process may use. */
  readonly cpus: number
  readonly inlineRunMaxMs: number
  readonly inlineTurnMaxMs: number
  readonly runMaxMs: number
  readonly turns: Turns
  readonly clock: Clock
  /** What happens to a loaded version besides its states, for the log. */
  readonly onNotice: (model: string, version: number, message: string) => void
}

export type Loader = (
  model: string,
  version: ScannedVersion,
  enter: (state: State) => void
) => Promise<ModelVersion>

/** `enter` is told of each step as it begins; the first, validating, has begun already. The loader throws LoadFailure. */
export function makeLoader(options: LoaderOptions): Loader {
  const places = { taken: 0, max: options.instancesMax }
  return async (model, version, enter) => {
    const validated = await validate(version)
    const supplied = await orFail(suppliedRequests(version, validated.graph.signature, options))
    const load = new Load(options, validated, supplied, places)
    try {
      return await load.run(model, version.version, enter)
    } catch (error) {
      await load.undo()
      throw error
    }
  }
}

class Load {
  readonly #options: LoaderOptions
  readonly #validated: Validated
  readonly #supplied: readonly SuppliedRequest[]
  readonly #places: { taken: number; readonly max: number }
  readonly #outputs: readonly string[]
  /** Why requests do not share runs, as far as it can be read. */
  readonly #unbatchable: string | undefined
  readonly #started = new Set<Instance>()

  constructor(
    options: LoaderOptions,
    validated: Validated,
    supplied: readonly SuppliedRequest[],
    places: { taken: number; readonly max: number }
  ) {
    this.#options = options
    this.#validated = validated
    this.#supplied = supplied
    this.#places = places
    const { graph, manifest } = validated
    this.#outputs = graph.signature.outputs.map(output => output.name)
    this.#unbatchable = unbatchableReason(graph.signature, manifest)
  }

  async run(model: string, version: number, enter: (state: State) => void): Promise<ModelVersion> {
    const options = this.#options
    const { graph, manifest, features } = this.#validated
    const { signature } = graph
    const { placement: wanted } = manifest.instances
    const { count, threads } = instancePlan(manifest.instances, options.cpus)
    enter('loading')
    const first = await this.#start(wanted === 'auto' ? 'thread' : wanted, threads)
    enter('warming')
    const warning = await orFail(this.#warmUp(first))
    const choice = choosePlacement(
      {
        wanted,
        count,
        runMs: await warmRunMs(first, () => this.#typical(), this.#outputs),
        openMs: await this.#openMs(first, threads),
        hasFreeSizes: hasFreeSizes(signature),
        suppliedRequest: this.#supplied.length > 0
      },
      options
    )
    const instances = await this.#settleIn(first, choice, count, threads)
    const unbatched = this.#unbatchable ?? (await this.#batchDifference(instances[0]!))
    const threadRowsMax = manifest.batching.rowsMax
    const batcher = new Batcher({
      limits: manifest.queue,
      rowsMax:
        unbatched === undefined && choice.placement === 'inline'
          ? await this.#inlineRowsMax(instances[0]!)
          : threadRowsMax,
      delayMaxMs: manifest.batching.delayMaxMs,
      turns: options.turns,
      clock: options.clock
    })
    const group = new InstanceGroup(
      {
        batcher,
        choice,
        runMaxMs: options.runMaxMs,
        inlineRunMaxMs: options.inlineTurnMaxMs,
        threadRowsMax,
        clock: options.clock,
        start: placement => this.#startAgain(placement, threads),
        onNotice: message => options.onNotice(model, version, message)
      },
      instances
    )
    const facts = {
      model,
      version,
      signature,
      features,
      manifest,
      header: graph.header,
      threads,
      unbatched,
      warning,
      digests: {},
      verdict: undefined
    }
    return modelVersion(facts, batcher, group)
  }

  /** How long creating the session takes. A close call is measured once more: what else the machine did may have decided it. */
  async #openMs(first: Instance, threads: number): Promise<number> {
    if (
      first.openMs <= inlineOpenMaxMs ||
      first.openMs > 10 * inlineOpenMaxMs ||
      first.placement !== 'thread'
    )
      return first.openMs
    const second = await this.#start('thread', threads)
    await second.close()
    return Math.min(first.openMs, second.openMs)
  }

  /** Ends whatever was started. */
  async undo(): Promise<void> {
    await Promise.all([...this.#started].map(instance => instance.close()))
  }

  async #start(placement: Placement, threads: number): Promise<Instance> {
    const places = this.#places
    const counted = placement === 'inline' ? 0 : 1
    if (places.taken + counted > places.max)
      throw new LoadFailure(`all ${places.max} instances are in use (lifecycle.instancesMax)`)
    places.taken += counted
    const { graph, manifest } = this.#validated
    try {
      const instance = await this.#options.startInstance(placement, {
        path: graph.path,
        graphOptimization: manifest.runtime.graphOptimization,
        // What is small enough for the HTTP thread gains nothing from a second one.
        threads: placement === 'inline' ? 1 : threads
      })
      this.#started.add(instance)
      void instance.ended.then(() => {
        places.taken -= counted
        this.#started.delete(instance)
      })
      return instance
    } catch (error) {
      places.taken -= counted
      throw new LoadFailure(`the runtime cannot load the model: ${reasonOf(error)}`, { cause: error })
    }
  }

  /** An instance that takes the place of another. Its warm-up has succeeded once; a failure now is left to the requests. */
  async #startAgain(placement: Placement, threads: number): Promise<Instance> {
    const instance = await this.#start(placement, threads)
    await this.#warmUp(instance).catch(() => {})
    return instance
  }

  /** The instances of the chosen placement; `first`, which was measured, is one of them where it fits. */
  async #settleIn(
    first: Instance,
    choice: PlacementChoice,
    count: number,
    threads: number
  ): Promise<Instance[]> {
    if (choice.placement === 'inline') {
      if (first.placement === 'inline') return [first]
      const inline = await this.#start('inline', threads)
      await orFail(this.#warmUp(inline))
      await first.close()
      return [inline]
    }
    const others: Instance[] = []
    for (let i = 1; i < count; i++) {
      const instance = await this.#start(choice.placement, threads)
      await orFail(this.#warmUp(instance))
      others.push(instance)
    }
    return [first, ...others]
  }

  #warmUp(instance: Instance): Promise<string | undefined> {
    const run = async ({ inputs }: InferenceRequest) => instance.run(inputs, this.#outputs)
    return warmUp(run, this.#validated.graph.signature, this.#supplied)
  }

  /** A request such as the model will get, made anew each time: of one row where there are rows. */
  #typical(): InferenceRequest {
    const [supplied] = this.#supplied
    if (supplied === undefined) return zeroRequest(this.#validated.graph.signature)
    const request = supplied.request()
    return this.#unbatchable === undefined
      ? repeated(request, 1)
      : { ...request, inputs: copied(request.inputs) }
  }

  #batchDifference(instance: Instance): Promise<string | undefined> {
    const { signature } = this.#validated.graph
    const supplied = this.#supplied.map(({ request }) => request().inputs)
    const run = async (inputs: InferenceRequest['inputs']) =>
      (await instance.run(inputs, this.#outputs)).outputs
    return batchDifference(run, signature, supplied)
  }

  async #inlineRowsMax(instance: Instance): Promise<number> {
    const { rowsMax } = this.#validated.manifest.batching
    const runMs = await warmRunMs(instance, () => repeated(this.#typical(), rowsMax), this.#outputs)
    return inlineRowsMax(rowsMax, runMs ?? 0, this.#options.inlineTurnMaxMs)
  }
}

async function orFail<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    throw new LoadFailure(messageOf(error), { cause: error })
  }
}
