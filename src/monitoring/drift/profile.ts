// The reference profile of a version, `reference.json`: for everything that is monitored one histogram with frozen edges, as the
// training data (or a capture of live rows) filled it. Made by `kedge profile` and by live capture, read at load.

/** One monitored quantity. Names of inputs are feature names; `output:…` and `derived:…` begin the others. */
interface MonitorReferenceBase {
  readonly name: string
  /** Rows that were looked at; the counts below and those that never enter a distance add up to it. */
  readonly rows: number
  /** No value: null, an empty text, or NaN where the feature is nullable. */
  readonly missing: number
  readonly nan: number
  /** Either infinity. */
  readonly infinite: number
}

export interface NumericReference extends MonitorReferenceBase {
  readonly kind: 'numeric'
  /** The values are the lengths of texts, which are too many for categories. */
  readonly of?: 'length' | undefined
  readonly min: number
  readonly max: number
  /** Values outside of the range that model.yaml declared at the time; 0 where it declared none. */
  readonly below: number
  readonly above: number
  readonly mean: number
  /** Population standard deviation. */
  readonly deviation: number
  /** B − 1 rising edges; bin j holds edges[j−1] ≤ x < edges[j], and the outer bins are open. */
  readonly edges: readonly number[]
  readonly counts: readonly number[]
  /** Mean of the values in each bin; of an empty bin its middle. */
  readonly binMeans: readonly number[]
  /** Values at the shares .01, .05, .25, .5, .75, .95 and .99. */
  readonly quantiles: readonly number[]
}

export interface CategoricalReference extends MonitorReferenceBase {
  readonly kind: 'categorical'
  /** The most frequent values, the most frequent first; booleans are 'false' and 'true'. */
  readonly categories: readonly string[]
  /** Of each category, then of all others together. */
  readonly counts: readonly number[]
  /** The names that the last count stands for. Where there are too many to list, `othersLeftOut` says how many are missing. */
  readonly others: readonly string[]
  readonly othersLeftOut: number
}

export type MonitorReference = NumericReference | CategoricalReference

/** Residuals of a principal component analysis of the standardised numeric features. */
export interface PcaReference {
  /** The monitors that it reads, in order. */
  readonly features: readonly string[]
  readonly mean: readonly number[]
  /** Standard deviations; 1 for a constant. */
  readonly scale: readonly number[]
  /** Orthonormal components, one row each. */
  readonly components: readonly (readonly number[])[]
  /** Share of the variance that they explain. */
  readonly explained: number
}

export interface ProfileSource {
  readonly kind: 'csv' | 'jsonl' | 'parquet' | 'live-capture'
  /** The file's name without its folder; absent for a live capture. */
  readonly name?: string | undefined
  readonly rows: number
  /** Rows that the histograms hold: fewer than `rows` where these were sampled. */
  readonly sampledRows: number
}

export interface Profile {
  readonly schema: 1
  readonly model: string
  readonly modelVersion: number
  /** SHA-256 of the model's file; where its weights lie in files of their own, of the digests and names of all. */
  readonly modelSha256: string
  /** ISO 8601. */
  readonly createdAt: string
  readonly tool: string
  readonly source: ProfileSource
  /** Of the random projections. */
  readonly seed: number
  readonly monitors: readonly MonitorReference[]
  readonly pca?: PcaReference | undefined
}
