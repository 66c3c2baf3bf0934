// Everything about a version that can be known without loading it: its folder, its graph, and whether model.yaml fits the graph.
import { messageOf } from '../errors/serving-error.ts'
import { type Graph, readGraph } from '../repository/graph.ts'
import type { Manifest } from '../repository/manifest.ts'
import type { ScannedVersion } from '../repository/scan.ts'
import { type Feature, featuresOf } from '../schema/features.ts'
import type { Signature } from '../schema/signature.ts'
import type { GateVerdict } from './gate-verdict.ts'

/** A version that cannot serve; the message is the reason that the index shows, and says what to do. */
export class LoadFailure extends Error {
  /** What was known when it failed, for the record. */
  evidence: LoadEvidence = {}

  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'LoadFailure'
  }
}

/** There is no memory for it now; there may be later. */
export class NoMemory extends LoadFailure {}

export interface LoadEvidence {
  /** SHA-256 of each file that was read, by its path in the version's folder. */
  readonly digests?: Readonly<Record<string, string>> | undefined
  readonly verdict?: GateVerdict | undefined
}

export interface Validated {
  readonly graph: Graph
  readonly manifest: Manifest
  readonly features: readonly Feature[]
}

/** Throws LoadFailure with every problem. */
export async function validate(version: ScannedVersion): Promise<Validated> {
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

/** The same promise, whose failure is a LoadFailure. */
export async function orFail<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    throw error instanceof LoadFailure ? error : new LoadFailure(messageOf(error), { cause: error })
  }
}
