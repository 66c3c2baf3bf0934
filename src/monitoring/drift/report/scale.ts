// The scale of an axis that starts at zero: a round top, and round steps up to it.

export interface Scale {
  readonly top: number
  /** From 0 to the top. */
  readonly ticks: readonly number[]
}

const stepsMax = 4

/** A scale that holds `max`, in at most four steps of 1, 2, 2.5 or 5 times a power of ten. */
export function scaleUpTo(max: number): Scale {
  const held = (max > 0 && Number.isFinite(max) ? max : 1) * (1 - 1e-9)
  const wanted = held / stepsMax
  const power = 10 ** Math.floor(Math.log10(wanted))
  const step = ([1, 2, 2.5, 5].find(factor => factor * power >= wanted) ?? 10) * power
  const steps = Math.ceil(held / step)
  const ticks = Array.from({ length: steps + 1 }, (_, index) => Number((index * step).toPrecision(12)))
  return { top: ticks.at(-1)!, ticks }
}

/** A coordinate with two decimals: enough for a screen, and short. */
export const coordinate = (value: number): number => Math.round(value * 100) / 100
