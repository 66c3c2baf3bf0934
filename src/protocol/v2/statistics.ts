// The statistics extension: counts and times of versions in Triton's shape, which perf_analyzer reads.

/** How often something took place, and how long it took in all. */
export interface Timing {
  readonly count: number
  readonly ns: number
}

/** The steps of a run; without figures of their own, input and output stay at zero. */
export interface RunTimings {
  readonly computeInput?: Timing
  readonly computeInfer: Timing
  readonly computeOutput?: Timing
}

export interface VersionStatistics {
  readonly model: string
  readonly version: number
  /** When the last request came, in milliseconds since 1970; undefined where there was none. */
  readonly lastInferenceMs: number | undefined
  /** Rows that were answered. */
  readonly rows: number
  /** Runs they took. */
  readonly runs: number
  readonly success: Timing
  readonly fail: Timing
  readonly queue: Timing
  readonly run: RunTimings
  /** Runs by the number of their rows. */
  readonly batches: readonly ({ readonly rows: number } & RunTimings)[]
  /** Measured memory, where it is known. */
  readonly memoryBytes?: number
}

const none: Timing = { count: 0, ns: 0 }

/** Triton's answer to `GET …/stats`. There is no cache, so nothing hits or misses one. */
export function modelStatistics(versions: readonly VersionStatistics[]) {
  return { model_stats: versions.map(versionStatistics) }
}

function versionStatistics(facts: VersionStatistics) {
  return {
    name: facts.model,
    version: String(facts.version),
    last_inference: Math.floor(facts.lastInferenceMs ?? 0),
    inference_count: facts.rows,
    execution_count: facts.runs,
    inference_stats: {
      success: whole(facts.success),
      fail: whole(facts.fail),
      queue: whole(facts.queue),
      ...runTimings(facts.run),
      cache_hit: none,
      cache_miss: none
    },
    response_stats: {},
    batch_stats: [...facts.batches]
      .sort((a, b) => a.rows - b.rows)
      .map(batch => ({ batch_size: batch.rows, ...runTimings(batch) })),
    memory_usage:
      facts.memoryBytes === undefined
        ? []
        : [{ type: 'CPU', id: 0, byte_size: Math.round(facts.memoryBytes) }]
  }
}

function runTimings({ computeInput = none, computeInfer, computeOutput = none }: RunTimings) {
  return {
    compute_input: whole(computeInput),
    compute_infer: whole(computeInfer),
    compute_output: whole(computeOutput)
  }
}

/** Clients read whole nanoseconds. */
function whole({ count, ns }: Timing): Timing {
  return { count, ns: Math.round(ns) }
}
