// Throughput and p99 window after window, and whether the last of them agree, so that a figure is not taken for more than it is.
import { Histogram } from './histogram.ts'

export interface Window {
  readonly requestsPerSecond: number
  readonly p99Ms: number
}

/** Answers by the window in which they came. Times must not go backwards. */
export class WindowMeter {
  readonly windows: Window[] = []
  readonly #windowMs: number
  readonly #latency = new Histogram()
  #endMs: number

  constructor(startMs: number, windowMs: number) {
    this.#windowMs = windowMs
    this.#endMs = startMs + windowMs
  }

  record(endedMs: number, latencyMs: number): void {
    this.closeUntil(endedMs)
    this.#latency.record(latencyMs)
  }

  /** Closes the windows that are over at `nowMs`, empty ones included. */
  closeUntil(nowMs: number): void {
    for (; this.#endMs <= nowMs; this.#endMs += this.#windowMs) {
      this.windows.push({
        requestsPerSecond: (this.#latency.count * 1000) / this.#windowMs,
        p99Ms: this.#latency.quantileMs(0.99)
      })
      this.#latency.reset()
    }
  }
}

export interface Stability {
  readonly stable: boolean
  readonly reason: string
}

const windowsCompared = 3
const spreadMax = 0.1

/** Stable when throughput and p99 of the last three windows lie within 10 % of each other. */
export function stabilityOf(windows: readonly Window[]): Stability {
  const last = windows.slice(-windowsCompared)
  if (last.length < windowsCompared)
    return { stable: false, reason: `${last.length} of the ${windowsCompared} windows that it takes` }
  const figures = [
    ['requests/s', last.map(window => window.requestsPerSecond)],
    ['p99', last.map(window => window.p99Ms)]
  ] as const
  for (const [name, values] of figures) {
    const min = Math.min(...values)
    const spread = (Math.max(...values) - min) / min
    // NaN, where a window saw no answer, is not stable either.
    if (!(spread <= spreadMax)) {
      const text = Number.isFinite(spread)
        ? `${name} differs by ${percent(spread)}`
        : 'a window saw no answer'
      return { stable: false, reason: `${text} over the last ${windowsCompared} windows` }
    }
  }
  return {
    stable: true,
    reason: `requests/s and p99 of the last ${windowsCompared} windows are within ${percent(spreadMax)}`
  }
}

const percent = (share: number): string => `${Math.ceil(share * 100)} %`
