// How much a caller may ask for: a token bucket for the rate, and a count a calendar period (UTC) for the quota. Time is an argument; what was
// spent is this process's to know, and forgotten when it ends.

export interface Rate {
  readonly requestsPerSecond: number
  /** Requests that may come at once. */
  readonly burst: number
}

export const periods = ['hour', 'day', 'month'] as const

export interface Quota {
  readonly requests: number
  readonly per: (typeof periods)[number]
}

export interface AllowanceTerms {
  readonly rate?: Rate | undefined
  readonly quota?: Quota | undefined
}

export class Allowance {
  readonly #terms: AllowanceTerms
  #tokens: number
  #filledMs: number
  #period = ''
  #spent = 0

  constructor(terms: AllowanceTerms, nowMs: number) {
    this.#terms = terms
    this.#tokens = terms.rate?.burst ?? 0
    this.#filledMs = nowMs
  }

  /** Takes one request; returns the seconds after which there is one again, or 0 where there was. Both have to have one. */
  take(nowMs: number): number {
    const { rate, quota } = this.#terms
    const waitForRate = rate === undefined ? 0 : this.#waitForRate(rate, nowMs)
    const waitForQuota = quota === undefined ? 0 : this.#waitForQuota(quota, nowMs)
    const wait = Math.max(waitForRate, waitForQuota)
    if (wait > 0) return Math.ceil(wait)
    this.#tokens--
    this.#spent++
    return 0
  }

  #waitForRate({ requestsPerSecond, burst }: Rate, nowMs: number): number {
    // A clock that was set back fills nothing.
    const elapsed = Math.max(0, nowMs - this.#filledMs) / 1000
    this.#tokens = Math.min(burst, this.#tokens + elapsed * requestsPerSecond)
    this.#filledMs = nowMs
    return this.#tokens >= 1 ? 0 : (1 - this.#tokens) / requestsPerSecond
  }

  #waitForQuota({ requests, per }: Quota, nowMs: number): number {
    const period = new Date(nowMs).toISOString().slice(0, { hour: 13, day: 10, month: 7 }[per])
    if (period !== this.#period) {
      this.#period = period
      this.#spent = 0
    }
    return this.#spent < requests ? 0 : (periodEndMs(per, nowMs) - nowMs) / 1000
  }
}

function periodEndMs(per: Quota['per'], nowMs: number): number {
  const date = new Date(nowMs)
  const [year, month, day, hour] = [
    date.getUTCFullYear(),
    date.getUTCMonth(),
    date.getUTCDate(),
    date.getUTCHours()
  ]
  switch (per) {
    case 'hour':
      return Date.UTC(year, month, day, hour + 1)
    case 'day':
      return Date.UTC(year, month, day + 1)
    case 'month':
      return Date.UTC(year, month + 1, 1)
  }
}
