// Fifty times a server is told to end in the middle of its work, as one behind a load balancer is, which looks at the readiness route; and
// fifty times as one is that nobody looks at. Every end is orderly, and no answer is lost.
import { Agent, type IncomingMessage, request } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { type Random, seededRandom } from '../../src/base/random.ts'
import { slow } from '../../test/helpers/models.ts'
import { median, type Scope } from '../harness.ts'
import { atMost, type Judged } from './budget.ts'

const clients = 16
/** Products of matrices in a run: a few milliseconds, so that there is always some work. */
const loops = 8
/** From ready to the signal: a while of load, another each time. */
const underLoadMs = { least: 200, more: 400 }
/** As for a load balancer that looks often. */
const readinessDelayMs = 500
const lookMs = 20

/**
 * What became of a request. Lost: it was sent whole before the signal, or its answer began, or it was answered with anything but its numbers,
 * and it did not get them. After the signal it may find nobody who listens (refused), or the connection closed under it before a byte of
 * an answer came: one that was kept and that the server closed since it was idle (raced), or a new one that the system had taken and the
 * server had not looked at yet (dropped). A client sends it again elsewhere.
 */
type Fate = 'answered' | 'refused' | 'raced' | 'dropped' | 'lost'

interface Round {
  readonly code: number | null
  readonly fates: Readonly<Record<Fate, number>>
  readonly lost: readonly string[]
  readonly inFlight: number
  readonly endMs: number
}

interface Sent {
  readonly value: number
  sentMs: number | undefined
  /** Over a connection that had been used before. */
  isKept: boolean
}

/** Clients that keep their connections as long as they are let, each with one request in flight. */
class Load {
  readonly fates = { answered: 0, refused: 0, raced: 0, dropped: 0, lost: 0 }
  readonly lost: string[] = []
  inFlight = 0
  /** When the server was told to end. */
  signalMs = Number.POSITIVE_INFINITY
  readonly #port: number
  readonly #loops: Promise<void>[]
  #isOver = false

  constructor(address: string) {
    this.#port = Number(new URL(address).port)
    this.#loops = Array.from({ length: clients }, (_, client) => this.#keepAsking(client))
  }

  /** Asks nothing more; settles once everything has had its fate. */
  async stop(): Promise<void> {
    this.#isOver = true
    await Promise.all(this.#loops)
  }

  async #keepAsking(client: number): Promise<void> {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    for (let value = client; !this.#isOver; value += clients) {
      const sent: Sent = { value, sentMs: undefined, isKept: false }
      this.inFlight++
      const fate = await this.#ask(agent, sent).catch((error: unknown) =>
        this.#fateOf(error as NodeJS.ErrnoException, sent)
      )
      this.inFlight--
      this.fates[fate]++
      // Nobody listens any more.
      if (fate === 'refused') break
    }
    agent.destroy()
  }

  #ask(agent: Agent, sent: Sent): Promise<Fate> {
    const { value } = sent
    const body = JSON.stringify({ inputs: [{ name: 'x', shape: [1, 1], datatype: 'FP32', data: [value] }] })
    const headers = { 'content-type': 'application/json', 'content-length': body.length }
    return new Promise((resolve, reject) => {
      const asked = request(
        {
          agent,
          headers,
          host: '127.0.0.1',
          port: this.#port,
          path: '/v2/models/slow/infer',
          method: 'POST'
        },
        answer => {
          resolve(this.#read(answer, value))
        }
      )
      asked.on('finish', () => {
        sent.sentMs = performance.now()
        sent.isKept = asked.reusedSocket
      })
      asked.on('error', reject).end(body)
    })
  }

  async #read(answer: IncomingMessage, value: number): Promise<Fate> {
    let text = ''
    try {
      for await (const chunk of answer) text += String(chunk)
    } catch (error) {
      return this.#lose(`an answer was cut off: ${String(error)}`)
    }
    if (answer.statusCode === 200 && text.includes(`"data":[${value}]`)) return 'answered'
    return this.#lose(`answered ${answer.statusCode}: ${text.slice(0, 200)}`)
  }

  #fateOf(error: NodeJS.ErrnoException, { sentMs = Number.POSITIVE_INFINITY, isKept }: Sent): Fate {
    if (error.code === 'ECONNREFUSED' && performance.now() > this.signalMs) return 'refused'
    if (error.code === 'ECONNRESET' && sentMs > this.signalMs) return isKept ? 'raced' : 'dropped'
    return this.#lose(`${String(error)}, sent ${Math.round(sentMs - this.signalMs)} ms after the signal`)
  }

  #lose(what: string): Fate {
    this.lost.push(what)
    return 'lost'
  }
}

