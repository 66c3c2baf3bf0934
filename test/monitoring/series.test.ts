import t from 'tap'
import { CounterSeries, HistogramSeries } from '../../src/monitoring/series.ts'

t.test('a counter has a row a set of labels', t => {
  const series = new CounterSeries()
  series.row({ model: 'a' })[0]! += 2
  series.row({ model: 'b' })[0]! += 1
  series.row({ model: 'a' })[0]! += 1
  t.same(series.samples(), [
    { value: 3, labels: { model: 'a' } },
    { value: 1, labels: { model: 'b' } }
  ])
  t.end()
})

t.test('a histogram counts at and below each bound, cumulatively', t => {
  const series = new HistogramSeries('h', [1, 2])
  const row = series.row({ model: 'a' })
  for (const value of [0.5, 1, 1.5, 99]) series.observe(row, value)
  t.same(
    series.samples().map(({ metricName, labels, value }) => [metricName, labels['le'], value]),
    [
      ['h_bucket', 1, 2],
      ['h_bucket', 2, 3],
      ['h_bucket', '+Inf', 4],
      ['h_sum', undefined, 102],
      ['h_count', undefined, 4]
    ]
  )
  t.end()
})
