// A typed client for models on a Kedge server, written by `kedge client`: generate it anew instead of changing it.
// Made from: iris 2, penguins 1.

/** Species of an iris flower from four measurements. A row of iris, as version 2 takes it. */
export interface IrisRecord {
  /** Unit: cm. Expected: 0 to 20; others are counted. */
  readonly sepal_length: number
  /** Unit: cm. Expected: 0 to 20; others are counted. */
  readonly sepal_width: number
  /** Unit: cm. Expected: 0 to 20; others are counted. */
  readonly petal_length: number
  /** Unit: cm. Expected: 0 to 20; others are counted. */
  readonly petal_width: number
}

/** What iris answers for a row. */
export interface IrisPrediction {
  readonly label: 'setosa' | 'versicolor' | 'virginica'
  readonly probabilities: Readonly<Record<'setosa' | 'versicolor' | 'virginica', number>>
}

/**
 * Species of a penguin from measurements and texts, some of which may be missing.
 * A row of penguins, as version 1 takes it.
 */
export interface PenguinsRecord {
  /** Unit: mm. Expected: 10 to 100; others are counted. May be missing. */
  readonly bill_length_mm?: number | null
  /** Unit: mm. Expected: 5 to 50; others are counted. May be missing. */
  readonly bill_depth_mm?: number | null
  /** Unit: mm. Expected: 100 to 350; others are counted. May be missing. */
  readonly flipper_length_mm?: number | null
  /** Unit: g. Expected: 1000 to 10000; others are counted. May be missing. */
  readonly body_mass_g?: number | null
  /** May be missing. */
  readonly island?: 'Biscoe' | 'Dream' | 'Torgersen' | null
  /** May be missing. */
  readonly sex?: 'female' | 'male' | null
}

/** What penguins answers for a row. */
export interface PenguinsPrediction {
  readonly label: 'Adelie' | 'Chinstrap' | 'Gentoo'
  readonly probabilities: Readonly<Record<'Adelie' | 'Chinstrap' | 'Gentoo', number>>
}

/** By the names that the server has for them. */
export interface Models {
  readonly iris: { readonly record: IrisRecord; readonly prediction: IrisPrediction }
  readonly penguins: { readonly record: PenguinsRecord; readonly prediction: PenguinsPrediction }
}

export type ModelName = keyof Models & string

const models = new Map<string, ModelFacts>([
  ['iris', { classes: true, numbers: ['probabilities'] }],
  ['penguins', { classes: true, numbers: ['probabilities'] }]
])

/** Codes of the server's errors (docs/errors.md), and two of this client's. */
export type KedgeErrorCode =
  | 'INVALID_JSON'
  | 'INVALID_REQUEST'
  | 'INVALID_INPUT'
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'ROUTE_NOT_FOUND'
  | 'MODEL_NOT_FOUND'
  | 'VERSION_NOT_FOUND'
  | 'LABEL_NOT_FOUND'
  | 'PROFILE_NOT_FOUND'
  | 'METHOD_NOT_ALLOWED'
  | 'REQUEST_TIMEOUT'
  | 'BODY_TOO_LARGE'
  | 'UNSUPPORTED_MEDIA_TYPE'
  | 'CONTROL_REFUSED'
  | 'LOAD_FAILED'
  | 'CANCELLED'
  | 'RATE_LIMITED'
  | 'OVERLOADED'
  | 'QUEUE_FULL'
  | 'INTERNAL'
  | 'RUN_FAILED'
  | 'NOT_SUPPORTED'
  | 'AUTH_UNAVAILABLE'
  | 'MODEL_NOT_READY'
  | 'INSTANCE_LOST'
  | 'DEADLINE_EXCEEDED'
  /** No answer came: no server, no network, or no time left. */
  | 'NO_ANSWER'
  /** What answered does not speak as Kedge does: a proxy, perhaps. */
  | 'BAD_ANSWER'

/** One thing that is wrong with a request. */
export interface KedgeProblem {
  /** Where: instances[0].sex. */
  readonly path: string
  readonly problem: string
  readonly expected?: string
  readonly got?: string
  readonly hint?: string
}

interface KedgeErrorFacts {
  readonly status?: number
  readonly code: KedgeErrorCode
  readonly requestId?: string | undefined
  readonly details?: readonly KedgeProblem[]
  readonly retryAfterMs?: number | undefined
  readonly cause?: unknown
}

/** A prediction that was not made. */
export class KedgeError extends Error {
  /** The HTTP status; 0 where no answer came. */
  readonly status: number
  readonly code: KedgeErrorCode
  /** The server's log has it too. */
  readonly requestId: string | undefined
  /** Everything that is wrong with the request, at most 32 of it. */
  readonly details: readonly KedgeProblem[]
  /** When the server says that trying again makes sense; undefined where it does not say so. */
  readonly retryAfterMs: number | undefined

  constructor(message: string, facts: KedgeErrorFacts) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause })
    this.name = 'KedgeError'
    this.status = facts.status ?? 0
    this.code = facts.code
    this.requestId = facts.requestId
    this.details = facts.details ?? []
    this.retryAfterMs = facts.retryAfterMs
  }

  /** Whether the very same call may succeed later, by the server's Retry-After. */
  get retryable(): boolean {
    return this.retryAfterMs !== undefined
  }
}

