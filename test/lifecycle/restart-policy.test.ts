import t from 'tap'
import { lossesMax, restartDelayMs } from '../../src/lifecycle/restart-policy.ts'

t.test('at once, then later and later, then never', async t => {
  const delays = Array.from({ length: 9 }, (_, index) => restartDelayMs(index))
  t.strictSame(delays, [0, 0, 100, 200, 400, 800, undefined, undefined, undefined])
  t.equal(delays.indexOf(undefined), lossesMax)
  t.equal(restartDelayMs(1000), undefined)
})
