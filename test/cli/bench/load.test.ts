import t from 'tap'
import { sleep } from '../../../src/base/clock.ts'
import { seededRandom } from '../../../src/base/random.ts'
import { type Answer, closedLoop, makePacer, openLoop, type Sample } from '../../../src/cli/bench/load.ts'
import { FakeClock } from '../../helpers/fake-clock.ts'

const fine: Answer = { ok: true, status: '200', text: '' }

/** Load on a server that takes as long as `serviceMs` says for the request with a number. */
function bed(endMs: number, serviceMs: (sequence: number) => number, answer = fine) {
  const clock = new FakeClock()
  const samples: Sample[] = []
  const progress = { now: 0, max: 0 }
  const load = {
    pacer: {
      monotonicMs: () => clock.monotonicMs(),
      until: (dueMs: number) => sleep(clock, dueMs - clock.monotonicMs())
    },
    endMs,
    async send(sequence: number): Promise<Answer> {
      progress.now++
      progress.max = Math.max(progress.max, progress.now)
      await sleep(clock, serviceMs(sequence))
      progress.now--
      return answer
    },
    record: (sample: Sample) => void samples.push(sample)
  }
  return { clock, samples, progress, load }
}

/** Settled, or still waiting, once time has moved on by `ms`. */
async function settledAfter(clock: FakeClock, ms: number, promise: Promise<void>): Promise<boolean> {
  const ends: string[] = []
  promise.then(
    () => ends.push('well'),
    (error: unknown) => ends.push(String(error))
  )
  await clock.advance(ms)
  return ends[0] === 'well'
}

t.test(
  'a closed loop keeps so many in progress, sends nothing after the end, and waits for the last',
  async t => {
    const { clock, samples, progress, load } = bed(1000, () => 30)
    const done = closedLoop(load, 4)
    t.notOk(await settledAfter(clock, 1000, done))
    t.ok(await settledAfter(clock, 30, done))
    // The last of 34 rounds begins at 990.
    t.equal(samples.length, 4 * 34)
    t.equal(progress.max, 4)
    t.equal(progress.now, 0)
    for (const { intendedMs, sentMs, endedMs } of samples) {
      if (sentMs !== intendedMs || endedMs !== sentMs + 30 || sentMs >= 1000)
        t.fail(`${sentMs} to ${endedMs}`)
    }
  }
)

t.test(
  'a closed loop does not hammer a server that is away, but goes on after an error with a status',
  async t => {
    const cases: [status: string, requests: number][] = [
      ['ECONNREFUSED', 5],
      ['429', 50]
    ]
    for (const [status, requests] of cases) {
      const { clock, samples, load } = bed(500, () => (status === '429' ? 10 : 0), {
        ok: false,
        status,
        text: ''
      })
      const done = closedLoop(load, 1)
      t.ok(await settledAfter(clock, 600, done))
      t.equal(samples.length, requests, status)
    }
  }
)

t.test('an open loop follows its schedule whatever the server does', async t => {
  const options = { ratePerSecond: 100, outstandingMax: 1e6, drop: () => t.fail('dropped') }
  const arrivals = async (serviceMs: number): Promise<number[]> => {
    const { clock, samples, load } = bed(2000, () => serviceMs)
    const done = openLoop(load, { ...options, random: seededRandom(1) })
    t.ok(await settledAfter(clock, 2000 + serviceMs, done))
    return samples.map(({ intendedMs }) => intendedMs)
  }
  const fast = await arrivals(1)
  t.ok(fast.length > 160 && fast.length < 240, `${fast.length} arrivals in 2 s at 100 a second`)
  t.ok(fast.every((time, index) => time < 2000 && time > (fast[index - 1] ?? 0)))
  t.same(await arrivals(5000), fast, 'the same times, although nothing is answered meanwhile')
})

t.test('latency counts from the intended start: a sender that was held up does not hide it', async t => {
  const { clock, samples, load } = bed(1000, () => 5)
  let held = false
  const pacer = {
    ...load.pacer,
    // Once, the process sleeps through 300 ms of its schedule.
    until: (dueMs: number) => {
      const overMs = held ? 0 : 300
      held = true
      return sleep(clock, dueMs + overMs - clock.monotonicMs())
    }
  }
  const options = { ratePerSecond: 100, outstandingMax: 1e6, random: seededRandom(2), drop: () => {} }
  t.ok(await settledAfter(clock, 1500, openLoop({ ...load, pacer }, options)))
  const latencies = samples.map(({ intendedMs, endedMs }) => endedMs - intendedMs)
  t.ok(Math.abs(latencies[0]! - 305) < 1e-6, `the first took ${latencies[0]}`)
  t.ok(latencies.filter(latency => latency > 5.001).length > 10, 'all that were due meanwhile were late')
  t.ok(samples.every(({ sentMs, endedMs }) => Math.abs(endedMs - sentMs - 5) < 1e-6))
})

t.test('an open loop drops what exceeds its bound, and counts it', async t => {
  const dropped: number[] = []
  const { clock, samples, progress, load } = bed(1000, () => 400)
  const drop = (intendedMs: number): void => void dropped.push(intendedMs)
  const options = { ratePerSecond: 100, outstandingMax: 8, random: seededRandom(3), drop }
  t.ok(await settledAfter(clock, 1400, openLoop(load, options)))
  t.equal(progress.max, 8)
  t.ok(samples.length >= 16 && samples.length <= 24, `${samples.length} sent`)
  t.ok(dropped.length > 50)
  const all = [...samples.map(({ intendedMs }) => intendedMs), ...dropped].sort((a, b) => a - b)
  const unbounded = bed(1000, () => 0)
  const whole = openLoop(unbounded.load, { ...options, outstandingMax: 1e6, random: seededRandom(3) })
  await unbounded.clock.advance(1000)
  await whole
  t.same(
    all,
    unbounded.samples.map(({ intendedMs }) => intendedMs),
    'every arrival was sent or dropped'
  )
})

t.test('an open loop in which nothing is due ends', async t => {
  const { clock, load } = bed(10, () => 0)
  const options = { ratePerSecond: 0.01, outstandingMax: 1, random: seededRandom(1), drop: () => {} }
  t.ok(await settledAfter(clock, 10, openLoop(load, options)))
})

t.test('the pacer sleeps most of the time and takes turns for the rest, never waking early', async t => {
  const cases: [waitMs: number, sleptMs: number][] = [
    [10.7, 8],
    [2.5, 0],
    [0, 0],
    [-5, 0]
  ]
  for (const [waitMs, sleptMs] of cases) {
    let nowMs = 100
    let slept = 0
    const clock = {
      now: () => nowMs,
      monotonicMs: () => nowMs,
      after(delayMs: number, action: () => void) {
        slept += delayMs
        nowMs += delayMs
        action()
        return () => {}
      }
    }
    const pacer = makePacer(clock, action => {
      nowMs += 0.25
      action()
    })
    await pacer.until(100 + waitMs)
    t.equal(slept, sleptMs, `${waitMs} ms`)
    t.ok(pacer.monotonicMs() >= 100 + waitMs && pacer.monotonicMs() <= 100 + Math.max(0, waitMs) + 0.25)
  }
})
