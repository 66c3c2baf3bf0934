import t from 'tap'
import { Allowance } from '../../src/auth/allowance.ts'

const start = Date.UTC(2026, 10, 30, 23, 59, 50)

t.test('a bucket fills with time, up to what may come at once', async t => {
  const one = new Allowance({ rate: { requestsPerSecond: 2, burst: 3 } }, start)
  const take = (seconds: number): number => one.take(start + seconds * 1000)
  t.strictSame([take(0), take(0), take(0), take(0)], [0, 0, 0, 1])
  t.strictSame([take(0.4), take(0.5), take(0.5)], [1, 0, 1])
  t.strictSame([take(100), take(100), take(100), take(100)], [0, 0, 0, 1], 'never more than three at once')
  t.equal(take(1), 1, 'a clock that is set back fills nothing')
})

t.test('slow rates say how long it takes', async t => {
  const one = new Allowance({ rate: { requestsPerSecond: 0.1, burst: 1 } }, start)
  t.strictSame(
    [one.take(start), one.take(start), one.take(start + 4000), one.take(start + 10_000)],
    [0, 10, 6, 0]
  )
})

t.test('a quota begins anew with its period', async t => {
  const cases: [per: 'hour' | 'day' | 'month', wait: number][] = [
    ['hour', 10],
    ['day', 10],
    ['month', 10]
  ]
  for (const [per, wait] of cases) {
    const one = new Allowance({ quota: { requests: 2, per } }, start)
    t.strictSame([one.take(start), one.take(start), one.take(start)], [0, 0, wait], per)
    t.equal(one.take(start + 10_000), 0, `${per}: the next one`)
  }
  const daily = new Allowance({ quota: { requests: 1, per: 'day' } }, start)
  t.strictSame([daily.take(start), daily.take(start + 11_000), daily.take(start + 12_000)], [0, 0, 86_398])
})

t.test('what is refused by one spends nothing of the other', async t => {
  const one = new Allowance(
    { rate: { requestsPerSecond: 1, burst: 1 }, quota: { requests: 2, per: 'day' } },
    start
  )
  t.strictSame([one.take(start), one.take(start), one.take(start), one.take(start + 1000)], [0, 1, 1, 0])
})

t.test('without terms there is no end', async t => {
  const one = new Allowance({}, start)
  for (let times = 0; times < 1000; times++) if (one.take(start) !== 0) t.fail('refused')
})
