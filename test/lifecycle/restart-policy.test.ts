import t from 'tap'
import { delayMaxMs, lossesMax, restartDelayMs } from '../../src/lifecycle/restart-policy.ts'

t.test('at once, then later and later, then as rarely as may be', async t => {
  const delays = Array.from({ length: 9 }, (_, index) => restartDelayMs(index))
  t.strictSame(delays, [0, 0, 100, 200, 400, 800, 5000, 5000, 5000])
  t.equal(delays.indexOf(delayMaxMs), lossesMax)
  t.equal(restartDelayMs(1e6), delayMaxMs)
})
