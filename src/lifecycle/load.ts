// The sessions of one version: started, warmed up, measured for their placement, checked for sound batches and gated, in this order
// and on one instance before the others exist. Leaves nothing behind when a step fails.
import type { Instance, Placement, SessionOptions, StartInstance } from '../backend/backend.ts'
import type { Clock } from '../base/clock.ts'
import { Batcher } from '../batching/batcher.ts'
import type { Turns } from '../batching/turns.ts'
import { ServingError } from '../errors/serving-error.ts'
import { type Contract, contractOf } from '../schema/contract.ts'
import { exampleTensors } from '../schema/example.ts'
import type { InferenceRequest, NamedTensor } from '../tensor/tensor.ts'
import { hasFreeSizes, unbatchableReason } from './batch-axis.ts'
import { batchDifference } from './batch-equivalence.ts'
import { InstanceGroup } from './instance-group.ts'
import { copied, repeated, warmRunMs } from './measure.ts'
import {
  choosePlacement,
  inlineOpenMaxMs,
  inlineRowsMax,
  instancePlan,
  type PlacementChoice
} from './placement.ts'
import type { State } from './state.ts'
import { LoadFailure, orFail, type Validated } from './validate.ts'
import { reasonOf, type SuppliedRequest, warmUp, zeroRequest } from './warmup.ts'

export interface LoadOptions {
  readonly startInstance: StartInstance
  /** CPUs that this process may use. */
  readonly cpus: number
  readonly inlineRunMaxMs: number
  readonly inlineTurnMaxMs: number
  readonly runMaxMs: number
  readonly turns: Turns
  readonly clock: Clock
}

/** Instances with a thread or a process of their own, of all versions together. */
export interface Places {
  taken: number
  readonly max: number
}

export interface LoadWork {
  readonly validated: Validated
  readonly supplied: readonly SuppliedRequest[]
  readonly places: Places
  /** Told of each step as it begins. */
  readonly enter: (state: State) => void
  /** Throws LoadFailure when the files are not those that were loaded first. */
  readonly checkUnchanged: () => Promise<void>
  /** Runs the gate: on this instance, with so many rows at once. Throws LoadFailure where it does not pass. */
  readonly gate: (instance: Instance, rowsPerRun: number) => Promise<void>
  /** What happens to the version besides its states, for the log. */
  readonly onNotice: (message: string) => void
}

/** What serves a version. */
export interface Loaded {
  readonly batcher: Batcher
  readonly group: InstanceGroup
  readonly threads: number
  readonly unbatched: string | undefined
  readonly warning: string | undefined
  readonly example: Example
}

/** The inputs of a request that the version has answered, made anew each time; undefined where none is known. */
export type Example = () => readonly NamedTensor[] | undefined

/** Sessions that are created once more to find out how long that takes, and how many times the limit is hopeless. */
const opensMoreMax = 3
const opensFarBeyond = 20

export class Load {
  readonly #options: LoadOptions
  readonly #work: LoadWork
  readonly #outputs: readonly string[]
  /** Why requests do not share runs, as far as it can be read. */
  readonly #unbatchable: string | undefined
  readonly #started = new Set<Instance>()
  #isUndone = false

  constructor(options: LoadOptions, work: LoadWork) {
    this.#options = options
    this.#work = work
    const { graph, manifest } = work.validated
    this.#outputs = graph.signature.outputs.map(output => output.name)
    this.#unbatchable = unbatchableReason(graph.signature, manifest)
  }

  /** Throws LoadFailure. */
  async run(): Promise<Loaded> {
    const options = this.#options
    const { enter, gate, validated, supplied } = this.#work
    const { graph, manifest } = validated
    const { placement: wanted } = manifest.instances
    const { count, threads } = instancePlan(manifest.instances, options.cpus)
    enter('loading')
    const first = await this.#start(wanted === 'auto' ? 'thread' : wanted, threads)
    enter('warming')
    const warning = await orFail(this.#warmUp(first))
    const example = await this.#example(first)
    const runMs = await warmRunMs(first, () => this.#typical(), this.#outputs)
    const openMs = await this.#openMs(first, threads)
    const isFree = hasFreeSizes(graph.signature)
    const facts = { wanted, count, runMs, openMs, hasFreeSizes: isFree, suppliedRequest: supplied.length > 0 }
    const choice = choosePlacement(facts, options)
    const unbatched = this.#unbatchable ?? (await this.#batchDifference(first))
    enter('gating')
    await gate(first, unbatched === undefined ? manifest.batching.rowsMax : 1)
    const instances = await this.#settleIn(first, choice, count, threads)
    const rowsMax =
      unbatched === undefined && choice.placement === 'inline'
        ? await this.#inlineRowsMax(instances[0]!)
        : manifest.batching.rowsMax
    const { clock, turns } = options
    const { delayMaxMs } = manifest.batching
    const batcher = new Batcher({ limits: manifest.queue, rowsMax, delayMaxMs, turns, clock })
    const group = this.#group(batcher, choice, instances, threads)
    return { batcher, group, threads, unbatched, warning, example }
  }

  #group(
    batcher: Batcher,
    choice: PlacementChoice,
    instances: readonly Instance[],
    threads: number
  ): InstanceGroup {
    const { runMaxMs, inlineTurnMaxMs, clock } = this.#options
    const { validated, onNotice } = this.#work
    const options = {
      batcher,
      choice,
      runMaxMs,
      inlineRunMaxMs: inlineTurnMaxMs,
      threadRowsMax: validated.manifest.batching.rowsMax,
      clock,
      start: (placement: Placement) => this.#startAgain(placement, threads),
      onNotice
    }
    return new InstanceGroup(options, instances)
  }

  /**
   * How long creating the session takes: the least of a few, since one on a busy machine says more of the machine. What takes far longer
   * than the limit takes no second look.
   */
  async #openMs(first: Instance, threads: number): Promise<number> {
    let { openMs } = first
    if (first.placement !== 'thread' || openMs > opensFarBeyond * inlineOpenMaxMs) return openMs
    for (let more = 0; more < opensMoreMax && openMs > inlineOpenMaxMs; more++) {
      const again = await this.#start('thread', threads)
      await again.close()
      openMs = Math.min(openMs, again.openMs)
    }
    return openMs
  }

