// Requests at a fixed rate, whatever becomes of those before: what a crowd does that knows nothing of the server's queue.
import { Pool } from 'undici'
import type { Ask } from './wrk.ts'

export interface Arrival {
  readonly status: number
  /** How long after it was due it was sent: large where the client itself cannot keep up. */
  readonly lateMs: number
  /** From when the request was due, so that a late client is no excuse. */
  readonly ms: number
  /** When the answer was complete, since the load began. */
  readonly atMs: number
}

export interface OpenLoop {
  /** Sends no more. */
  readonly stop: () => void
  /** Settles once the last request is sent. */
  readonly sent: Promise<void>
  /** Settles once every request is answered. A broken connection has the status 0. */
  readonly arrivals: Promise<readonly Arrival[]>
}

const tickMs = 5

/** Sends `rate` requests a second for `seconds`, or until it is stopped. */
export function openLoop(
  address: string,
  ask: Ask,
  rate: number,
  seconds = Number.POSITIVE_INFINITY
): OpenLoop {
  const pool = new Pool(address, { connections: null, pipelining: 1, headersTimeout: 0, bodyTimeout: 0 })
  const startedMs = performance.now()
  const one = async (dueMs: number): Promise<Arrival> => {
    const lateMs = performance.now() - startedMs - dueMs
    let status = 0
    try {
      const { path, headers, body } = ask
      const answer = await pool.request({
        path,
        method: 'POST',
        headers: { ...headers },
        body: Buffer.from(body)
      })
      await answer.body.dump()
      status = answer.statusCode
    } catch {
      // Counted as broken.
    }
    const atMs = performance.now() - startedMs
    return { status, lateMs, ms: atMs - dueMs, atMs }
  }
  const answers: Promise<Arrival>[] = []
  let isStopped = false
  const sendAll = async (): Promise<void> => {
    const count = Math.round(rate * seconds)
    while (answers.length < count && !isStopped) {
      const dueCount = Math.min(count, Math.floor(((performance.now() - startedMs) / 1000) * rate))
      while (answers.length < dueCount) answers.push(one((answers.length / rate) * 1000))
      await new Promise(resolve => setTimeout(resolve, tickMs))
    }
  }
  const sent = sendAll()
  const arrivals = sent.then(async () => {
    const results = await Promise.all(answers)
    await pool.close()
    return results
  })
  const stop = (): void => {
    isStopped = true
  }
  return { stop, sent, arrivals }
}
