// Where an axis of time has its marks, and what these say. All in UTC.
import { clockText, dayText } from './numbers.ts'

export interface TimeMark {
  readonly atMs: number
  readonly text: string
}

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

const stepsMs = [
  ...[1, 2, 5, 10, 15, 30].map(minutes => minutes * minuteMs),
  ...[1, 2, 3, 6, 12].map(hours => hours * hourMs),
  ...[1, 2, 7, 14, 28, 91, 364].map(days => days * dayMs)
]

/** Marks have to fit on a phone. */
const marksMax = 4

/** At most four marks at round times from `fromMs` to `toMs`: hours and minutes, the day where one begins. */
export function timeMarks(fromMs: number, toMs: number): TimeMark[] {
  const countOf = (stepMs: number): number => Math.floor(toMs / stepMs) - Math.ceil(fromMs / stepMs) + 1
  const stepMs = stepsMs.find(each => countOf(each) <= marksMax) ?? Math.ceil((toMs - fromMs) / 2)
  const first = Math.ceil(fromMs / stepMs) * stepMs
  return Array.from({ length: Math.max(0, countOf(stepMs)) }, (_, index) => {
    const atMs = first + index * stepMs
    return { atMs, text: atMs % dayMs === 0 || stepMs >= dayMs ? dayText(atMs) : clockText(atMs) }
  })
}
