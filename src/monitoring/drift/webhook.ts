// Tells a URL of changes of drift: one event after the other, in order, with retries. Nobody waits for it; what finds no room in the
// queue, or no taker, is counted and given up.
import { type Clock, settlesWithin } from '../../base/clock.ts'
import { messageOf } from '../../errors/serving-error.ts'
import type { Metrics } from '../metrics.ts'
import type { DriftChange } from './change.ts'
import { cloudEventMediaType, driftEvent, webhookSignature } from './cloud-event.ts'
import { pauseMs, retryAfterMs, verdictOf } from './retry.ts'
import type { MonitorState } from './view.ts'

/** The part of the global `fetch` that is used here. */
export type Fetch = (
  url: string,
  init: {
    readonly method: 'POST'
    readonly headers: Readonly<Record<string, string>>
    readonly body: string
    readonly redirect: 'manual'
    readonly signal: AbortSignal
  }
) => Promise<{
  readonly status: number
  readonly headers: { get(name: string): string | null }
  readonly body: { cancel(): Promise<void> } | null
}>

export interface DriftWebhookOptions {
  readonly url: string
  /** Of the signatures; undefined for none. */
  readonly key: Uint8Array | undefined
  readonly timeoutMs: number
  readonly attemptsMax: number
  readonly retryMs: number
  readonly queueMax: number
  readonly minState: 'significant_small' | 'warning' | 'critical'
  readonly fetch: Fetch
  /** From 0 up to but not including 1. */
  readonly random: () => number
  readonly newId: () => string
  readonly clock: Clock
  readonly log: { warn(facts: object, message: string): void }
  readonly metrics: Metrics
}

export const closeMaxMs = 3000

interface Delivery {
  readonly id: string
  readonly body: string
  readonly change: DriftChange
}

type Attempt =
  | { readonly verdict: 'delivered' }
  | { readonly verdict: 'again' | 'refused'; readonly reason: string; readonly askedMs?: number | undefined }

const severity: Readonly<Partial<Record<MonitorState, number>>> = {
  significant_small: 1,
  warning: 2,
  critical: 3
}

/** Whether a change begins, ends or changes something as bad as `minState`. */
export function isTold({ from, to }: DriftChange, minState: MonitorState): boolean {
  const worse = Math.max(severity[from] ?? 0, severity[to] ?? 0)
  return from !== to && worse >= (severity[minState] ?? 0)
}

export class DriftWebhook {
  readonly #options: DriftWebhookOptions
  readonly #delivered: Float64Array
  readonly #failed: Float64Array
  readonly #dropped: Float64Array
  readonly #waiting: Delivery[] = []
  readonly #end = new AbortController()
  #working: Promise<void> | undefined
  #closing = false
  #endPause = (): void => {}

  constructor(options: DriftWebhookOptions) {
    this.#options = options
    const counter = options.metrics.counter('kedge_drift_webhook_total')
    this.#delivered = counter.row({ outcome: 'delivered' })
    this.#failed = counter.row({ outcome: 'failed' })
    this.#dropped = counter.row({ outcome: 'dropped' })
  }

  /** Never throws, never waits. */
  send(change: DriftChange): void {
    const { minState, queueMax, newId } = this.#options
    if (!isTold(change, minState)) return
    if (this.#closing || this.#waiting.length >= queueMax) {
      this.#dropped[0]! += 1
      return
    }
    const id = newId()
    this.#waiting.push({ id, body: JSON.stringify(driftEvent(change, id)), change })
    this.#working ??= this.#deliverAll().finally(() => {
      this.#working = undefined
    })
  }

  /** Ends within some seconds: what waits is tried once more, the rest is dropped. */
  async close(): Promise<void> {
    this.#closing = true
    this.#endPause()
    const working = this.#working
    if (working === undefined || (await settlesWithin(this.#options.clock, closeMaxMs, working))) return
    this.#dropped[0]! += this.#waiting.splice(0).length
    this.#end.abort(new Error('the server ends'))
    await settlesWithin(this.#options.clock, closeMaxMs, working)
  }

  async #deliverAll(): Promise<void> {
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift())
      await this.#deliver(next)
  }

  async #deliver(delivery: Delivery): Promise<void> {
    const { attemptsMax, retryMs, random } = this.#options
    for (let attempts = 1; ; attempts++) {
      const attempt = await post(delivery, this.#options, this.#end.signal)
      if (attempt.verdict === 'delivered') {
        this.#delivered[0]! += 1
        return
      }
      if (attempt.verdict === 'refused' || attempts >= attemptsMax || this.#closing) {
        this.#giveUp(delivery, attempts, attempt.reason)
        return
      }
      await this.#pause(pauseMs(attempts, retryMs, random(), attempt.askedMs))
    }
  }

  /** Ends early when the server does. */
  #pause(ms: number): Promise<void> {
    return new Promise(resolve => {
      const cancel = this.#options.clock.after(ms, resolve, false)
      this.#endPause = () => {
        cancel()
        resolve()
      }
    })
  }

  #giveUp({ id, change }: Delivery, attempts: number, reason: string): void {
    this.#failed[0]! += 1
    const { model, version, feature, from, to } = change
    // Not the whole URL: what follows the host is often a secret.
    const { host } = new URL(this.#options.url)
    const facts = { model, version, feature, from, to, event: id, host, attempts, reason }
    this.#options.log.warn(facts, 'a drift event could not be delivered and is given up')
  }
}

/** One attempt, its time bounded. Never rejects. */
async function post(
  { id, body }: Delivery,
  options: DriftWebhookOptions,
  end: AbortSignal
): Promise<Attempt> {
  const { url, key, timeoutMs, fetch, clock } = options
  const atSeconds = Math.floor(clock.now() / 1000)
  const headers = {
    'content-type': cloudEventMediaType,
    'user-agent': 'kedge',
    'webhook-id': id,
    'webhook-timestamp': String(atSeconds),
    ...(key === undefined ? {} : { 'webhook-signature': webhookSignature(key, id, atSeconds, body) })
  }
  const timeout = new AbortController()
  const stop = clock.after(
    timeoutMs,
    () => timeout.abort(new Error(`no answer within ${timeoutMs} ms`)),
    false
  )
  try {
    const signal = AbortSignal.any([timeout.signal, end])
    const answer = await fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal })
    // Nobody reads what it says, and the connection is of use again.
    await answer.body?.cancel().catch(() => {})
    const verdict = verdictOf(answer.status)
    if (verdict === 'delivered') return { verdict }
    const askedMs = retryAfterMs(answer.headers.get('retry-after'), clock.now())
    return { verdict, reason: `the receiver answered with status ${answer.status}`, askedMs }
  } catch (error) {
    return { verdict: 'again', reason: reasonOf(error) }
  } finally {
    stop()
  }
}

/** The global fetch says `fetch failed` of everything, and keeps the reason as the cause. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined
  if (!(cause instanceof Error)) return messageOf(error)
  const { code } = cause as NodeJS.ErrnoException
  return code ?? cause.message
}
