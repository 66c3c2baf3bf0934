import t from 'tap'
import { drawnBins } from '../../../../src/monitoring/drift/report/bins.ts'
import { columnChart, plotHeight } from '../../../../src/monitoring/drift/report/column-chart.ts'
import { emptyWindow, monitorView } from '../../../helpers/drift-monitors.ts'
import { elements, numberOf, proportional, texts } from '../../../helpers/svg.ts'

const drawn = drawnBins(monitorView('a', 'critical'))!
const chart = columnChart(drawn, 'shares of a').text

t.test('columns are as high as the shares, from the axis up', async t => {
  const of = (name: string, attribute: string): number[] =>
    elements(chart, 'rect', name).map(bar => numberOf(bar, attribute))
  const both = [...of('reference', 'height'), ...of('current', 'height')]
  const shares = [...drawn.bins.map(bin => bin.reference), ...drawn.bins.map(bin => bin.current!)]
  t.ok(proportional(both, shares))
  for (const name of ['reference', 'current'])
    for (const [index, y] of of(name, 'y').entries())
      t.ok(Math.abs(y + of(name, 'height')[index]! - plotHeight) < 0.02)
  t.notOk(proportional(both, [...shares].reverse()), 'the check tells lengths apart')
})

t.test('columns of a bin share one middle, in its place', async t => {
  const middles = (name: string): number[] =>
    elements(chart, 'rect', name).map(bar => numberOf(bar, 'x') + numberOf(bar, 'width') / 2)
  for (const name of ['reference', 'current'])
    for (const [bin, middle] of middles(name).entries()) t.ok(Math.abs(middle - (bin + 0.5) * 5) < 0.02)
})

t.test('the axis of shares begins at zero', async t => {
  const labels = texts(chart, 'text', 'y')
  t.equal(labels[0], '0%')
  t.ok(labels.length >= 3 && labels.every(label => label.endsWith('%')))
})

t.test('edges stand between the bins: some on a phone, more where there is room', async t => {
  const all = elements(chart, 'text', 'x')
  const phone = all.filter(each => !each['class']!.includes('fine'))
  t.ok(phone.length >= 3 && phone.length <= 6, `${phone.length} on a phone`)
  t.ok(all.length > phone.length && all.length <= 12, `${all.length} elsewhere`)
  for (const each of all) t.equal(numberOf(each, 'x') % 5, 0)
  const [first] = texts(chart, 'text', 'x')
  t.ok(drawn.edges!.includes(first!))
})

t.test('each bin says what it is, and the chart what it shows', async t => {
  t.equal(texts(chart, 'title').length, 1 + 20)
  t.match(texts(chart, 'title')[1], /^below [\d.]+: 5\.0% of the reference, [\d.]+% now$/)
  t.match(elements(chart, 'svg')[0], { role: 'img', 'aria-label': 'shares of a' })
})

t.test('without rows only the reference is drawn', async t => {
  const windows = [emptyWindow('1h', 20)]
  const { text } = columnChart(drawnBins(monitorView('a', 'insufficient_data', { windows }))!, '')
  t.equal(elements(text, 'rect', 'reference').length, 20)
  t.equal(elements(text, 'rect', 'current').length, 0)
  t.match(texts(text, 'title')[1], /^below [\d.]+: 5\.0% of the reference$/)
})

t.test('a single bin, and bins without any row', async t => {
  const { text } = columnChart({ bins: [{ name: 'all', reference: 0, current: 0 }], edges: [] }, '')
  t.strictSame(
    elements(text, 'rect').map(bar => bar['height']),
    ['0', '0']
  )
})
