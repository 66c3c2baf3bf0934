// A loaded version: its signature and a way to run it. Whoever runs it holds a handle, so that it is not unloaded underneath.
import type { Batcher } from '../batching/batcher.ts'
import { type Cancellation, type JobResult, priorityStandard } from '../batching/job.ts'
import { ServingError } from '../errors/serving-error.ts'
import type { Graph } from '../repository/graph.ts'
import { type Manifest, sessionPart } from '../repository/manifest.ts'
import { type Contract, contractOf } from '../schema/contract.ts'
import type { Feature } from '../schema/features.ts'
import type { Signature } from '../schema/signature.ts'
import { bytesOf, type InferenceRequest, rowsOf } from '../tensor/tensor.ts'
import { hasFreeSizes } from './batch-axis.ts'
import type { GateVerdict } from './gate-verdict.ts'
import type { InstanceGroup } from './instance-group.ts'
import type { Example } from './load.ts'

/** What can be said of a version once it is loaded. */
export interface VersionFacts {
  readonly model: string
  readonly version: number
  readonly signature: Signature
  readonly features: readonly Feature[]
  readonly manifest: Manifest
  readonly header: Graph['header']
  /** Threads that one run may use. */
  readonly threads: number
  /** Why requests do not share runs; undefined where they do. */
  readonly unbatched: string | undefined
  /** What people should know of a version that serves all the same. */
  readonly warning: string | undefined
  /** SHA-256 of each file that was loaded, by its path in the version's folder. */
  readonly digests: Readonly<Record<string, string>>
  /** Inputs that it has answered, made anew each time. */
  readonly example: Example
  /** What its gate found; undefined where it has none. */
  readonly verdict: GateVerdict | undefined
}

/** When the caller has to be answered, and whether anybody still waits. */
export interface RunTerms {
  /** On the monotonic clock. */
  readonly deadlineMs: number
  readonly cancellation: Cancellation
}

export interface ModelVersion extends VersionFacts {
  /** What a request has to fit. */
  readonly contract: Contract
  /** Takes over what a changed model.yaml says, where that needs no new session. */
  configure(manifest: Manifest): void
  readonly instances: Pick<InstanceGroup, 'choice' | 'size' | 'stuckSinceMs'>
  /** Rows that wait for their turn. */
  readonly queuedRows: number
  /** Runs a request that fits the signature; its tensors' memory may move away. Throws ServingError. */
  run(request: InferenceRequest, terms: RunTerms): Promise<JobResult>
  /** Waits for the runs in progress and frees everything. */
  close(): Promise<void>
  /** Settles when no instance is left, with the reason where nobody asked for it. */
  readonly ended: Promise<Error | undefined>
}

export function modelVersion(
  facts: VersionFacts,
  batcher: Batcher,
  instances: Pick<InstanceGroup, 'choice' | 'size' | 'stuckSinceMs' | 'ended' | 'close'>
): ModelVersion {
  const { signature, unbatched } = facts
  let { manifest } = facts
  const everyOutput = signature.outputs.map(output => output.name)
  const bySize = hasFreeSizes(signature)
  const refuseRows = manifest.batching.oversized === 'refuse' ? manifest.batching.rowsMax : undefined

  /** Requests with equal keys fit into one run: the same outputs, and the same sizes besides the batch. */
  function mergeKey(
    inputs: InferenceRequest['inputs'],
    outputs: InferenceRequest['outputs'],
    rows: number
  ): string | undefined {
    if (unbatched !== undefined || rows === 0) return undefined
    // What `axis: 0` in model.yaml calls the batch need not agree among the inputs: such a request would shift the others' rows.
    if (inputs.some(input => rowsOf(input) !== rows)) return undefined
    const sizes = bySize ? inputs.map(({ shape }) => shape.slice(1).join()).join(';') : ''
    return outputs === undefined ? sizes : `${sizes}|${JSON.stringify(outputs)}`
  }

  return {
    ...facts,
    contract: contractOf(signature, facts.features),
    instances,
    get manifest() {
      return manifest
    },
    configure(changed) {
      manifest = { ...changed, ...sessionPart(facts.manifest) }
    },
    get queuedRows() {
      return batcher.queuedRows
    },
    run(request, { deadlineMs, cancellation }) {
      const { outputs, priority = priorityStandard } = request
      const inputs = inSignatureOrder(request, signature)
      const rows = rowsOf(inputs[0])
      if (refuseRows !== undefined && rows > refuseRows) return Promise.reject(tooManyRows(rows, refuseRows))
      let bytes = 0
      for (const input of inputs) bytes += bytesOf(input)
      return batcher.push({
        inputs,
        outputs: outputs ?? everyOutput,
        rows,
        bytes,
        mergeKey: mergeKey(inputs, outputs, rows),
        priority,
        deadlineMs,
        cancellation
      })
    },
    close: () => instances.close(),
    ended: instances.ended
  }
}

/** Callers name their inputs in any order; those that share a run have them in one. */
function inSignatureOrder({ inputs }: InferenceRequest, signature: Signature): InferenceRequest['inputs'] {
  if (inputs.every(({ name }, index) => name === signature.inputs[index]?.name)) return inputs
  return signature.inputs.flatMap(spec => inputs.filter(({ name }) => name === spec.name))
}

function tooManyRows(rows: number, rowsMax: number): ServingError {
  const message = `inputs: the request has ${rows} rows, the model takes at most ${rowsMax} at once (batching.rowsMax)`
  return new ServingError('INVALID_INPUT', message)
}
