// Requests at a fixed rate, whatever becomes of those before: what a crowd does that knows nothing of the server's queue.
import { Pool } from 'undici'
import type { Ask } from './wrk.ts'

export interface Arrival {
  readonly status: number
  /** From when the request was due, so that a late client is no excuse. */
  readonly ms: number
  /** When the answer was complete, since the load began. */
  readonly atMs: number
}

const tickMs = 5

/** Sends `rate` requests a second for `seconds`, then waits for every answer. A broken connection has the status 0. */
export async function openLoop(address: string, ask: Ask, rate: number, seconds: number): Promise<Arrival[]> {
  const pool = new Pool(address, { connections: null, pipelining: 1, headersTimeout: 0, bodyTimeout: 0 })
  const startedMs = performance.now()
  const one = async (dueMs: number): Promise<Arrival> => {
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
    return { status, ms: atMs - dueMs, atMs }
  }
  const arrivals: Promise<Arrival>[] = []
  const count = Math.round(rate * seconds)
  while (arrivals.length < count) {
    const dueCount = Math.min(count, Math.floor(((performance.now() - startedMs) / 1000) * rate))
    while (arrivals.length < dueCount) arrivals.push(one((arrivals.length / rate) * 1000))
    await new Promise(resolve => setTimeout(resolve, tickMs))
  }
  const results = await Promise.all(arrivals)
  await pool.close()
  return results
}
