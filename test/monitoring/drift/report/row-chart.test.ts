import t from 'tap'
import { drawnBins } from '../../../../src/monitoring/drift/report/bins.ts'
import { nameCharactersMax, rowChart } from '../../../../src/monitoring/drift/report/row-chart.ts'
import { monitorView, plans } from '../../../helpers/drift-monitors.ts'
import { elements, numberOf, proportional, texts } from '../../../helpers/svg.ts'

const { bins } = drawnBins(monitorView('plan', 'warning', { reference: plans }))!
const chart = rowChart(bins, 'shares of plans').text

t.test('bars are as long as the shares, from one line', async t => {
  const widths = ['reference', 'current'].flatMap(name =>
    elements(chart, 'rect', name).map(bar => numberOf(bar, 'width'))
  )
  t.ok(proportional(widths, [...bins.map(bin => bin.reference), ...bins.map(bin => bin.current!)]))
  t.equal(new Set(elements(chart, 'rect').map(bar => bar['x'])).size, 1)
})

t.test('rows do not overlap, and the chart holds them all', async t => {
  const tops = elements(chart, 'rect', 'reference').map(bar => numberOf(bar, 'y'))
  const height = numberOf(elements(chart, 'rect', 'reference')[0], 'height')
  for (const [index, top] of tops.entries()) t.ok(index === 0 || top >= tops[index - 1]! + height)
  t.ok(tops.at(-1)! + height <= numberOf(elements(chart, 'svg')[0], 'height'))
})

t.test('names are short, and whole where one looks closer; shares are numbers too', async t => {
  const names = texts(chart.replace(/<\/?bdi>/g, ''), 'div', 'name')
  t.strictSame(names.slice(0, 2), ['basic', 'family'])
  t.equal(names[4], `${plans.bins[4]!.slice(0, nameCharactersMax)}…`)
  t.match(texts(chart, 'title')[5], plans.bins[4])
  t.match(texts(chart, 'text', 'share')[0], /^41\.0% → \d+\.\d%$/)
})

t.test('without rows only the reference is drawn', async t => {
  const { text } = rowChart([{ name: 'a', reference: 1, current: undefined }], '')
  t.equal(elements(text, 'rect').length, 1)
  t.strictSame(texts(text, 'text', 'share'), ['100%'])
})

t.test('bins without any row are no error', async t => {
  const { text } = rowChart([{ name: 'a', reference: 0, current: 0 }], '')
  t.strictSame(
    elements(text, 'rect').map(bar => bar['width']),
    ['0%', '0%']
  )
})
