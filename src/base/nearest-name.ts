// "Did you mean …": the known name closest to a misspelt one.

/** The candidate with the fewest edits to `name`, at most a third of its length (but one at least), or undefined. Case is ignored. */
export function nearestName(name: string, candidates: Iterable<string>): string | undefined {
  const wanted = name.slice(0, 128).toLowerCase()
  let best: string | undefined
  let bestDistance = Number.POSITIVE_INFINITY
  for (const candidate of candidates) {
    const distance = editDistance(wanted, candidate.slice(0, 128).toLowerCase())
    if (distance < bestDistance && distance <= Math.max(1, Math.floor(candidate.length / 3))) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

/** `did you mean 'age'?`, or nothing when no name is near. */
export function suggestion(name: string, candidates: Iterable<string>): string {
  const nearest = nearestName(name, candidates)
  return nearest === undefined ? '' : `did you mean '${nearest}'?`
}

/** Insertions, deletions, replacements and swaps of neighbours, each counted as one (optimal string alignment), a row at a time. */
function editDistance(a: string, b: string): number {
  let before: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const current = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      const swapped =
        a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? before[j - 2]! + 1 : Number.POSITIVE_INFINITY
      current.push(Math.min(replaced, swapped, previous[j]! + 1, current[j - 1]! + 1))
    }
    before = previous
    previous = current
  }
  return previous[b.length]!
}
