import t from 'tap'
import { progressMeter } from '../../../src/cli/bench/progress.ts'
import { FakeClock } from '../../helpers/fake-clock.ts'

const fine = { ok: true, status: '200', text: '' }

t.test('a line a second until it is closed', async t => {
  const clock = new FakeClock()
  const lines: string[] = []
  const meter = progressMeter(clock, 1000, line => void lines.push(line))
  for (let sent = 0; sent < 50; sent++) meter.record({ intendedMs: 0, sentMs: 0, endedMs: 2.5, answer: fine })
  await clock.advance(1000)
  await clock.advance(1000)
  meter.record({ intendedMs: 2000, sentMs: 2000, endedMs: 2001, answer: { ...fine, ok: false } })
  await clock.advance(1000)
  meter.close()
  await clock.advance(5000)
  t.same(lines, [
    '1 s: 50 requests/s, p99 2.50 ms, 0 failed, warming up',
    '2 s: 0 requests/s, no answers, 0 failed',
    '3 s: 0 requests/s, no answers, 1 failed'
  ])
  t.equal(clock.pending, 0)
})

t.test('nobody watches: nothing is done', async t => {
  const clock = new FakeClock()
  const meter = progressMeter(clock, 0, undefined)
  meter.record({ intendedMs: 0, sentMs: 0, endedMs: 1, answer: fine })
  t.equal(clock.pending, 0)
  meter.close()
})
