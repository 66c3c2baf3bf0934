// What people are told of a watched version: every monitor in every window, the worst first.
import { explain } from './explain.ts'
import { rateSeverity, severityOf } from './judge.ts'
import { rangeTexts } from './number-text.ts'
import type { MonitorReference } from './profile.ts'
import { levels, windowNames } from './ring.ts'
import { referenceCounts, type Scores } from './scores.ts'
import type { Terms } from './terms.ts'
import type { MonitorState, MonitorView, WindowView } from './view.ts'
import { timelinePoints, timelineTicks, type Watched, type WatchedMonitor } from './watched.ts'

export interface ViewTimes {
  readonly subWindowMs: number
  /** When the running sub-window began. */
  readonly tickedAtMs: number
}

/** Builds one monitor after the other, so that the caller can leave time for others in between. */
export function* monitorViews(watched: Watched, times: ViewTimes): Generator<MonitorView> {
  const names = windowNames(times.subWindowMs)
  for (const monitor of watched.monitors) yield monitorView(watched, monitor, names, times)
}

function monitorView(
  watched: Watched,
  monitor: WatchedMonitor,
  names: readonly string[],
  times: ViewTimes
): MonitorView {
  const { plan, reference, terms, decided } = monitor
  const windows = [...levels.keys()].map(level =>
    windowView(names[level]!, watched.scores(monitor, level), terms)
  )
  const counts = referenceCounts(reference)
  const facts = {
    name: plan.name,
    role: plan.role,
    kind: reference.kind,
    state: monitor.state,
    window: decided === undefined ? undefined : names[decided.window],
    thresholds: terms.thresholds,
    alpha: terms.alpha,
    reference: {
      rows: counts.reduce((sum, count) => sum + count, 0),
      counts,
      edges: reference.kind === 'numeric' ? reference.edges : undefined,
      bins: binNames(reference),
      mean: reference.kind === 'numeric' ? reference.mean : undefined,
      deviation: reference.kind === 'numeric' ? reference.deviation : undefined
    },
    windows,
    timeline: timelineOf(watched, monitor, times)
  }
  return { ...facts, explanation: explain(facts) }
}

function binNames(reference: MonitorReference): string[] {
  return reference.kind === 'numeric'
    ? rangeTexts(reference.edges)
    : [...reference.categories, 'other', 'unseen']
}

function windowView(window: string, scores: Scores, terms: Terms): WindowView {
  const rates = scores.rates.map(rate => ({ ...rate, severity: rateSeverity(rate, terms.alpha) }))
  return {
    ...scores,
    window,
    rowsMin: terms.rowsMin,
    severity: severityOf(scores, terms),
    counts: [...scores.counts],
    rates
  }
}

function timelineOf(
  { ring }: Watched,
  { timeline }: WatchedMonitor,
  { subWindowMs, tickedAtMs }: ViewTimes
): MonitorView['timeline'] {
  const newest = Math.floor(ring.ticks / timelineTicks)
  const oldest = Math.max(0, newest - timelinePoints + 1)
  const points = Array.from({ length: newest - oldest + 1 }, (_, index) => {
    const point = oldest + index
    const psi = timeline[point % timelinePoints]!
    return {
      atMs: Math.round(tickedAtMs - (ring.ticks - point * timelineTicks) * subWindowMs),
      psi: Number.isNaN(psi) ? null : psi
    }
  })
  // What lies before the first point was never watched.
  const first = points.findIndex(({ psi }) => psi !== null)
  return first < 0 ? [] : points.slice(first)
}

const order: readonly MonitorState[] = [
  'critical',
  'warning',
  'significant_small',
  'ok',
  'insufficient_data',
  'learning',
  'no_baseline'
]

/** The worst first; among equals the one that moved most. */
export function bySeverity(monitors: readonly MonitorView[]): MonitorView[] {
  const moved = ({ windows, window }: MonitorView): number =>
    windows.find(({ window: name }) => name === window)?.psi ?? 0
  return [...monitors].sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state) || moved(b) - moved(a))
}
