// What people are told of a version's drift: the one shape that the JSON route, the report page and the events share. Plain data.

export const monitorStates = [
  'ok',
  'significant_small',
  'warning',
  'critical',
  'insufficient_data',
  'learning',
  'no_baseline'
] as const
export type MonitorState = (typeof monitorStates)[number]

/** What never enters a distance, and is watched as a rate. `below` and `above` are values outside of the declared or reference range. */
export const rateKinds = ['missing', 'nan', 'inf', 'below', 'above', 'unseen'] as const
export type RateKind = (typeof rateKinds)[number]

export interface RateView {
  readonly kind: RateKind
  readonly count: number
  /** Of the window's rows. */
  readonly share: number
  readonly referenceShare: number
  /** One-sided: that so many come by chance. */
  readonly p: number
  readonly severity: 'ok' | 'warning' | 'critical'
}

/** One monitor in one window. Scores are undefined where the window has no rows. */
export interface WindowView {
  /** `10m`, `1h`, `24h`, `7d`, or what the settings make of them. */
  readonly window: string
  /** Rows in bins, as they came. */
  readonly rows: number
  /** Rows that so many correlated rows are worth. */
  readonly effectiveRows: number
  readonly designEffect: number
  /** Effective rows below which nothing is decided. */
  readonly rowsMin: number
  readonly psi: number | undefined
  readonly psiP: number | undefined
  readonly ks: number | undefined
  readonly ksP: number | undefined
  readonly chi2: number | undefined
  readonly chi2P: number | undefined
  /** Jensen–Shannon distance with logarithms to base 2: 0 to 1. */
  readonly jsBase2: number | undefined
  /** Wasserstein distance in standard deviations of the reference; numeric monitors only. */
  readonly wasserstein: number | undefined
  readonly linf: number | undefined
  /** The bin whose share changed most. */
  readonly linfBin: number | undefined
  readonly severity: 'ok' | 'significant_small' | 'warning' | 'critical' | 'insufficient_data'
  readonly counts: readonly number[]
  readonly rates: readonly RateView[]
}

export interface MonitorView {
  readonly name: string
  readonly role: 'input' | 'output' | 'derived'
  readonly kind: 'numeric' | 'categorical'
  readonly state: MonitorState
  /** One sentence for a person who knows no statistics. */
  readonly explanation: string
  /** What decides the state: the shortest window with enough rows, or the one that model.yaml asks for. */
  readonly window: string | undefined
  readonly thresholds: { readonly warning: number; readonly critical: number }
  /** Largest probability of chance that counts as significant. */
  readonly alpha: number
  readonly reference:
    | {
        readonly rows: number
        readonly counts: readonly number[]
        /** Interior edges of numeric bins. */
        readonly edges: readonly number[] | undefined
        /** Names of the bins: categories, then `other`, then `unseen`; of numeric bins their ranges. */
        readonly bins: readonly string[]
        readonly mean: number | undefined
        readonly deviation: number | undefined
      }
    | undefined
  readonly windows: readonly WindowView[]
  /** PSI over time, the oldest first; null where nothing could be said. `atMs` is since the epoch. */
  readonly timeline: readonly { readonly atMs: number; readonly psi: number | null }[]
}

export interface DriftView {
  readonly model: string
  readonly version: number
  readonly state: MonitorState
  /** Why there is no baseline, or how far learning got. */
  readonly reason: string | undefined
  readonly profile:
    | { readonly id: string; readonly source: string; readonly rows: number; readonly createdAt: string }
    | undefined
  readonly rowsSeen: number
  /** Rows that were counted; fewer than `rowsSeen` where the time budget of a request made sampling necessary. */
  readonly rowsCounted: number
  readonly falseAlarmsPerWeek: number
  readonly evaluatedAt: string | undefined
  /** Rejected requests by what was wrong with them. */
  readonly violations: {
    readonly type: number
    readonly shape: number
    readonly name: number
    readonly range: number
  }
  /** The worst first. */
  readonly monitors: readonly MonitorView[]
}
