// One version's way from its folder to readiness: validate → load → warm up. Leaves nothing behind when a step fails.

import type { Instance, StartInstance } from '../backend/backend.ts'
import type { Clock } from '../base/clock.ts'
import { messageOf } from '../errors/serving-error.ts'
import { type Graph, readGraph } from '../repository/graph.ts'
import type { Manifest } from '../repository/manifest.ts'
import type { ScannedVersion } from '../repository/scan.ts'
import { type Feature, featuresOf } from '../schema/features.ts'
import type { Signature } from '../schema/signature.ts'
import { type ModelVersion, modelVersion } from './model-version.ts'
import type { State } from './state.ts'
import { reasonOf, suppliedRequests, type WarmupLimits, warmUp } from './warmup.ts'

export interface LoaderOptions extends WarmupLimits {
  readonly startInstance: StartInstance
  readonly instancesMax: number
  /** Threads for an instance whose manifest leaves the number to the server. */
  readonly threads: number
  readonly clock: Clock
}

export type Loader = (
  model: string,
  version: ScannedVersion,
  enter: (state: State) => void
) => Promise<ModelVersion>

/** A version that cannot serve; the message is the reason that the index shows, and says what to do. */
export class LoadFailure extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'LoadFailure'
  }
}

/** `enter` is told of each step as it begins; the first, validating, has begun already. The loader throws LoadFailure. */
export function makeLoader(options: LoaderOptions): Loader {
  let instances = 0

  async function start(graph: Graph, manifest: Manifest, threads: number): Promise<Instance> {
    if (instances >= options.instancesMax)
      throw new LoadFailure(`all ${options.instancesMax} instances are in use (lifecycle.instancesMax)`)
    instances++
    try {
      const instance = await options.startInstance({
        path: graph.path,
        graphOptimization: manifest.runtime.graphOptimization,
        threads
      })
      void instance.ended.then(() => instances--)
      return instance
    } catch (error) {
      instances--
      throw new LoadFailure(`the runtime cannot load the model: ${reasonOf(error)}`, { cause: error })
    }
  }

  return async (model, version, enter) => {
    const { graph, manifest, features } = await validate(version)
    const supplied = await orFail(suppliedRequests(version, options))

    enter('loading')
    const { threads: wanted } = manifest.instances
    const threads = wanted === 'auto' ? options.threads : wanted
    const instance = await start(graph, manifest, threads)
    try {
      enter('warming')
      const { signature, header } = graph
      const outputs = signature.outputs.map(output => output.name)
      const warning = await orFail(
        warmUp(({ inputs }) => instance.run(inputs, outputs), signature, supplied, options)
      )
      const facts = {
        model,
        version: version.version,
        signature,
        features,
        manifest,
        header,
        threads,
        warning
      }
      return modelVersion(facts, instance, () => options.clock.monotonicMs())
    } catch (error) {
      await instance.close()
      throw error
    }
  }
}

interface Validated {
  readonly graph: Graph
  readonly manifest: Manifest
  readonly features: readonly Feature[]
}

async function validate(version: ScannedVersion): Promise<Validated> {
  if (version.manifest === undefined || version.problems.length > 0)
    throw new LoadFailure(version.problems.join('; '))
  const graph = await readGraph(version)
  if ('problems' in graph) throw new LoadFailure(graph.problems.join('; '))
  const { features, problems } = featuresOf(graph.signature, version.manifest.inputs)
  const all = [...problems, ...outputProblems(graph.signature, version.manifest)]
  if (all.length > 0) throw new LoadFailure(`model.yaml contradicts the graph: ${all.join('; ')}`)
  return { graph, manifest: version.manifest, features }
}

function outputProblems(signature: Signature, manifest: Manifest): string[] {
  return Object.entries(manifest.outputs).flatMap(([name, { role, classes }]) => {
    const output = signature.outputs.find(spec => spec.name === name)
    if (output === undefined)
      return [
        `outputs: the graph has no output '${name}' (it has ${signature.outputs.map(spec => spec.name).join(', ')})`
      ]
    const width = output.shape?.at(-1)
    const mismatch =
      role === 'probabilities' &&
      classes !== undefined &&
      typeof width === 'number' &&
      width !== classes.length
    return mismatch ? [`outputs.${name}: ${classes.length} classes are named, the graph has ${width}`] : []
  })
}

async function orFail<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    throw new LoadFailure(messageOf(error), { cause: error })
  }
}
