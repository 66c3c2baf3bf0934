import t from 'tap'
import { parseExposition } from '../../../src/monitoring/otlp/exposition.ts'
import { metricData } from '../../../src/monitoring/otlp/metric-data.ts'

const span = { fromMs: 1_700_000_000_000, toMs: 1_700_000_060_500 }
const read = (text: string) => metricData(parseExposition(text), span)

t.test('counters are sums since the start, gauges what they are now', async t => {
  const [counter, gauge] = read(
    '# HELP a_bytes_total Bytes.\n# TYPE a_bytes_total counter\na_bytes_total{m="x"} 3\n# TYPE g gauge\ng 1.5\ng{m="y"} NaN\n'
  )
  const times = { startTime: [1_700_000_000, 0], endTime: [1_700_000_060, 500_000_000] }
  t.match(counter, {
    descriptor: { name: 'a_bytes_total', description: 'Bytes.', unit: 'By' },
    aggregationTemporality: 1,
    dataPointType: 3,
    isMonotonic: true,
    dataPoints: [{ ...times, attributes: { m: 'x' }, value: 3 }]
  })
  t.match(gauge, { descriptor: { name: 'g', unit: '' }, dataPointType: 2 })
  t.strictSame(
    gauge?.dataPoints.map(({ value }) => value),
    [1.5]
  )
})

t.test('buckets that add up become buckets that do not', async t => {
  const line = (le: string, m: string, value: number) => `d_seconds_bucket{le="${le}",m="${m}"} ${value}\n`
  const [histogram] = read(
    `# TYPE d_seconds histogram\n${line('0.1', 'x', 2)}${line('1', 'x', 2)}${line('+Inf', 'x', 5)}d_seconds_sum{m="x"} 7.5\nd_seconds_count{m="x"} 5\n${line('0.1', 'y', 0)}${line('+Inf', 'y', 1)}d_seconds_sum{m="y"} 3\nd_seconds_count{m="y"} 1\n`
  )
  t.match(histogram, { descriptor: { name: 'd_seconds', unit: 's' }, dataPointType: 0 })
  t.strictSame(
    histogram?.dataPoints.map(({ attributes, value }) => [attributes, value]),
    [
      [{ m: 'x' }, { buckets: { boundaries: [0.1, 1], counts: [2, 0, 3] }, sum: 7.5, count: 5 }],
      [{ m: 'y' }, { buckets: { boundaries: [0.1], counts: [0, 1] }, sum: 3, count: 1 }]
    ]
  )
})

t.test('other kinds, and families without samples, are left out', async t => {
  t.strictSame(read('# TYPE s summary\ns{quantile="0.5"} 1\n# TYPE u untyped\nu 1\n# TYPE c counter\n'), [])
})
