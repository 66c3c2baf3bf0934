// What was measured, counted as it happens. Latencies and errors belong to the requests that were meant to start in the
// measured time, however late they ended; throughput is what was answered within it.
import { Histogram } from './histogram.ts'
import type { Sample } from './load.ts'
import { WindowMeter } from './windows.ts'

export interface MeasuredTime {
  readonly fromMs: number
  readonly toMs: number
  readonly windowMs: number
}

/** A request sent this much after its time says that this process, not the server, is the bottleneck. */
export const lateMs = 10

export class Tally {
  readonly latency = new Histogram()
  readonly errorsByStatus = new Map<string, number>()
  firstError: string | undefined
  failed = 0
  dropped = 0
  late = 0
  /** Answered well within the measured time. */
  completed = 0
  readonly #time: MeasuredTime
  readonly #windows: WindowMeter

  constructor(time: MeasuredTime) {
    this.#time = time
    this.#windows = new WindowMeter(time.fromMs, time.windowMs)
  }

  record({ intendedMs, sentMs, endedMs, answer }: Sample): void {
    const latencyMs = endedMs - intendedMs
    if (answer.ok && this.#measured(endedMs)) {
      this.completed++
      this.#windows.record(endedMs, latencyMs)
    }
    if (!this.#measured(intendedMs)) return
    if (sentMs - intendedMs > lateMs) this.late++
    if (answer.ok) {
      this.latency.record(latencyMs)
      return
    }
    this.failed++
    this.errorsByStatus.set(answer.status, (this.errorsByStatus.get(answer.status) ?? 0) + 1)
    this.firstError ??= answer.text === '' ? answer.status : `${answer.status}: ${answer.text}`
  }

  /** An arrival that was not sent, because too many were unanswered. */
  drop(intendedMs: number): void {
    if (this.#measured(intendedMs)) this.dropped++
  }

  /** The windows up to the end of the measured time. */
  get windows() {
    this.#windows.closeUntil(this.#time.toMs)
    return this.#windows.windows
  }

  #measured(atMs: number): boolean {
    return atMs >= this.#time.fromMs && atMs < this.#time.toMs
  }
}
