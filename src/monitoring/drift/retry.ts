// What becomes of an attempt to deliver, and when the next one is made. Pure.

export type Verdict = 'delivered' | 'again' | 'refused'

/** Longest pause that grows by itself. */
export const pauseMaxMs = 300_000
/** Longest pause that a receiver may ask for. */
export const retryAfterMaxMs = 3_600_000

/** Whether an answer with this HTTP status is worth another attempt. A redirect is none: the event would go where nobody sent it. */
export function verdictOf(status: number): Verdict {
  if (status >= 200 && status < 300) return 'delivered'
  return status === 408 || status === 429 || status >= 500 ? 'again' : 'refused'
}

/**
 * Milliseconds before the next attempt, after `attempts` that failed: anything up to `retryMs` doubled with each (full jitter: senders
 * that failed together do not return together), and no less than the receiver asked for. `random` is from 0 up to 1.
 */
export function pauseMs(attempts: number, retryMs: number, random: number, askedMs = 0): number {
  const longest = Math.min(pauseMaxMs, retryMs * 2 ** (attempts - 1))
  return Math.max(random * longest, Math.min(askedMs, retryAfterMaxMs))
}

/** The milliseconds that a `Retry-After` header asks for, in seconds or as a date (RFC 9110, 10.2.3); undefined where it asks nothing. */
export function retryAfterMs(header: string | null, nowMs: number): number | undefined {
  const text = header?.trim() ?? ''
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000
  // Date.parse takes more than HTTP's dates, such as signed numbers.
  const atMs = /^[A-Za-z]{3,9},? /.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs)
}
