// What scipy answers: test/fixtures/drift/make.py.
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

interface Fixture {
  readonly pairs: readonly Pair[]
  readonly tails: {
    readonly chi2: readonly { readonly x: number; readonly df: number; readonly logP: number | null }[]
    readonly chi2Quantile: readonly { readonly alpha: number; readonly df: number; readonly x: number }[]
    readonly kolmogorov: readonly { readonly x: number; readonly p: number }[]
    readonly gamma: readonly { readonly x: number; readonly log: number }[]
    readonly beta: readonly {
      readonly x: number
      readonly a: number
      readonly b: number
      readonly p: number
    }[]
    readonly rate: readonly {
      readonly k: number
      readonly m: number
      readonly k0: number
      readonly n: number
      readonly p: number
    }[]
  }
  readonly pca: {
    readonly table: number[]
    readonly columns: number
    readonly count: number
    readonly explained: number
    readonly scale: number[]
    readonly residuals: number[]
  }
}

export const scipy = JSON.parse(readFileSync('test/fixtures/drift/statistics.json', 'utf8')) as Fixture

/** How far `got` is from `expected`, in parts of it. */
export function distance(got: number, expected: number): number {
  if (got === expected) return 0
  return Math.abs(got - expected) / Math.max(Math.abs(expected), Number.MIN_VALUE)
}