  /** Ends whatever was started. */
  async undo(): Promise<void> {
    this.#isUndone = true
    await Promise.all([...this.#started].map(instance => instance.close()))
  }

  async #start(placement: Placement, threads: number): Promise<Instance> {
    const { places, validated } = this.#work
    const counted = placement === 'inline' ? 0 : 1
    if (places.taken + counted > places.max)
      throw new LoadFailure(`all ${places.max} instances are in use (lifecycle.instancesMax)`)
    places.taken += counted
    try {
      // What is small enough for the HTTP thread gains nothing from a second one.
      const session = sessionOptions(validated, placement === 'inline' ? 1 : threads)
      const instance = await this.#options.startInstance(placement, session)
      if (this.#isUndone) {
        void instance.close()
        throw new LoadFailure('the load was given up meanwhile')
      }
      this.#started.add(instance)
      void instance.ended.then(() => {
        places.taken -= counted
        this.#started.delete(instance)
      })
      return instance
    } catch (error) {
      places.taken -= counted
      if (error instanceof LoadFailure) throw error
      throw new LoadFailure(`the runtime cannot load the model: ${reasonOf(error)}`, { cause: error })
    }
  }

  /** An instance that takes the place of another. Its warm-up has succeeded once; a failure now is left to the requests. */
  async #startAgain(placement: Placement, threads: number): Promise<Instance> {
    await this.#work.checkUnchanged()
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
    const { validated, supplied } = this.#work
    return warmUp(run, validated.graph.signature, supplied)
  }

  /** The first request that was supplied, which the version has answered; else what is generated, where it answers that. */
  async #example(instance: Instance): Promise<Example> {
    const { validated, supplied } = this.#work
    const [first] = supplied
    if (first !== undefined) return () => first.request().inputs
    const contract = contractOf(validated.graph.signature, validated.features)
    return (await takesExample(instance, contract)) ? () => exampleTensors(contract) : () => undefined
  }

  /** A request such as the model will get, made anew each time: of one row where there are rows. */
  #typical(): InferenceRequest {
    const [supplied] = this.#work.supplied
    if (supplied === undefined) return zeroRequest(this.#work.validated.graph.signature)
    const request = supplied.request()
    return this.#unbatchable === undefined
      ? repeated(request, 1)
      : { ...request, inputs: copied(request.inputs) }
  }

  #batchDifference(instance: Instance): Promise<string | undefined> {
    const { signature } = this.#work.validated.graph
    const supplied = this.#work.supplied.map(({ request }) => request().inputs)
    const run = async (inputs: InferenceRequest['inputs']) =>
      (await instance.run(inputs, this.#outputs)).outputs
    return batchDifference(run, signature, supplied)
  }

  async #inlineRowsMax(instance: Instance): Promise<number> {
    const { rowsMax } = this.#work.validated.manifest.batching
    const runMs = await warmRunMs(instance, () => repeated(this.#typical(), rowsMax), this.#outputs)
    return inlineRowsMax(rowsMax, runMs ?? 0, this.#options.inlineTurnMaxMs)
  }
}

/** Whether the graph takes the generated example: a guess that some cannot. Throws LoadFailure where it took the instance along. */
export async function takesExample(instance: Instance, contract: Contract): Promise<boolean> {
  try {
    await instance.run(
      exampleTensors(contract),
      contract.signature.outputs.map(({ name }) => name)
    )
    return true
  } catch (error) {
    if (error instanceof ServingError && error.code === 'INSTANCE_LOST')
      throw new LoadFailure(`the generated example ended the instance: ${reasonOf(error)}`, { cause: error })
    return false
  }
}

export function sessionOptions({ graph, manifest }: Validated, threads: number): SessionOptions {
  const { path, dataFiles } = graph
  return { path, dataFiles, graphOptimization: manifest.runtime.graphOptimization, threads }
}
