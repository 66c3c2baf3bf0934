import t from 'tap'
import { seededRandom } from '../../../src/base/random.ts'
import { Histogram } from '../../../src/cli/bench/histogram.ts'

const quantiles = [0, 0.01, 0.25, 0.5, 0.9, 0.95, 0.99, 0.999, 1]

function histogramOf(values: readonly number[]): Histogram {
  const histogram = new Histogram()
  for (const value of values) histogram.record(value)
  return histogram
}

/** From a few microseconds to minutes, evenly over the orders of magnitude. */
function spreadValues(count: number, seed: number): number[] {
  const random = seededRandom(seed)
  return Array.from({ length: count }, () => 10 ** (random() * 8 - 2.9))
}

t.test('quantiles are within one percent of the exact ones; mean and maximum are exact', async t => {
  for (const seed of [1, 2, 3, 4, 5]) {
    const values = spreadValues(1 + seed * 997, seed)
    const histogram = histogramOf(values)
    const sorted = values.toSorted((a, b) => a - b)
    for (const quantile of quantiles) {
      const exact = sorted[Math.max(0, Math.ceil(quantile * sorted.length) - 1)]!
      const error = Math.abs(histogram.quantileMs(quantile) / exact - 1)
      if (error > 0.01) t.fail(`quantile ${quantile}: ${histogram.quantileMs(quantile)} for ${exact}`)
    }
    t.equal(histogram.count, values.length)
    t.equal(histogram.maxMs, sorted.at(-1))
    t.equal(histogram.meanMs, values.reduce((sum, value) => sum + value, 0) / values.length)
  }
})

t.test('merged histograms are what one would have counted', async t => {
  const [one, other] = [spreadValues(500, 8), spreadValues(300, 9)]
  const merged = histogramOf(one)
  merged.merge(histogramOf(other))
  const whole = histogramOf([...one, ...other])
  for (const quantile of quantiles) t.equal(merged.quantileMs(quantile), whole.quantileMs(quantile))
  t.equal(merged.count, 800)
  t.equal(merged.maxMs, whole.maxMs)
  t.ok(Math.abs(merged.meanMs - whole.meanMs) < 1e-6)
})

t.test('odd values', async t => {
  const cases: [values: readonly number[], p50: number][] = [
    [[0], 0],
    [[-1e-9], 0],
    [[1e-7], 1e-7],
    [[1e12], 1e12],
    [[5, 5, 5], 5]
  ]
  for (const [values, p50] of cases) t.equal(histogramOf(values).quantileMs(0.5), p50, String(values))
})

t.test('nothing recorded, or nothing any more, is NaN', async t => {
  const histogram = histogramOf([1, 2])
  histogram.reset()
  t.equal(histogram.count, 0)
  for (const figure of [histogram.meanMs, histogram.maxMs, histogram.quantileMs(0.5)])
    t.ok(Number.isNaN(figure))
  histogram.record(3)
  t.equal(histogram.quantileMs(0.5), 3)
})
