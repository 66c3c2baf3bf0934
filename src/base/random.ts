// Randomness that a seed repeats: the same seed gives the same payloads and the same arrivals on every machine.

/** A number from 0 up to, but not including, 1. */
export type Random = () => number

/** Tommy Ettinger's mulberry32: 32 bits of state, good enough to spread load and to fill tensors. Not for secrets. */
export function seededRandom(seed: number): Random {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let bits = Math.imul(state ^ (state >>> 15), state | 1)
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61)
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32
  }
}

/** A whole number from 0 up to, but not including, `end`. */
export function randomBelow(end: number, random: Random): number {
  return Math.floor(random() * end)
}

/** The time to the next arrival of a Poisson process: exponentially distributed, `1000 / ratePerSecond` on average. */
export function nextGapMs(ratePerSecond: number, random: Random): number {
  return (-Math.log(1 - random()) * 1000) / ratePerSecond
}