/** Settles once the server says that it is not ready, or is not there any more. */
async function unready(address: string): Promise<void> {
  for (;;) {
    const status = await fetch(`${address}/v2/health/ready`).then(
      ({ status }) => status,
      () => 0
    )
    if (status !== 200) return
    await wait(lookMs)
  }
}

/** One server from its start to its end. */
async function endOnce(scope: Scope, models: string, random: Random, isLookedAt: boolean): Promise<Round> {
  const delay = isLookedAt ? ['--shutdown-readiness-delay-ms', String(readinessDelayMs)] : []
  const server = scope.serve(models, '--lifecycle-probe', 'never', ...delay)
  const address = await server.ready
  const load = new Load(address)
  await wait(underLoadMs.least + random() * underLoadMs.more)
  const { inFlight } = load
  load.signalMs = performance.now()
  server.child.kill('SIGTERM')
  if (isLookedAt) {
    await unready(address)
    await load.stop()
  }
  const { code } = await server.exited
  const endMs = performance.now() - load.signalMs
  await load.stop()
  return { code, fates: load.fates, lost: load.lost, inFlight, endMs }
}

/** The case for so many ends of each way. */
export async function sigterms(scope: Scope, count: number, seed: number): Promise<readonly Judged[]> {
  process.stdout.write(`  seed ${seed} (SOAK_SEED)\n`)
  const random = seededRandom(seed)
  const models = scope.folder({ 'slow/1/model.onnx': slow(loops) })
  const figures: Judged[] = []
  for (const isLookedAt of [true, false]) {
    const rounds: Round[] = []
    for (let round = 0; round < count; round++) rounds.push(await endOnce(scope, models, random, isLookedAt))
    for (const line of rounds.flatMap(({ lost }) => lost).slice(0, 20)) process.stdout.write(`  ${line}\n`)
    figures.push(...figuresOf(rounds, isLookedAt))
  }
  return figures
}

/** What may befall a request that is sent while its server ends. */
const others = {
  'sent on a kept connection that was closed as idle': 'raced',
  'sent on a new connection before the server looked at it': 'dropped',
  'refused connections': 'refused'
} as const

function figuresOf(rounds: readonly Round[], isLookedAt: boolean): Judged[] {
  const sum = (fate: Fate): number => rounds.reduce((total, { fates }) => total + fates[fate], 0)
  const what = (text: string): string =>
    `${isLookedAt ? `readiness delay ${readinessDelayMs} ms` : 'no delay'}: ${text}`
  const asked = sum('answered') + sum('lost') + sum('raced') + sum('dropped')
  const wrong = rounds.filter(({ code }) => code !== 0).length
  return [
    { what: what('SIGTERMs under load'), value: rounds.length, unit: 'times' },
    atMost(what('ends with another status than 0'), wrong, 'times', 0),
    {
      what: what('requests in flight at the signal, median'),
      value: median(rounds.map(({ inFlight }) => inFlight)),
      unit: `of ${clients} clients`
    },
    { what: what('answers'), value: sum('answered'), unit: 'requests' },
    atMost(what(`lost answers, of ${asked}`), sum('lost'), 'requests', 0),
    ...Object.entries(others).map(([text, fate]) =>
      // Behind a load balancer nobody sends any more by then.
      isLookedAt
        ? atMost(what(text), sum(fate), 'requests', 0)
        : { what: what(text), value: sum(fate), unit: 'requests' }
    ),
    {
      what: what('median time from the signal to the end'),
      value: median(rounds.map(({ endMs }) => endMs)),
      unit: 'ms'
    }
  ]
}
