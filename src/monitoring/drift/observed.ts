// What a reference has seen of each input feature, for those who want to know what to send. Pure.
import type { Profile } from './profile.ts'

/** Of numbers the middle and what lies around it, of categories the most frequent. */
export interface Observed {
  readonly min?: number
  readonly max?: number
  readonly median?: number
  readonly values?: readonly string[]
}

/** Categories that are named. */
const valuesMax = 32

export function observedFeatures(profile: Profile | undefined): ReadonlyMap<string, Observed> {
  const all = new Map<string, Observed>()
  for (const monitor of profile?.monitors ?? []) {
    if (monitor.kind === 'categorical')
      all.set(monitor.name, { values: monitor.categories.slice(0, valuesMax) })
    else if (monitor.of === undefined)
      all.set(monitor.name, { min: monitor.min, max: monitor.max, median: monitor.quantiles[middle]! })
  }
  return all
}

/** The place of the median among a reference's quantiles. */
const middle = 3
