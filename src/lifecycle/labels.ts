// Which version each label means right now. Pure: a label is wanted state, and moves once its new target is ready.

/** Where one label stood and stands; undefined where it means no version. */
export interface LabelMove {
  readonly label: string
  readonly from: number | undefined
  readonly to: number | undefined
}

/**
 * The version of each label of `wanted`: its target where that is ready, else the one it had as long as that is ready. A label
 * without either is left out, and so is one that model.yaml no longer has.
 */
export function resolveLabels(
  wanted: Readonly<Record<string, number>>,
  before: ReadonlyMap<string, number>,
  isReady: (version: number) => boolean
): Map<string, number> {
  const now = new Map<string, number>()
  for (const [label, target] of Object.entries(wanted)) {
    const kept = before.get(label)
    if (isReady(target)) now.set(label, target)
    else if (kept !== undefined && isReady(kept)) now.set(label, kept)
  }
  return now
}

export function labelMoves(
  before: ReadonlyMap<string, number>,
  now: ReadonlyMap<string, number>
): LabelMove[] {
  const labels = new Set([...before.keys(), ...now.keys()])
  return [...labels].flatMap(label => {
    const from = before.get(label)
    const to = now.get(label)
    return from === to ? [] : [{ label, from, to }]
  })
}
