// Callers who do nothing wrong while others attack: one looks at the health routes, others predict and know the right numbers.
import { flower, inferBody, inferPath } from './requests.ts'

export interface Seen {
  readonly healthy: number
  readonly predicted: number
  /** Predictions that were told to come again later, since the model's queue was full of others' rows. */
  readonly putOff: number
  /** In words: everything else that they met. */
  readonly troubles: readonly string[]
  readonly slowestHealthMs: number
}

const tolerance = 1e-5

type Headers = Readonly<Record<string, string>>

/** What the flower's prediction is; undefined where the queue is full. */
async function prediction(address: string, headers: Headers): Promise<readonly number[] | undefined> {
  const answer = await fetch(`${address}${inferPath}`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: inferBody.toString()
  })
  const text = await answer.text()
  if (answer.status === 429 && text.includes('"QUEUE_FULL"') && answer.headers.has('retry-after'))
    return undefined
  if (answer.status !== 200)
    throw new Error(`predicting ${flower.join()} is answered ${answer.status}: ${text.slice(0, 300)}`)
  const { outputs } = JSON.parse(text) as {
    readonly outputs: readonly { readonly data: readonly number[] }[]
  }
  return outputs.flatMap(({ data }) => data)
}

async function health(address: string, path: string, expected: string): Promise<void> {
  const answer = await fetch(address + path)
  const text = await answer.text()
  if (answer.status !== 200 || text !== expected)
    throw new Error(`${path} is answered ${answer.status}: ${text.slice(0, 300)}`)
}

export class Bystanders {
  readonly #loops: Promise<void>[]
  readonly #troubles: string[] = []
  #isOver = false
  #healthy = 0
  #predicted = 0
  #putOff = 0
  #slowestHealthMs = 0

  private constructor(address: string, headers: Headers, expected: readonly number[]) {
    const checkHealth = async (): Promise<void> => {
      const startedMs = performance.now()
      await health(address, '/v2/health/live', '{"live":true}')
      this.#slowestHealthMs = Math.max(this.#slowestHealthMs, performance.now() - startedMs)
      await health(address, '/v2/health/ready', '{"ready":true}')
      this.#healthy++
    }
    const predict = async (): Promise<void> => {
      const numbers = await prediction(address, headers)
      if (numbers === undefined) {
        this.#putOff++
        return
      }
      if (
        numbers.length !== expected.length ||
        numbers.some((value, index) => !(Math.abs(value - expected[index]!) <= tolerance))
      )
        throw new Error(`expected ${expected.join()}, got ${numbers.join()}`)
      this.#predicted++
    }
    this.#loops = [this.#loop(checkHealth), this.#loop(predict), this.#loop(predict)]
  }

  /** `headers` let in who has to be known. */
  static async begin(address: string, headers: Headers = {}): Promise<Bystanders> {
    const expected = await prediction(address, headers)
    if (expected === undefined) throw new Error('the queue is full before anybody attacks')
    return new Bystanders(address, headers, expected)
  }

  async end(): Promise<void> {
    this.#isOver = true
    await Promise.all(this.#loops)
  }

  seen(): Seen {
    return {
      healthy: this.#healthy,
      predicted: this.#predicted,
      putOff: this.#putOff,
      troubles: this.#troubles,
      slowestHealthMs: this.#slowestHealthMs
    }
  }

  async #loop(once: () => Promise<void>): Promise<void> {
    while (!this.#isOver)
      await once().catch((error: unknown) => {
        const cause = error instanceof Error && error.cause !== undefined ? ` (${String(error.cause)})` : ''
        this.#troubles.push(`${String(error)}${cause}`)
      })
  }
}
