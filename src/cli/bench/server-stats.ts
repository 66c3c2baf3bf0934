// The server's own account of a benchmark: the difference between two answers of Triton's statistics extension.

/** Sums over the versions of a model. */
export interface StatsTotals {
  readonly rows: number
  readonly runs: number
  readonly queue: Duration
  readonly infer: Duration
}

interface Duration {
  readonly count: number
  readonly ns: number
}

export interface ServerFigures {
  readonly queueMeanMs: number | null
  readonly inferMeanMs: number | null
  readonly rowsPerRun: number | null
}

/** Undefined where `json` is not what the extension answers. */
export function readStats(json: unknown): StatsTotals | undefined {
  const versions = field(json, 'model_stats')
  if (!Array.isArray(versions)) return undefined
  const sum = (...path: readonly string[]): number =>
    versions.reduce<number>((total, version: unknown) => {
      const value = path.reduce<unknown>(field, version)
      return total + (typeof value === 'number' ? value : 0)
    }, 0)
  const duration = (name: string): Duration => ({
    count: sum('inference_stats', name, 'count'),
    ns: sum('inference_stats', name, 'ns')
  })
  return {
    rows: sum('inference_count'),
    runs: sum('execution_count'),
    queue: duration('queue'),
    infer: duration('compute_infer')
  }
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined
}

/** What happened between the two; null where nothing was counted. Other callers of the model are counted too. */
export function figuresBetween(before: StatsTotals, after: StatsTotals): ServerFigures {
  const meanMs = (one: Duration, other: Duration): number | null =>
    ratio((other.ns - one.ns) / 1e6, other.count - one.count)
  return {
    queueMeanMs: meanMs(before.queue, after.queue),
    inferMeanMs: meanMs(before.infer, after.infer),
    rowsPerRun: ratio(after.rows - before.rows, after.runs - before.runs)
  }
}

const ratio = (above: number, below: number): number | null => (below > 0 ? above / below : null)
