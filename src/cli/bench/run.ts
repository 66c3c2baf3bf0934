// One benchmark from beginning to end: requests made ready, one sent to see that it works, load, report.
import { type Clock, sleep } from '../../base/clock.ts'
import { seededRandom } from '../../base/random.ts'
import { BenchError } from './bench-error.ts'
import type { Client } from './client.ts'
import { type Answer, closedLoop, openLoop, type Pacer, type Sample } from './load.ts'
import { filePayload, generatePayloads, type Payload, readInputs } from './payload.ts'
import { progressMeter } from './progress.ts'
import { type LoadKind, makeReport, type PayloadFacts, type Report } from './report.ts'
import { figuresBetween, readStats, type ServerFigures, type StatsTotals } from './server-stats.ts'
import { Tally } from './tally.ts'

export interface BenchPlan {
  readonly url: string
  readonly model: string
  readonly version: string | undefined
  readonly load: LoadKind
  readonly warmUpSeconds: number
  readonly durationSeconds: number
  readonly rows: number | undefined
  /** A request to send instead of generated ones. */
  readonly data: { readonly file: string; readonly body: Uint8Array } | undefined
  readonly binary: boolean
  readonly seed: number
}

export interface BenchParts {
  readonly client: Client
  readonly clock: Clock
  readonly pacer: Pacer
  /** Gets a line a second; undefined: nobody wants them. */
  readonly progress: ((line: string) => void) | undefined
}

/** Windows that the stability rule compares: a tenth of the time, but no shorter than a second. */
const windowSecondsMin = 1
const windowsWanted = 10

/** Throws BenchError when there is nothing to measure. */
export async function runBench(plan: BenchPlan, parts: BenchParts): Promise<Report> {
  const { client, clock } = parts
  const payloads = await makePayloads(plan, client)
  await tryOne(client, payloads[0]!, hintOf(plan))

  const fromMs = parts.pacer.monotonicMs() + plan.warmUpSeconds * 1000
  const toMs = fromMs + plan.durationSeconds * 1000
  const windowSeconds = Math.max(windowSecondsMin, plan.durationSeconds / windowsWanted)
  const tally = new Tally({ fromMs, toMs, windowMs: windowSeconds * 1000 })
  const before = sleep(clock, plan.warmUpSeconds * 1000).then(() => statsOf(client))
  await underLoad(plan, parts, payloads, tally, { fromMs, toMs })
  const server = serverFigures(await before, await statsOf(client))

  const { url, model, version, load, warmUpSeconds, durationSeconds, seed } = plan
  const payload = payloadFacts(plan, payloads)
  const setup = { url, model, version: version ?? null, load, payload, warmUpSeconds, durationSeconds, seed }
  return makeReport(setup, windowSeconds, tally, server)
}

async function makePayloads(plan: BenchPlan, client: Client): Promise<readonly Payload[]> {
  if (plan.data !== undefined) return [filePayload(plan.data.body, plan.data.file)]
  const { status, json } = await client.get('')
  if (status !== 200) {
    const { error } = (json ?? {}) as { readonly error?: unknown }
    const text = typeof error === 'string' ? `: ${error}` : ''
    throw new BenchError(`the server has no metadata of model '${plan.model}' (${status}${text})`)
  }
  return generatePayloads(readInputs(json), { ...plan, random: seededRandom(plan.seed) })
}

/** A request that is refused would be refused at any rate. */
async function tryOne(client: Client, payload: Payload, hint: string): Promise<void> {
  const { ok, status, text } = await client.infer(payload)
  if (!ok)
    throw new BenchError(`the first request failed (${text === '' ? status : `${status}: ${text}`})${hint}`)
}

function hintOf(plan: BenchPlan): string {
  if (plan.data !== undefined) return ''
  return plan.binary
    ? '; does the server take binary tensors?'
    : '; a request that the model takes can be given with --data'
}

async function underLoad(
  plan: BenchPlan,
  { client, clock, pacer, progress }: BenchParts,
  payloads: readonly Payload[],
  tally: Tally,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number }
): Promise<void> {
  const meter = progressMeter(clock, fromMs, progress)
  const record = (sample: Sample): void => {
    tally.record(sample)
    meter.record(sample)
  }
  const send = (sequence: number): Promise<Answer> => client.infer(payloads[sequence % payloads.length]!)
  const load = { pacer, endMs: toMs, send, record }
  try {
    if (plan.load.kind === 'closed') {
      await closedLoop(load, plan.load.concurrency)
    } else {
      // Arrivals differ from payloads of the same seed.
      const random = seededRandom(~plan.seed)
      await openLoop(load, { ...plan.load, random, drop: intendedMs => tally.drop(intendedMs) })
    }
  } finally {
    meter.close()
  }
}

/** Undefined where the server has none; a benchmark does without. */
async function statsOf(client: Client): Promise<StatsTotals | undefined> {
  try {
    const { status, json } = await client.get('/stats')
    return status === 200 ? readStats(json) : undefined
  } catch {
    return undefined
  }
}

function serverFigures(
  before: StatsTotals | undefined,
  after: StatsTotals | undefined
): ServerFigures | null {
  return before === undefined || after === undefined ? null : figuresBetween(before, after)
}

function payloadFacts(plan: BenchPlan, payloads: readonly Payload[]): PayloadFacts {
  const bytes = payloads.reduce((sum, { body }) => sum + body.byteLength, 0)
  return {
    kind: plan.data !== undefined ? 'file' : plan.binary ? 'binary' : 'json',
    rows: payloads[0]!.rows,
    bytes: bytes / payloads.length,
    count: payloads.length
  }
}
