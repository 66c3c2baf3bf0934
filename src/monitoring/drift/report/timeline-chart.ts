// PSI over time as a line, with the thresholds of warning and critical. Gaps are times of which nothing could be said.
import type { MonitorView } from '../view.ts'
import { gridLines, plotHeight } from './column-chart.ts'
import { html, type Markup } from './html.ts'
import { boundText, clockText, dayText, scoreText } from './numbers.ts'
import { coordinate, type Scale, scaleUpTo } from './scale.ts'
import { timeMarks } from './time-axis.ts'

type Timeline = MonitorView['timeline']
type Thresholds = MonitorView['thresholds']
interface Point {
  readonly atMs: number
  readonly psi: number
}

/** More points than these are drawn together, each time the highest. */
export const pointsDrawnMax = 240

/** The line is drawn in a box of this width that is stretched to the plot's. */
const boxWidth = 1000

/** Undefined where no point has a PSI. */
export function timelineChart(timeline: Timeline, thresholds: Thresholds): Markup | undefined {
  const drawn = thinned(timeline, pointsDrawnMax)
  const points = runsOf(drawn).flat()
  const last = points.at(-1)
  if (last === undefined) return undefined
  const [fromMs, toMs] = [drawn[0]!.atMs, drawn.at(-1)!.atMs]
  const highest = Math.max(...points.map(({ psi }) => psi))
  const scale = scaleUpTo(Math.max(highest, thresholds.critical * 1.2))
  const place = placeIn(fromMs, toMs, scale)
  const about = `${spanText(fromMs, toMs)}: PSI at most ${scoreText(highest)}, at last ${scoreText(last.psi)}; warning from ${boundText(thresholds.warning)}, critical from ${boundText(thresholds.critical)}`
  return html`<svg class="plot timeline" role="img" aria-label="${about}" width="100%" height="${plotHeight}"><title>${about}</title>
${gridLines(scale, boundText)}${timeTicks(fromMs, toMs)}
<line class="axis" x1="0" x2="100%" y1="${plotHeight}" y2="${plotHeight}"/>
${line(runsOf(drawn), place)}${thresholdLines(thresholds, scale)}${dots(runsOf(drawn), last, place)}</svg>`
}

/** `26 Nov 07:00 to 27 Nov 07:00 UTC`. */
export function spanText(fromMs: number, toMs: number): string {
  const from = `${dayText(fromMs)} ${clockText(fromMs)}`
  if (fromMs === toMs) return `${from} UTC`
  const to = dayText(toMs) === dayText(fromMs) ? clockText(toMs) : `${dayText(toMs)} ${clockText(toMs)}`
  return `${from} to ${to} UTC`
}

/** At most `max` points: of neighbours the highest stands for all, so that no alarm is lost. */
export function thinned(timeline: Timeline, max: number): Timeline {
  const together = Math.ceil(timeline.length / max)
  if (together <= 1) return timeline
  return Array.from({ length: Math.ceil(timeline.length / together) }, (_, index) => {
    const group = timeline.slice(index * together, (index + 1) * together)
    return group.reduce((high, each) => ((each.psi ?? -1) > (high.psi ?? -1) ? each : high))
  })
}

/** Points in a row, without the gaps between. */
function runsOf(timeline: Timeline): Point[][] {
  const runs: Point[][] = [[]]
  for (const { atMs, psi } of timeline)
    if (psi !== null && Number.isFinite(psi)) runs.at(-1)!.push({ atMs, psi })
    else runs.push([])
  return runs.filter(run => run.length > 0)
}

type Place = (point: Point) => { readonly part: number; readonly y: number }

function placeIn(fromMs: number, toMs: number, { top }: Scale): Place {
  return ({ atMs, psi }) => ({
    part: partOf(atMs, fromMs, toMs),
    y: coordinate(plotHeight * (1 - Math.max(0, psi) / top))
  })
}

/** A single moment stands in the middle. */
const partOf = (atMs: number, fromMs: number, toMs: number): number =>
  toMs > fromMs ? (atMs - fromMs) / (toMs - fromMs) : 0.5

function line(runs: readonly (readonly Point[])[], place: Place): Markup {
  const path = (run: readonly Point[]): string => {
    const steps = run.map(place).map(({ part, y }) => `${coordinate(part * boxWidth)} ${y}`)
    return `M${steps.join('L')}`
  }
  const paths = runs
    .filter(run => run.length > 1)
    .map(run => html`<path class="psi" vector-effect="non-scaling-stroke" d="${path(run)}"/>`)
  return html`<svg class="stretched" width="100%" height="${plotHeight}" viewBox="0 0 ${boxWidth} ${plotHeight}" preserveAspectRatio="none">${paths}</svg>`
}

/** Of the last point, and of those that have no neighbours to draw a line to. */
function dots(runs: readonly (readonly Point[])[], last: Point, place: Place): Markup[] {
  const dot = (name: string, point: Point): Markup => {
    const { part, y } = place(point)
    return html`<circle class="${name}" cx="${coordinate(part * 100)}%" cy="${y}" r="${name === 'last' ? 4 : 2}"/>`
  }
  const lonely = runs.filter(run => run.length === 1).map(run => dot('lonely', run[0]!))
  return [...lonely, dot('last', last)]
}

/** Pixels that two texts need to stand above each other. */
const textHeight = 16

function thresholdLines({ warning, critical }: Thresholds, { top }: Scale): Markup {
  const heightOf = (value: number): number => coordinate(plotHeight * (1 - value / top))
  const lineAt = (name: string, value: number): Markup =>
    html`<line class="threshold ${name}" x1="0" x2="100%" y1="${heightOf(value)}" y2="${heightOf(value)}"/>`
  const textAt = (name: string, value: number, text: string): Markup =>
    html`<text class="threshold ${name}" x="4" y="${heightOf(value) - 5}">${text}</text>`
  const isTight = heightOf(warning) - heightOf(critical) < textHeight
  const texts = isTight
    ? textAt('critical', critical, `warning ${boundText(warning)}, critical ${boundText(critical)}`)
    : html`${textAt('warning', warning, `warning ${boundText(warning)}`)}${textAt('critical', critical, `critical ${boundText(critical)}`)}`
  return html`${lineAt('warning', warning)}${lineAt('critical', critical)}${texts}`
}

function timeTicks(fromMs: number, toMs: number): Markup[] {
  return timeMarks(fromMs, toMs).map(({ atMs, text }) => {
    const part = partOf(atMs, fromMs, toMs)
    const x = `${coordinate(part * 100)}%`
    const anchor = part > 0.94 ? 'end' : part < 0.06 ? 'start' : 'middle'
    return html`<line class="axis" x1="${x}" x2="${x}" y1="${plotHeight}" y2="${plotHeight + 4}"/><text class="x ${anchor}" x="${x}" y="${plotHeight + 18}">${text}</text>`
  })
}
