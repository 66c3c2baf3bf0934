import t from 'tap'
import type { Sample } from '../../../src/cli/bench/load.ts'
import { type BenchSetup, makeReport, reportText } from '../../../src/cli/bench/report.ts'
import { Tally } from '../../../src/cli/bench/tally.ts'

const setup: BenchSetup = {
  url: 'http://127.0.0.1:8080',
  model: 'iris',
  version: null,
  load: { kind: 'closed', concurrency: 16 },
  payload: { kind: 'json', rows: 4, bytes: 1536, count: 16 },
  warmUpSeconds: 1,
  durationSeconds: 3,
  seed: 1
}

function tallyOf(samples: readonly Sample[]): Tally {
  const tally = new Tally({ fromMs: 1000, toMs: 4000, windowMs: 1000 })
  for (const sample of samples) tally.record(sample)
  return tally
}

const answered = (atMs: number, latencyMs: number, status = '200'): Sample => ({
  intendedMs: atMs,
  sentMs: atMs,
  endedMs: atMs + latencyMs,
  answer: { ok: status === '200', status, text: status === '200' ? '' : 'too many' }
})

/** 30 requests in each of three seconds, 2 ms each. */
const steady = Array.from({ length: 90 }, (_, index) => answered(1000 + index * 33.2, 2))

t.test('a document of everything that was found', async t => {
  const report = makeReport(setup, 1, tallyOf(steady), { queueMeanMs: 0.25, inferMeanMs: 1, rowsPerRun: 8 })
  t.match(report, {
    model: 'iris',
    requests: 90,
    failed: 0,
    errorsByStatus: {},
    firstError: null,
    requestsPerSecond: 30,
    rowsPerSecond: 120,
    latencyMs: { mean: 2, max: 2 },
    stability: { stable: true },
    server: { queueMeanMs: 0.25, inferMeanMs: 1, rowsPerRun: 8 }
  })
  t.same(Object.keys(report.latencyMs), ['mean', 'p50', 'p90', 'p95', 'p99', 'p99.9', 'max'])
  t.ok(Math.abs(report.latencyMs.p99! - 2) <= 0.02)
  t.equal(report.windows.length, 3)
})

t.test('a table for people', async t => {
  const text = reportText(
    makeReport(setup, 1, tallyOf(steady), { queueMeanMs: 0.25, inferMeanMs: null, rowsPerRun: 8 })
  )
  for (const line of [
    /^model {10}iris, at http:\/\/127\.0\.0\.1:8080$/m,
    /^load {11}closed loop, 16 at once, 3 s after 1 s of warm-up$/m,
    /^payload {8}JSON, 1\.5 KiB, 4 rows, 16 in turn$/m,
    /^requests {7}90, of which 0 failed$/m,
    /^requests\/s {5}30$/m,
    /^rows\/s {9}120$/m,
    /^latency p99\.9 {2}2 ms$/m,
    /^server queue {3}0\.25 ms \(mean\)$/m,
    /^server infer {3}none \(mean\)$/m,
    /^rows a run {5}8$/m,
    /^stable {9}requests\/s and p99 of the last 3 windows are within 10 %, 1 s each$/m
  ])
    t.match(text, line)
  t.notMatch(text, /dropped|sent late|first error/)
})

t.test('throughput is what was answered in time, not what was sent', async t => {
  const report = makeReport(setup, 1, tallyOf([...steady, answered(3999, 500), answered(500, 600)]), null)
  t.equal(report.requests, 91)
  t.equal(report.requestsPerSecond, 30.33)
  const lagging = makeReport(setup, 1, tallyOf([...steady, answered(3998, 500), answered(3999, 500)]), null)
  t.equal(lagging.requests, 92)
  t.equal(lagging.requestsPerSecond, 30)
})

t.test('errors, drops and the lack of answers are plain', async t => {
  const tally = tallyOf([answered(1000, 1, '429'), answered(1001, 1, '429'), answered(1002, 1, 'timeout')])
  tally.drop(2000)
  const open = { kind: 'open', ratePerSecond: 1000, outstandingMax: 512 } as const
  const payload = { kind: 'file', rows: 1, bytes: 100, count: 1 } as const
  const report = makeReport({ ...setup, version: '2', load: open, payload }, 1, tally, null)
  t.same(report.errorsByStatus, { 429: 2, timeout: 1 })
  t.same(new Set(Object.values(report.latencyMs)), new Set([null]))
  t.same(JSON.parse(JSON.stringify(report)), report, 'nothing is lost in JSON')
  t.equal(report.windows[0]!.p99Ms, null)
  const text = reportText(report)
  for (const line of [
    /^model {11}iris, version 2, at /m,
    /^load {12}open loop, 1,000 a second \(seed 1\), /m,
    /^payload {9}JSON of a file, 100 B, 1 row, always the same$/m,
    /^requests {8}3, of which 3 failed$/m,
    /^errors 429 {6}2$/m,
    /^errors timeout {2}1$/m,
    /^first error {5}429: too many$/m,
    /^dropped {9}1 \(more than 512 were unanswered\)$/m,
    /^sent late {7}0 /m,
    /^latency p50 {5}none$/m,
    /^not stable {6}a window saw no answer/m
  ])
    t.match(text, line)
  t.notMatch(text, /server/)
})
