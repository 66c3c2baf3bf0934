// Counts and times of each version since it was loaded, as the statistics extension tells them. Fed like the metrics, kept in plain
// numbers: nothing is looked up by label.
import type { InferenceObserver, RequestReport } from '../inference/observer.ts'
import type { ModelVersion } from '../lifecycle/model-version.ts'

/** How often, and how long in all. */
interface Sum {
  count: number
  ns: number
}

interface Counts {
  lastInferenceMs: number | undefined
  rows: number
  runs: number
  readonly success: Sum
  readonly fail: Sum
  readonly queue: Sum
  readonly computeInput: Sum
  readonly computeInfer: Sum
  /** Runs by the number of their rows. */
  readonly batches: Map<number, { readonly rows: number; readonly computeInfer: Sum }>
}

/** Sizes of batches that are told apart; what is larger than all counts as the last of them. */
const batchSizesMax = 1024

const nanoseconds = 1e6

function noCounts(): Counts {
  const none = (): Sum => ({ count: 0, ns: 0 })
  return {
    lastInferenceMs: undefined,
    rows: 0,
    runs: 0,
    success: none(),
    fail: none(),
    queue: none(),
    computeInput: none(),
    computeInfer: none(),
    batches: new Map()
  }
}

function add(sum: Sum, ms: number): void {
  sum.count++
  sum.ns += ms * nanoseconds
}

export class VersionCounts implements InferenceObserver {
  readonly #nowMs: () => number
  readonly #counts = new WeakMap<ModelVersion, Counts>()

  /** `nowMs` tells the time of day. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  finished({ version, outcome, durationMs, ran }: RequestReport): void {
    if (version === undefined) return
    const counts = this.#of(version)
    counts.lastInferenceMs = this.#nowMs()
    add(outcome === 'success' ? counts.success : counts.fail, durationMs)
    if (ran === undefined) return
    const { result } = ran
    counts.rows += ran.rows
    add(counts.queue, result.queueMs)
    add(counts.computeInput, ran.readMs)
    add(counts.computeInfer, result.runMs)
    if (!result.firstOfBatch) return
    counts.runs++
    const rows = Math.min(result.batchRows, batchSizesMax)
    let batch = counts.batches.get(rows)
    if (batch === undefined) {
      batch = { rows, computeInfer: { count: 0, ns: 0 } }
      counts.batches.set(rows, batch)
    }
    add(batch.computeInfer, result.runMs)
  }

  /** What there is to tell of `version`. */
  statistics(version: ModelVersion) {
    const { batches, computeInput, computeInfer, ...counts } = this.#of(version)
    return {
      model: version.model,
      version: version.version,
      ...counts,
      run: { computeInput, computeInfer },
      batches: [...batches.values()]
    }
  }

  #of(version: ModelVersion): Counts {
    let counts = this.#counts.get(version)
    if (counts === undefined) {
      counts = noCounts()
      this.#counts.set(version, counts)
    }
    return counts
  }
}
