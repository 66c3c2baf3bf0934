// How long to wait before an instance that ended by itself is started anew. Pure.

/** Ends in a row, without one answered run in between, after which nobody expects another outcome soon. */
export const lossesMax = 6
const firstDelayMs = 100
export const delayMaxMs = 5000

/** The first restart is at once: most losses are single ones. */
export function restartDelayMs(lossesInARow: number): number {
  if (lossesInARow >= lossesMax) return delayMaxMs
  return lossesInARow <= 1 ? 0 : firstDelayMs * 2 ** (lossesInARow - 2)
}
