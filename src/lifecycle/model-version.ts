// A loaded version: its signature and a way to run it. Whoever runs it holds a handle, so that it is not unloaded underneath.

import type { Instance } from '../backend/backend.ts'
import { RunQueue } from '../batching/run-queue.ts'
import type { Graph } from '../repository/graph.ts'
import type { Manifest } from '../repository/manifest.ts'
import type { Feature } from '../schema/features.ts'
import type { Signature } from '../schema/signature.ts'
import { bytesOf, type InferenceRequest, type NamedTensor, rowsOf } from '../tensor/tensor.ts'

export interface Ran {
  readonly outputs: readonly NamedTensor[]
  readonly queueMs: number
  readonly runMs: number
}

/** What can be said of a version once it is loaded. */
export interface VersionFacts {
  readonly model: string
  readonly version: number
  readonly signature: Signature
  readonly features: readonly Feature[]
  readonly manifest: Manifest
  readonly header: Graph['header']
  readonly threads: number
  /** Why the generated warm-up request failed, for a version that serves all the same. */
  readonly warning: string | undefined
}

export interface ModelVersion extends VersionFacts {
  readonly placement: Instance['placement']
  /** Rows that wait for their turn. */
  readonly queuedRows: number
  /** Runs a request that fits the signature; its tensors' memory moves away. Throws ServingError. */
  run(request: InferenceRequest): Promise<Ran>
  /** Waits for the run in progress and frees everything. */
  close(): Promise<void>
  /** Settles when the instance ended, with the reason where nobody asked it to. */
  readonly ended: Promise<Error | undefined>
}

/** Joins an instance to the queue before it. `now` is monotonic, in milliseconds. */
export function modelVersion(facts: VersionFacts, instance: Instance, now: () => number): ModelVersion {
  const queue = new RunQueue(facts.manifest.queue, now)
  const everyOutput = facts.signature.outputs.map(output => output.name)
  return {
    ...facts,
    placement: instance.placement,
    get queuedRows() {
      return queue.rows
    },
    async run({ inputs, outputs }) {
      const rows = rowsOf(inputs[0])
      const bytes = inputs.reduce((sum, input) => sum + bytesOf(input), 0)
      const { result, queueMs } = await queue.push({
        rows,
        bytes,
        run: () => instance.run(inputs, outputs ?? everyOutput)
      })
      return { ...result, queueMs }
    },
    close: () => instance.close(),
    ended: instance.ended
  }
}
