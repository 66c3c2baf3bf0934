import t from 'tap'
import {
  pauseMaxMs,
  pauseMs,
  retryAfterMaxMs,
  retryAfterMs,
  verdictOf
} from '../../../src/monitoring/drift/retry.ts'

t.test('which answers are worth another attempt', async t => {
  const cases: [statuses: number[], verdict: string][] = [
    [[200, 201, 202, 204, 299], 'delivered'],
    [[408, 429, 500, 502, 503, 504, 599], 'again'],
    [[100, 300, 301, 302, 307, 308, 400, 401, 403, 404, 405, 409, 410, 413, 415, 422], 'refused']
  ]
  for (const [statuses, verdict] of cases)
    for (const status of statuses) t.equal(verdictOf(status), verdict, String(status))
})

t.test('pauses double, are cut by chance, and heed what was asked', async t => {
  const cases: [attempts: number, random: number, askedMs: number | undefined, pause: number][] = [
    [1, 1, undefined, 1000],
    [2, 1, undefined, 2000],
    [4, 1, undefined, 8000],
    [4, 0.25, undefined, 2000],
    [4, 0, undefined, 0],
    [9, 1, undefined, 256_000],
    [10, 1, undefined, pauseMaxMs],
    [2000, 0.5, undefined, pauseMaxMs / 2],
    [1, 0.5, 30_000, 30_000],
    [4, 1, 3000, 8000],
    [1, 0.5, 10 * retryAfterMaxMs, retryAfterMaxMs]
  ]
  for (const [attempts, random, askedMs, pause] of cases)
    t.equal(pauseMs(attempts, 1000, random, askedMs), pause, JSON.stringify([attempts, random, askedMs]))
})

t.test('what Retry-After asks for', async t => {
  const nowMs = Date.UTC(2026, 0, 1, 12, 0, 0)
  const cases: [header: string | null, ms: number | undefined][] = [
    [null, undefined],
    ['', undefined],
    ['0', 0],
    ['120', 120_000],
    [' 7 ', 7000],
    ['Thu, 01 Jan 2026 12:00:30 GMT', 30_000],
    ['Thu, 01 Jan 2026 11:00:00 GMT', 0],
    ['Thursday, 01-Jan-26 12:00:30 GMT', 30_000],
    ['-5', undefined],
    ['1.5', undefined],
    ['soon', undefined],
    ['9'.repeat(20), undefined]
  ]
  for (const [header, ms] of cases) t.equal(retryAfterMs(header, nowMs), ms, String(header))
})
