// A line a second about what is going on, for whoever watches; nothing is measured from it.
import type { Clock } from '../../base/clock.ts'
import { Histogram } from './histogram.ts'
import type { Sample } from './load.ts'

export interface ProgressMeter {
  record(sample: Sample): void
  close(): void
}

const intervalMs = 1000

/** `measuredFromMs` ends the warm-up. Lines go to `write`; without it nothing is done. */
export function progressMeter(
  clock: Clock,
  measuredFromMs: number,
  write: ((line: string) => void) | undefined
): ProgressMeter {
  if (write === undefined) return { record: () => {}, close: () => {} }
  const latency = new Histogram()
  const startMs = clock.monotonicMs()
  let failed = 0
  let sinceMs = startMs
  const tick = (): void => {
    const nowMs = clock.monotonicMs()
    const perSecond = (latency.count * 1000) / (nowMs - sinceMs)
    const p99 = latency.count === 0 ? 'no answers' : `p99 ${latency.quantileMs(0.99).toPrecision(3)} ms`
    const warmUp = nowMs <= measuredFromMs ? ', warming up' : ''
    const seconds = Math.round((nowMs - startMs) / 1000)
    write(`${seconds} s: ${Math.round(perSecond)} requests/s, ${p99}, ${failed} failed${warmUp}`)
    latency.reset()
    failed = 0
    sinceMs = nowMs
    cancel = clock.after(intervalMs, tick)
  }
  let cancel = clock.after(intervalMs, tick)
  return {
    record({ intendedMs, endedMs, answer }) {
      if (answer.ok) latency.record(endedMs - intendedMs)
      else failed++
    },
    close: () => cancel()
  }
}
