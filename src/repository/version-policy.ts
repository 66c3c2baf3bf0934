// Which versions a model should serve, given how each one fares. Pure: the manager acts on the answer.
import type { VersionPolicy } from './manifest.ts'

/** How a version on disk fares: not tried yet, serving, or tried and refused. */
export type Standing = 'untried' | 'ready' | 'failed'

/**
 * The versions that policy and labels want, highest first. `latest(n)` means the n highest that are not refused: a failed one
 * gives its place to the next lower. Labelled versions are always wanted. Failed ones are in nobody's answer.
 */
export function desiredVersions(
  policy: VersionPolicy,
  labels: Readonly<Record<string, number>>,
  standings: ReadonlyMap<number, Standing>
): number[] {
  const usable = [...standings.keys()]
    .filter(version => standings.get(version) !== 'failed')
    .sort((a, b) => b - a)
  const labelled = new Set(Object.values(labels))
  const chosen = new Set(chosenBy(policy, usable))
  return usable.filter(version => chosen.has(version) || labelled.has(version))
}

function chosenBy(policy: VersionPolicy, usable: readonly number[]): readonly number[] {
  switch (policy.policy) {
    case 'latest':
      return usable.slice(0, policy.count)
    case 'all':
      return usable
    case 'specific':
      return usable.filter(version => policy.versions.includes(version))
  }
}

/** Versions that policy or labels name but the folder does not hold. */
export function missingVersions(
  policy: VersionPolicy,
  labels: Readonly<Record<string, number>>,
  present: ReadonlySet<number>
): number[] {
  const named = [...(policy.policy === 'specific' ? policy.versions : []), ...Object.values(labels)]
  return [...new Set(named)].filter(version => !present.has(version)).sort((a, b) => a - b)
}
