// Where a version runs, decided from what was measured at load and what its model.yaml asks for. Pure; the reason is shown to people.
import type { Placement } from '../backend/backend.ts'

export interface PlacementFacts {
  readonly wanted: Placement | 'auto'
  /** Instances that are asked for. */
  readonly count: number
  /** A warm run of one row; undefined where nothing could be run. */
  readonly runMs: number | undefined
  /** Creation of the session. */
  readonly openMs: number
  /** A dimension besides the batch is free, so that one request says little about the next. */
  readonly hasFreeSizes: boolean
  /** The measured request is the repository's own: it shows what is typical. */
  readonly suppliedRequest: boolean
}

export interface PlacementLimits {
  /** The longest warm run of one row on the HTTP thread. */
  readonly inlineRunMaxMs: number
}

export interface PlacementChoice {
  readonly placement: Placement
  readonly reason: string
}

/** Creating the session blocks the HTTP thread, at load and whenever the version comes back. */
export const inlineOpenMaxMs = 5

export function choosePlacement(facts: PlacementFacts, limits: PlacementLimits): PlacementChoice {
  const against = reasonAgainstInline(facts, limits)
  if (facts.wanted === 'auto') {
    const placement = against === undefined ? 'inline' : 'thread'
    return {
      placement,
      reason: against ?? `a run takes ${shown(facts.runMs)}, less than the way to a thread`
    }
  }
  const asked = 'model.yaml asks for it'
  if (facts.wanted !== 'inline' || against === undefined) return { placement: facts.wanted, reason: asked }
  return { placement: 'inline', reason: `${asked}, unwisely: ${against}` }
}

function reasonAgainstInline(facts: PlacementFacts, { inlineRunMaxMs }: PlacementLimits): string | undefined {
  const { runMs, openMs, count } = facts
  if (count > 1) return `${count} instances are asked for, and there is one HTTP thread`
  if (runMs === undefined) return 'no run could be measured'
  if (runMs > inlineRunMaxMs)
    return `a run takes ${shown(runMs)}, more than the ${inlineRunMaxMs} ms that the HTTP thread may be held up`
  if (openMs > inlineOpenMaxMs)
    return `its session takes ${shown(openMs)} to create, more than the ${inlineOpenMaxMs} ms that the HTTP thread may be held up`
  if (facts.hasFreeSizes && !facts.suppliedRequest)
    return 'sizes besides the batch are free, and no warm-up request says which are typical'
  return undefined
}

function shown(ms: number | undefined): string {
  return `${ms?.toPrecision(2)} ms`
}

/** Rows of one inline batch, so that it takes no more than `turnMaxMs`: from a run of `rows` rows that took `runMs`. */
export function inlineRowsMax(rows: number, runMs: number, turnMaxMs: number): number {
  if (runMs <= turnMaxMs) return rows
  return Math.max(1, Math.floor((rows * turnMaxMs) / runMs))
}

/** Counts runs that hold up the HTTP thread for too long against those that do not. */
export class Strikes {
  readonly #runMaxMs: number
  #count = 0

  constructor(runMaxMs: number) {
    this.#runMaxMs = runMaxMs
  }

  /** True once slow runs outweigh quick ones by `strikesMax`; counts from none again afterwards. */
  add(runMs: number): boolean {
    this.#count = runMs > this.#runMaxMs ? this.#count + 1 : Math.max(0, this.#count - 1)
    if (this.#count < strikesMax) return false
    this.#count = 0
    return true
  }
}

export const strikesMax = 16

/** What `instances.count` and `instances.threads` come to on so many CPUs: together they stay within them. */
export function instancePlan(
  wanted: { readonly count: number | 'auto'; readonly threads: number | 'auto' },
  cpus: number
): { readonly count: number; readonly threads: number } {
  const count = wanted.count === 'auto' ? 1 : wanted.count
  const threads = wanted.threads === 'auto' ? Math.max(1, Math.floor(cpus / count)) : wanted.threads
  return { count, threads }
}
