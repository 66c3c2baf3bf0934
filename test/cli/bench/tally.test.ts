import t from 'tap'
import type { Answer, Sample } from '../../../src/cli/bench/load.ts'
import { Tally } from '../../../src/cli/bench/tally.ts'

const time = { fromMs: 1000, toMs: 4000, windowMs: 1000 }
const fine: Answer = { ok: true, status: '200', text: '' }
const refused: Answer = { ok: false, status: '429', text: 'too many' }

function sample(intendedMs: number, endedMs: number, answer = fine, sentMs = intendedMs): Sample {
  return { intendedMs, sentMs, endedMs, answer }
}

t.test('latency belongs to the start, throughput to the end', async t => {
  const cases: [name: string, sample: Sample, requests: number, completed: number][] = [
    ['in the warm-up', sample(500, 999), 0, 0],
    ['across the warm-up', sample(999, 1000), 0, 1],
    ['within', sample(1000, 1010), 1, 1],
    ['across the end', sample(3999, 4000), 1, 0],
    ['after the end', sample(4000, 4001), 0, 0]
  ]
  for (const [name, one, requests, completed] of cases) {
    const tally = new Tally(time)
    tally.record(one)
    t.equal(tally.latency.count, requests, name)
    t.equal(tally.completed, completed, name)
  }
})

t.test('errors are counted by status and leave the latencies alone', async t => {
  const tally = new Tally(time)
  tally.record(sample(900, 901, { ...refused, text: 'during the warm-up' }))
  tally.record(sample(1001, 1002, refused))
  tally.record(sample(1002, 1003, { ok: false, status: 'timeout', text: '' }))
  tally.record(sample(1003, 1004, refused))
  t.equal(tally.failed, 3)
  t.same(
    [...tally.errorsByStatus],
    [
      ['429', 2],
      ['timeout', 1]
    ]
  )
  t.equal(tally.firstError, '429: too many')
  t.equal(tally.latency.count + tally.completed, 0)
  const bare = new Tally(time)
  bare.record(sample(1001, 1002, { ok: false, status: 'timeout', text: '' }))
  t.equal(bare.firstError, 'timeout')
})

t.test('dropped and late requests', async t => {
  const tally = new Tally(time)
  for (const intendedMs of [999, 1000, 3999, 4000]) tally.drop(intendedMs)
  t.equal(tally.dropped, 2)
  tally.record(sample(1100, 1120, fine, 1110))
  tally.record(sample(1200, 1220, refused, 1210.1))
  t.equal(tally.late, 1)
  t.equal(tally.latency.maxMs, 20, 'latency counts from the intended start')
})

t.test('every window of the measured time is there, whether or not anything came', async t => {
  const tally = new Tally(time)
  tally.record(sample(990, 1400))
  tally.record(sample(1500, 1503))
  t.same(
    tally.windows.map(({ requestsPerSecond }) => requestsPerSecond),
    [2, 0, 0]
  )
  t.equal(tally.windows.length, 3, 'looking again adds none')
})
