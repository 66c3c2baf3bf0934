import t from 'tap'
import { stabilityOf, type Window, WindowMeter } from '../../../src/cli/bench/windows.ts'

const window = (requestsPerSecond: number, p99Ms: number): Window => ({ requestsPerSecond, p99Ms })

t.test('stable: the last three windows agree within a tenth', async t => {
  const cases: [windows: Window[], stable: boolean, reason: RegExp][] = [
    [[], false, /^0 of the 3 windows/],
    [[window(100, 5), window(100, 5)], false, /^2 of the 3 windows/],
    [[window(100, 5), window(100, 5), window(100, 5)], true, /within 10 %$/],
    [[window(100, 5), window(110, 5.5), window(105, 5.2)], true, /within 10 %$/],
    [[window(1, 900), window(100, 5), window(100, 5), window(100, 5)], true, /within/],
    [[window(100, 5), window(111, 5), window(100, 5)], false, /^requests\/s differs by 11 %/],
    [[window(100, 5), window(100, 5), window(100, 6)], false, /^p99 differs by 20 %/],
    [[window(100, 5), window(0, Number.NaN), window(100, 5)], false, /^a window saw no answer/],
    [[window(0, Number.NaN), window(0, Number.NaN), window(0, Number.NaN)], false, /^a window saw no answer/]
  ]
  for (const [windows, stable, reason] of cases) {
    const got = stabilityOf(windows)
    t.equal(got.stable, stable, JSON.stringify(windows))
    t.match(got.reason, reason)
  }
})

t.test('answers count in the window in which they came', async t => {
  const meter = new WindowMeter(1000, 500)
  meter.record(1000, 1)
  meter.record(1499, 3)
  meter.record(1500, 7)
  t.same(meter.windows, [{ requestsPerSecond: 4, p99Ms: 3 }])
  meter.record(2600, 9)
  t.same(meter.windows.slice(1), [
    { requestsPerSecond: 2, p99Ms: 7 },
    { requestsPerSecond: 0, p99Ms: Number.NaN }
  ])
  meter.closeUntil(2999)
  t.equal(meter.windows.length, 3, 'a window that is not over is not shown')
  meter.closeUntil(3000)
  t.same(meter.windows.at(-1), { requestsPerSecond: 2, p99Ms: 9 })
})
