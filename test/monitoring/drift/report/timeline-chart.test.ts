import t from 'tap'
import { plotHeight } from '../../../../src/monitoring/drift/report/column-chart.ts'
import {
  pointsDrawnMax,
  spanText,
  thinned,
  timelineChart
} from '../../../../src/monitoring/drift/report/timeline-chart.ts'
import { elements, numberOf, texts } from '../../../helpers/svg.ts'

const thresholds = { warning: 0.1, critical: 0.2 }
const startMs = Date.parse('2025-11-26T08:00:00Z')
const line = (...scores: (number | null)[]) =>
  scores.map((psi, index) => ({ atMs: startMs + index * 3_600_000, psi }))

/** The points of each path: x in thousandths of the width, y from the top. */
const paths = (chart: string): [number, number][][] =>
  elements(chart, 'path', 'psi').map(({ d = '' }) =>
    d
      .slice(1)
      .split('L')
      .map(point => point.split(' ').map(Number) as [number, number])
  )

t.test('PSI is a line to scale with its thresholds', async t => {
  const chart = timelineChart(line(0, 0.15, 0.3), thresholds)!.text
  t.strictSame(paths(chart), [
    [
      [0, plotHeight],
      [500, plotHeight / 2],
      [1000, 0]
    ]
  ])
  const heightOf = (name: string): number => numberOf(elements(chart, 'line', name)[0], 'y1')
  t.ok(Math.abs(heightOf('warning') - (plotHeight * 2) / 3) < 0.01)
  t.ok(Math.abs(heightOf('critical') - plotHeight / 3) < 0.01)
  t.strictSame(texts(chart, 'text', 'threshold'), ['warning 0.1', 'critical 0.2'])
  t.match(
    elements(chart, 'svg')[0]!['aria-label'],
    /^26 Nov 08:00 to 10:00 UTC: PSI at most 0\.300, at last 0\.300; warning from 0\.1, critical from 0\.2$/
  )
})

t.test('low scores leave the thresholds in sight', async t => {
  const chart = timelineChart(line(0.01, 0.02), thresholds)!.text
  t.ok(numberOf(elements(chart, 'line', 'critical')[0], 'y1') > 0)
})

t.test('where the thresholds come close, their names share a line', async t => {
  const chart = timelineChart(line(0, 5), thresholds)!.text
  t.strictSame(texts(chart, 'text', 'threshold'), ['warning 0.1, critical 0.2'])
})

t.test('gaps interrupt the line, and a point between two of them is a dot', async t => {
  const chart = timelineChart(line(0.1, 0.1, null, 0.2, null, null, 0.1, 0.1), thresholds)!.text
  t.strictSame(
    paths(chart).map(({ length }) => length),
    [2, 2]
  )
  t.equal(elements(chart, 'circle', 'lonely').length, 1)
  t.equal(numberOf(elements(chart, 'circle', 'lonely')[0], 'cx'), 42.86)
  t.equal(numberOf(elements(chart, 'circle', 'last')[0], 'cx'), 100)
})

t.test('a single point is a dot in the middle; none at all is no chart', async t => {
  const chart = timelineChart(line(0.1), thresholds)!.text
  t.strictSame(paths(chart), [])
  t.equal(numberOf(elements(chart, 'circle', 'last')[0], 'cx'), 50)
  t.equal(timelineChart([], thresholds), undefined)
  t.equal(timelineChart(line(null, null), thresholds), undefined)
})

t.test('a long line is thinned without losing its peak', async t => {
  const scores = Array.from({ length: 2016 }, (_, index) =>
    index === 1001 ? 3 : index % 7 === 0 ? null : 0.05
  )
  const points = thinned(line(...scores), pointsDrawnMax)
  t.ok(points.length <= pointsDrawnMax && points.length > pointsDrawnMax / 2)
  t.equal(Math.max(...points.map(({ psi }) => psi ?? 0)), 3)
  t.ok(
    points.every(({ psi }) => psi !== null),
    'a gap of one among neighbours is none'
  )
  t.strictSame(thinned(line(0.1, null), 2), line(0.1, null))
  t.strictSame(
    thinned(line(null, null, null, 0.1), 2).map(({ psi }) => psi),
    [null, 0.1]
  )
})

t.test('spans of time in words', async t => {
  t.equal(spanText(startMs, startMs), '26 Nov 08:00 UTC')
  t.equal(spanText(startMs, startMs + 3_600_000), '26 Nov 08:00 to 09:00 UTC')
  t.equal(spanText(startMs, startMs + 86_400_000), '26 Nov 08:00 to 27 Nov 08:00 UTC')
})
