// A watched version whose time is told by the benchmark: sub-windows of rows go in, alarms come out.
import { settingsSchema } from '../../src/config/schema.ts'
import type { Profile } from '../../src/monitoring/drift/profile.ts'
import { thresholdsOf } from '../../src/monitoring/drift/terms.ts'
import { type StateChange, Watched } from '../../src/monitoring/drift/watched.ts'
import type { Change, Draws, Stream } from './streams.ts'

export const { drift: shipped } = settingsSchema.parse({})
export const ticksPerHour = 3_600_000 / shipped.subWindowMs
export const ticksPerWeek = 7 * 24 * ticksPerHour

/** With the shipped defaults, but for the time that counting may take: all rows are counted, so that a seed gives one result. */
export function watch(stream: Stream, profile: Profile): Watched {
  return new Watched(profile, '0'.repeat(64), stream.plans, {
    falseAlarmsPerWeek: shipped.falseAlarmsPerWeek,
    subWindowMs: shipped.subWindowMs,
    requestBudgetUs: 0,
    random: () => 0,
    nowMs: () => 0,
    thresholds: () => thresholdsOf(),
    window: undefined
  })
}

/** The rows of sub-window `tick` at so many an hour, spread evenly. */
export function rowsOfTick(tick: number, rowsPerHour: number): number {
  return (
    Math.floor(((tick + 1) * rowsPerHour) / ticksPerHour) - Math.floor((tick * rowsPerHour) / ticksPerHour)
  )
}

export interface Traffic {
  readonly stream: Stream
  readonly draws: Draws
  readonly changes?: Readonly<Record<string, Change>>
  /** How often each row is sent. */
  readonly copies?: number
}

/** Counts one request. */
export function count(watched: Watched, rows: number, { stream, draws, changes, copies = 1 }: Traffic): void {
  if (rows === 0) return
  const tensors = stream.rows(rows, draws, changes)
  for (let copy = 0; copy < copies; copy++) watched.counter.countInputs(tensors, rows)
}

/** Ends a sub-window and evaluates. */
export function tick(watched: Watched): StateChange[] {
  watched.tick()
  return [...watched.evaluate(0)].filter(change => change !== undefined)
}

const alarming = ['warning', 'critical']

/** A change that wakes somebody: not one from worse to less bad. */
export function isAlarm({ from, to }: StateChange): boolean {
  return alarming.includes(to) && !alarming.includes(from)
}
