import t from 'tap'
import {
  binsDrawnMax,
  changedMost,
  drawnBins,
  shownWindow
} from '../../../../src/monitoring/drift/report/bins.ts'
import {
  categoricalReference,
  emptyWindow,
  monitorView,
  numericReference,
  plans,
  windowView
} from '../../../helpers/drift-monitors.ts'

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

t.test('the window that decided is shown, or the longest with rows', async t => {
  const monitor = monitorView('a', 'critical')
  t.equal(shownWindow(monitor)?.window, '1h')
  t.equal(shownWindow({ ...monitor, window: undefined })?.window, '7d')
  const windows = [monitor.windows[0]!, emptyWindow('1h', 20)]
  t.equal(shownWindow({ ...monitor, window: undefined, windows })?.window, '10m')
  t.equal(shownWindow({ ...monitor, window: undefined, windows: [emptyWindow('1h', 20)] }), undefined)
})

t.test('few bins are drawn as they are, with shares of all rows', async t => {
  const counts = [1, 2, 3, 4, 0, 0, 0, 10]
  const windows = [windowView('1h', plans, counts)]
  const drawn = drawnBins(monitorView('plan', 'ok', { reference: plans, windows, window: '1h' }))
  t.strictSame(
    drawn?.bins.map(({ name }) => name),
    plans.bins
  )
  t.strictSame(
    drawn?.bins.map(({ current }) => current),
    counts.map(count => count / 20)
  )
  t.equal(drawn?.bins[0]?.reference, 0.41)
  t.equal(drawn?.edges, undefined)
})

t.test('without rows there is only the reference, without a reference nothing', async t => {
  const windows = [emptyWindow('1h', 20)]
  const drawn = drawnBins(monitorView('a', 'insufficient_data', { windows }))
  t.strictSame(
    drawn?.bins.map(({ reference, current }) => [reference, current]),
    new Array(20).fill([0.05, undefined])
  )
  t.equal(drawnBins(monitorView('a', 'learning')), undefined)
})

t.test('of many numeric bins neighbours are drawn together', async t => {
  const edges = Array.from({ length: 49 }, (_, index) => index)
  const counts = Array.from({ length: 50 }, (_, index) => index)
  const reference = { ...numericReference, edges, counts, bins: counts.map(String) }
  const windows = [windowView('1h', reference, [...counts].reverse())]
  const drawn = drawnBins(monitorView('a', 'ok', { reference, windows, window: '1h' }))!
  t.equal(drawn.bins.length, 17)
  t.equal(drawn.edges?.length, 16)
  t.strictSame(
    [drawn.bins[0]?.name, drawn.bins[1]?.name, drawn.bins.at(-1)?.name],
    ['below 2', '2 to 5', '47 or more']
  )
  t.equal(drawn.bins[1]?.reference, (3 + 4 + 5) / sum(counts))
  t.equal(drawn.bins[1]?.current, (46 + 45 + 44) / sum(counts))
  t.equal(Math.round(1e9 * sum(drawn.bins.map(({ current }) => current!))), 1e9, 'no row is lost')
})

t.test('of many categories the rarest are drawn together, but not the one that changed most', async t => {
  const names = Array.from({ length: 50 }, (_, index) => `c${index}`)
  const reference = categoricalReference(names, [...names.map((_, index) => 1000 - index), 500])
  const counts = [...reference.counts]
  counts[48] = 0
  const monitor = monitorView('a', 'warning', {
    reference,
    windows: [{ ...windowView('1h', reference, counts), linfBin: 48 }],
    window: '1h'
  })
  const bins = drawnBins(monitor)!.bins
  t.equal(bins.length, binsDrawnMax)
  t.strictSame(
    bins.map(({ name }) => name),
    [...names.slice(0, 22), 'c48', '29 rarer ones together']
  )
  t.equal(Math.round(1e9 * sum(bins.map(({ reference }) => reference))), 1e9)
  t.equal(Math.round(1e9 * sum(bins.map(({ current }) => current!))), 1e9)
  t.equal(changedMost(monitor, monitor.windows[0]!)?.name, 'c48')
})

t.test('the bin that changed most has a readable name, if there is one', async t => {
  const monitor = monitorView('a', 'critical')
  const { name, reference, current } = changedMost(monitor, { ...monitor.windows[1]!, linfBin: 3 })!
  t.match(name, /^[\d.]+ to [\d.]+$/)
  t.strictSame([reference, current], [0.05, drawnBins(monitor)!.bins[3]!.current])
  t.equal(changedMost(monitor, { ...monitor.windows[1]!, linfBin: undefined }), undefined)
  t.equal(changedMost({ ...monitor, reference: undefined }, monitor.windows[1]!), undefined)
})
