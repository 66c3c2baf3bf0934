// What scipy answers, and mpmath where scipy has no digits left: test/fixtures/drift/make.py.
import { readFileSync } from 'node:fs'

interface Pair {
  readonly a: number[]
  readonly b: number[]
  readonly aMeans: number[]
  readonly bMeans: number[]
  readonly psi: number
  /** null beyond what scipy holds. */
  readonly psiLogP: number | null
  readonly ks: number
  readonly ksP: number
  readonly js: number
  readonly linf: number
  readonly wasserstein: number
  readonly chi2?: { readonly statistic: number; readonly p: number; readonly degreesOfFreedom: number }
}

/** A table of numbers row by row, and what numpy's eigenvectors make of it. */
interface Pca {
  readonly table: number[]
  readonly columns: number
  readonly count: number
  readonly explained: number
  readonly scale: number[]
  readonly residuals: number[]
}

type Table<Names extends string> = readonly Readonly<Record<Names, number>>[]

interface Fixture {
  readonly pairs: readonly Pair[]
  readonly tails: {
    readonly chi2: readonly { readonly x: number; readonly df: number; readonly logP: number | null }[]
    /** Where p is below every number. */
    readonly chi2Far: Table<'x' | 'df' | 'logP'>
    readonly chi2Quantile: Table<'alpha' | 'df' | 'x'>
    readonly kolmogorov: Table<'x' | 'p'>
    readonly gamma: Table<'x' | 'log'>
    readonly beta: Table<'x' | 'a' | 'b' | 'p'>
    readonly rate: Table<'k' | 'm' | 'k0' | 'n' | 'p'>
  }
  readonly pca: readonly Pca[]
}

export const scipy = JSON.parse(readFileSync('test/fixtures/drift/statistics.json', 'utf8')) as Fixture

/** How far `got` is from `expected`, in parts of it. */
export function distance(got: number, expected: number): number {
  if (got === expected) return 0
  return Math.abs(got - expected) / Math.max(Math.abs(expected), Number.MIN_VALUE)
}
