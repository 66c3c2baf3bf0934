// HTTP to the one server that is measured, over connections that are kept. Every exchange ends within its time, and no more
// of an answer is kept than asked for.
import type { Dispatcher, Pool } from 'undici'
import type { Clock } from '../../base/clock.ts'
import { shorten } from '../../base/describe.ts'
import { BenchError } from './bench-error.ts'
import type { Answer } from './load.ts'
import type { Payload } from './payload.ts'

export interface Client {
  /** Asks for a prediction. Never rejects. */
  infer(payload: Payload): Promise<Answer>
  /** The JSON of a path below the model's, over a connection of its own. Throws BenchError when the server cannot be reached. */
  get(path: string): Promise<{ readonly status: number; readonly json: unknown }>
  close(): Promise<void>
}

export interface ClientOptions {
  readonly url: URL
  readonly model: string
  readonly version: string | undefined
  /** Sent with each request, such as a key. */
  readonly headers: Readonly<Record<string, string>>
  readonly connections: number
  readonly timeoutMs: number
  readonly clock: Clock
}

const errorTextMax = 200
/** Of an error's body; the rest is read and dropped. */
const errorBytesMax = 4096
/** Of metadata and statistics. */
const documentBytesMax = 4 * 2 ** 20

export async function openClient(options: ClientOptions): Promise<Client> {
  // Only now: a server that starts needs no client.
  const { Pool } = await import('undici')
  const { url, model, version, headers: everyHeaders, connections, timeoutMs, clock } = options
  const prefix = url.pathname.replace(/\/+$/, '')
  const versionPath = version === undefined ? '' : `/versions/${encodeURIComponent(version)}`
  const modelPath = `${prefix}/v2/models/${encodeURIComponent(model)}${versionPath}`
  // Times are kept by the exchange as a whole, so those of the single steps are off.
  const common = { connect: { timeout: timeoutMs }, headersTimeout: 0, bodyTimeout: 0 }
  const load = new Pool(url.origin, { ...common, connections })
  const control = new Pool(url.origin, { ...common, connections: 1 })
  const limits = { clock, timeoutMs }
  return {
    async infer({ body, headers }) {
      const all = { ...everyHeaders, ...headers }
      const request = { method: 'POST', path: `${modelPath}/infer`, headers: all, body } as const
      try {
        const { status, text } = await exchange(load, request, {
          ...limits,
          bytesMax: code => (isOk(code) ? 0 : errorBytesMax)
        })
        return { ok: isOk(status), status: String(status), text: isOk(status) ? '' : errorText(text) }
      } catch (error) {
        return { ok: false, status: failureName(error), text: '' }
      }
    },
    async get(path) {
      try {
        const { status, text } = await exchange(
          control,
          { method: 'GET', path: `${modelPath}${path}`, headers: everyHeaders },
          { ...limits, bytesMax: () => documentBytesMax }
        )
        return { status, json: parsed(text) }
      } catch (error) {
        throw new BenchError(`${url.origin} cannot be reached (${failureName(error)})`, { cause: error })
      }
    },
    async close() {
      await Promise.all([load.destroy(), control.destroy()])
    }
  }
}

const isOk = (status: number): boolean => status >= 200 && status < 300

interface ExchangeLimits {
  readonly clock: Clock
  readonly timeoutMs: number
  /** How many bytes of an answer with this status are kept. */
  readonly bytesMax: (status: number) => number
}

class TimeoutError extends Error {
  readonly code = 'timeout'
}

/** One request and its whole answer; undici's lowest level, which makes no stream for an answer that nobody reads. */
function exchange(
  pool: Pool,
  request: Dispatcher.DispatchOptions,
  { clock, timeoutMs, bytesMax }: ExchangeLimits
): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    let running: Dispatcher.DispatchController | undefined
    let expired: TimeoutError | undefined
    let status = 0
    let bytesLeft = 0
    const kept: Buffer[] = []
    const cancelTimeout = clock.after(timeoutMs, () => {
      expired = new TimeoutError(`no answer within ${timeoutMs} ms`)
      running?.abort(expired)
      reject(expired)
    })
    pool.dispatch(request, {
      onRequestStart(controller) {
        running = controller
        // It waited for a connection until now, and nobody waits for it any more.
        if (expired !== undefined) controller.abort(expired)
      },
      onResponseStart(_, code) {
        status = code
        bytesLeft = bytesMax(code)
      },
      onResponseData(_, chunk) {
        if (bytesLeft > 0) kept.push(chunk.subarray(0, bytesLeft))
        bytesLeft -= chunk.length
      },
      onResponseEnd() {
        cancelTimeout()
        resolve({ status, text: Buffer.concat(kept).toString() })
      },
      onResponseError(_, error) {
        cancelTimeout()
        reject(error)
      }
    })
  })
}

/** `ECONNREFUSED` and its like, or the name of the error. */
function failureName(error: unknown): string {
  const { code, name } = error as { readonly code?: unknown; readonly name?: unknown }
  return typeof code === 'string' ? code : typeof name === 'string' ? name : 'unknown failure'
}

/** The text of `{"error": text}`, or the body itself, on one line without control characters. */
export function errorText(body: string): string {
  const error = (parsed(body) as { readonly error?: unknown } | null | undefined)?.error
  const text = typeof error === 'string' ? error : body
  return shorten(text.replace(/[\p{Cc}\s]+/gu, ' ').trim(), errorTextMax)
}

/** Undefined where `text` is not JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
