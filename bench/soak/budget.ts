// Figures that say by themselves whether their budget is met, so that a run can end with a verdict.
import type { Figure } from '../harness.ts'

export interface Judged extends Figure {
  /** Absent where there is no budget. */
  readonly met?: boolean
}

export function atMost(what: string, value: number, unit: string, most: number): Judged {
  return { what, value, unit, budget: `≤ ${Number(most.toFixed(1))} ${unit}`, met: value <= most }
}

/** Value divided by a baseline. */
export function ratioAtLeast(
  what: string,
  value: number,
  unit: string,
  { baseline, least }: { readonly baseline: number; readonly least: number }
): Judged {
  const ratio = value / baseline
  return { what, value, unit, budget: `≥ ${least}`, ratio, met: ratio >= least }
}
