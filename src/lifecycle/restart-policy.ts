// How long to wait before an instance that ended by itself is started anew, and when to give up. Pure.

/** Ends in a row, without one answered run in between, after which nobody expects another outcome. */
export const lossesMax = 6
const firstDelayMs = 100
const delayMaxMs = 5000

/** Undefined when it is given up. The first restart is at once: most losses are single ones. */
export function restartDelayMs(lossesInARow: number): number | undefined {
  if (lossesInARow >= lossesMax) return undefined
  return lossesInARow <= 1 ? 0 : Math.min(delayMaxMs, firstDelayMs * 2 ** (lossesInARow - 2))
}
