// What a gate found: plain data for the log, the index, the audit trail and the gate route.

/** One expectation that was not met. Rows count from 0; undefined where the whole file is at fault. */
export interface GateFailure {
  readonly row: number | undefined
  readonly output: string | undefined
  readonly problem: string
  readonly expected?: unknown
  readonly got?: unknown
}

/** A bound on the score of a labelled data set, and what came out. */
export interface GateMetric {
  readonly name: 'accuracy' | 'macro-F1' | 'log-loss' | 'MAE' | 'RMSE'
  readonly value: number
  readonly atLeast?: number | undefined
  readonly atMost?: number | undefined
}

export interface GateFileVerdict {
  /** Relative to the version's folder: `gate/held-out.yaml`. */
  readonly file: string
  readonly kind: 'case' | 'scored'
  readonly passed: boolean
  /** Rows that were run, and how many more the file has. */
  readonly rows: number
  readonly rowsLeftOut: number
  readonly metric?: GateMetric | undefined
  /** The first ones in full, and how many more there are. */
  readonly failures: readonly GateFailure[]
  readonly failuresLeftOut: number
}

export interface GateVerdict {
  readonly passed: boolean
  /** One line for the index: why it failed, or how much passed. */
  readonly summary: string
  readonly files: readonly GateFileVerdict[]
  /** The median of the gate's runs, and the bound of model.yaml where it has one. */
  readonly runMs:
    | { readonly median: number; readonly max?: number | undefined; readonly passed: boolean }
    | undefined
  readonly warnings: readonly string[]
  readonly durationMs: number
}

/** Failures that are told in full; the rest are counted. */
export const failuresMax = 32

type FileFacts = Pick<GateFileVerdict, 'file' | 'kind' | 'rows' | 'rowsLeftOut' | 'metric'>

export function fileVerdict(facts: FileFacts, failures: readonly GateFailure[]): GateFileVerdict {
  const shown = failures.slice(0, failuresMax)
  return {
    ...facts,
    passed: failures.length === 0,
    failures: shown,
    failuresLeftOut: failures.length - shown.length
  }
}