export interface KedgeOptions {
  /** Where the server is; http://127.0.0.1:8080 where absent. A path before Kedge's own is kept. */
  readonly baseUrl?: string | URL | undefined
  /** Sent with each request, such as authorization with a key. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Time for each call unless it says otherwise. */
  readonly timeoutMs?: number | undefined
  /** In place of the global one. */
  readonly fetch?: typeof globalThis.fetch | undefined
}

export interface PredictOptions {
  /** The version to ask; the server's choice where absent. */
  readonly version?: number | string | undefined
  /** The version with this label instead. */
  readonly label?: string | undefined
  readonly signal?: AbortSignal | undefined
  /** The server gives up after it; so does this client, a second later. */
  readonly timeoutMs?: number | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
}

/** The server's own answer, that it took too long, is worth waiting for. */
const graceMs = 1000

export class KedgeClient {
  readonly #base: string
  readonly #options: KedgeOptions

  constructor(options: KedgeOptions = {}) {
    this.#base = String(options.baseUrl ?? 'http://127.0.0.1:8080').replace(/\/+$/, '')
    this.#options = options
  }

  /** A prediction for each row, in their order. Throws KedgeError, or the signal's reason where it was aborted. */
  async predict<M extends ModelName>(
    model: M,
    rows: readonly Models[M]['record'][],
    options: PredictOptions = {}
  ): Promise<Models[M]['prediction'][]> {
    const facts = models.get(model)
    if (facts === undefined) throw new TypeError('this client knows no model ' + JSON.stringify(model))
    if (rows.length === 0) return []
    const path = '/v1/models/' + encodeURIComponent(model) + place(facts, options) + ':predict'
    const body = JSON.stringify({ instances: rows, ...(facts.classes && { classes: true }) }, written)
    const { response, text } = await this.#post(path, body, options)
    const answer = parsed(text)
    if (!response.ok) throw refusal(response, answer)
    const predictions = isObject(answer) ? answer['predictions'] : undefined
    if (!Array.isArray(predictions) || predictions.length !== rows.length)
      throw new KedgeError('the answer has no prediction for each row', {
        status: response.status,
        code: 'BAD_ANSWER'
      })
    const numbers = /"(NaN|-?Infinity)"/.test(text) ? facts.numbers : []
    return predictions.map(row => withNumbers(row, numbers)) as Models[M]['prediction'][]
  }

  async #post(
    path: string,
    body: string,
    { signal, timeoutMs = this.#options.timeoutMs, headers }: PredictOptions
  ): Promise<{ readonly response: Response; readonly text: string }> {
    const sent = new Headers(this.#options.headers)
    for (const [name, value] of Object.entries(headers ?? {})) sent.set(name, value)
    sent.set('content-type', 'application/json')
    const signals = signal === undefined ? [] : [signal]
    if (timeoutMs !== undefined) {
      const wholeMs = Math.max(1, Math.ceil(timeoutMs))
      sent.set('x-kedge-timeout-ms', String(wholeMs))
      signals.push(AbortSignal.timeout(wholeMs + graceMs))
    }
    const own = this.#options.fetch ?? globalThis.fetch
    const ends = signals.length === 0 ? {} : { signal: AbortSignal.any(signals) }
    try {
      const response = await own(this.#base + path, { method: 'POST', headers: sent, body, ...ends })
      return { response, text: await response.text() }
    } catch (cause) {
      if (signal?.aborted === true) throw signal.reason
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new KedgeError('no answer from ' + this.#base + ': ' + reason, { code: 'NO_ANSWER', cause })
    }
  }
}

interface ModelFacts {
  /** The version that the client was made for alone. */
  readonly version?: string
  readonly classes: boolean
  /** Outputs whose numbers may come as texts, such as "NaN"; one without a name is all of the prediction. */
  readonly numbers: readonly (string | undefined)[]
}

function place(facts: ModelFacts, { version = undefined, label = undefined }: PredictOptions): string {
  if (version !== undefined && label !== undefined) throw new TypeError('expected a version or a label, got both')
  if (label !== undefined) return '/labels/' + encodeURIComponent(label)
  const wanted = version ?? facts.version
  return wanted === undefined ? '' : '/versions/' + encodeURIComponent(String(wanted))
}

/** What JSON has no numbers for, as the server reads it. */
function written(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value)
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value
}

function withNumbers(row: unknown, outputs: readonly (string | undefined)[]): unknown {
  if (outputs.includes(undefined)) return asNumbers(row)
  if (!isObject(row)) return row
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, outputs.includes(name) ? asNumbers(value) : value])
  )
}

function asNumbers(value: unknown): unknown {
  if (typeof value === 'string') return Number(value)
  if (Array.isArray(value)) return value.map(asNumbers)
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, own]) => [name, asNumbers(own)]))
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function refusal(response: Response, answer: unknown): KedgeError {
  const { status, headers } = response
  const { error, code, request_id: id, details } = isObject(answer) ? answer : {}
  const seconds = Number(headers.get('retry-after') ?? NaN)
  const requestId = typeof id === 'string' ? id : (headers.get('x-request-id') ?? undefined)
  return new KedgeError(typeof error === 'string' ? error : 'the answer has status ' + status, {
    status,
    code: typeof code === 'string' ? (code as KedgeErrorCode) : 'BAD_ANSWER',
    requestId,
    details: Array.isArray(details) ? (details as KedgeProblem[]) : [],
    retryAfterMs: seconds >= 0 ? seconds * 1000 : undefined
  })
}
