// Ten times as many requests as a compute-bound model can answer: those it does answer, memory, and the time to recover.
// The model has one thread, which leaves the other core to the server's refusals and to the client; batching is off, as in `compute`.
// Its queue is what an operator would give it: 64 rows of 10 ms are a wait that callers accept, the 1024 by default are ten seconds.
import { setTimeout as wait } from 'node:timers/promises'
import { type Benchmark, median, quantile, rssBytes, type Scope, seconds } from '../harness.ts'
import { type Arrival, openLoop } from '../open-loop.ts'
import { slowOf } from '../run-loop.ts'
import { atMost, type Judged, ratioAtLeast } from '../soak/budget.ts'
import { type Cores, watchCores } from '../soak/cores.ts'
import { jsonAsk, send } from '../v2.ts'
import { type Ask, Loader } from '../wrk.ts'

const runMs = 10
const times = 10
const connections = 4
/** The first seconds of a load cost both ends twice as much, until their code is compiled: memory counts them, goodput does not. */
const unrecordedSeconds = 3
const sampleMs = 50
const pauseMs = 20
/** A lone request that takes no longer than so many times the usual is as fast as before. */
const usualTimes = 3
/** Longer than the queue's rows take one after the other. */
const recoveryMaxMs = 60_000
const recoveryBudgetMs = 1000
const goodputBudget = 0.9
const queueRowsMax = 64
/** The default. What waits may hold so much, and is therefore the bound on what the load may add to the server's memory. */
const queueBytesMax = 64 * 2 ** 20

const manifest = `schema: 1
batching: { enabled: false }
instances: { placement: thread, count: 1, threads: 1 }
queue: { rowsMax: ${queueRowsMax}, bytesMax: ${queueBytesMax} }
`

/** Milliseconds until a lone request is answered about as fast as before the load. */
async function recoveryMs(address: string, ask: Ask, usualMs: number): Promise<number> {
  const startedMs = performance.now()
  for (;;) {
    const sentMs = performance.now()
    const isAnswered = await send(address, ask).then(
      () => true,
      () => false
    )
    const now = performance.now()
    if (isAnswered && now - sentMs <= usualMs * usualTimes) return now - startedMs
    if (now - startedMs > recoveryMaxMs) throw new Error(`not recovered after ${recoveryMaxMs} ms`)
    await wait(pauseMs)
  }
}

const ofStatus = (arrivals: readonly Arrival[], status: number): Arrival[] =>
  arrivals.filter(arrival => arrival.status === status)

/** What the load did. */
interface Overloaded {
  readonly arrivals: readonly Arrival[]
  readonly rssBeforeMb: number
  readonly rssPeakMb: number
  readonly rssAfterMb: number
  readonly recoveredMs: number
  readonly cores: Cores
}

/** Sends `rate` requests a second, and a lone one after another once the last of them is sent. */
async function load(
  pid: number,
  address: string,
  ask: Ask,
  { rate, usualMs, loadSeconds }: { rate: number; usualMs: number; loadSeconds: number }
): Promise<Overloaded> {
  const rssMb = (): number => rssBytes(pid) / 1e6
  const rssBeforeMb = rssMb()
  let rssPeakMb = rssBeforeMb
  const sampler = setInterval(() => {
    rssPeakMb = Math.max(rssPeakMb, rssMb())
  }, sampleMs)
  try {
    await openLoop(address, ask, rate, unrecordedSeconds).arrivals
    const coresUsed = watchCores(pid)
    const { sent, arrivals } = openLoop(address, ask, rate, loadSeconds)
    await sent
    const cores = coresUsed()
    const recoveredMs = await recoveryMs(address, ask, usualMs)
    return { arrivals: await arrivals, rssBeforeMb, rssPeakMb, rssAfterMb: rssMb(), recoveredMs, cores }
  } finally {
    clearInterval(sampler)
  }
}

function figures(capacities: readonly number[], loaded: Overloaded, loadSeconds: number): readonly Judged[] {
  const { arrivals, rssBeforeMb, rssPeakMb, rssAfterMb, recoveredMs, cores } = loaded
  const good = ofStatus(arrivals, 200)
  const refused = ofStatus(arrivals, 429)
  const goodput = good.filter(({ atMs }) => atMs <= loadSeconds * 1000).length / loadSeconds
  const capacity = capacities.reduce((sum, value) => sum + value, 0) / capacities.length
  const lateMs = arrivals.map(arrival => arrival.lateMs)
  const refusedMs = refused.map(({ ms }) => ms)
  return [
    {
      what: 'capacity, closed loop, mean of before and after',
      value: capacity,
      unit: 'requests/s',
      rounds: capacities
    },
    ratioAtLeast(`goodput ÷ capacity at ${times} times as many for ${loadSeconds} s`, goodput, 'requests/s', {
      baseline: capacity,
      least: goodputBudget
    }),
    { what: 'refused with 429', value: refused.length, unit: `of ${arrivals.length}` },
    atMost('neither answered nor refused', arrivals.length - good.length - refused.length, 'requests', 0),
    { what: 'p50 of an answer', value: median(good.map(({ ms }) => ms)), unit: 'ms' },
    { what: 'p99 of a refusal', value: quantile(refusedMs, 0.99), unit: 'ms' },
    { what: 'p99 of how late the client sent', value: quantile(lateMs, 0.99), unit: 'ms' },
    { what: 'used by the server', value: cores.server, unit: 'cores' },
    { what: 'used by the client', value: cores.client, unit: 'cores' },
    { what: 'used by whatever else ran on this machine', value: cores.others, unit: 'cores' },
    { what: 'RSS before', value: rssBeforeMb, unit: 'MB' },
    { what: 'RSS at its highest', value: rssPeakMb, unit: 'MB' },
    { what: 'RSS after', value: rssAfterMb, unit: 'MB' },
    atMost(
      'RSS added at its highest, at most queue.bytesMax',
      rssPeakMb - rssBeforeMb,
      'MB',
      queueBytesMax / 1e6
    ),
    atMost(
      `recovered after, with at most ${queueRowsMax} rows of ${runMs} ms waiting`,
      recoveredMs,
      'ms',
      recoveryBudgetMs
    )
  ]
}

/** The case for so many seconds of load, and as many of measuring the capacity: half before and half after. */
export async function overload(scope: Scope, loadSeconds: number): Promise<readonly Judged[]> {
  const models = { 'slow/1/model.onnx': await slowOf(scope, runMs, 1), 'slow/model.yaml': manifest }
  const server = scope.serve(scope.folder(models))
  const address = await server.ready
  const ask = jsonAsk('slow', [1, 1], [1])
  const loader = new Loader(scope, address, ask)
  const capacity = async (): Promise<number> =>
    (await loader.succeed(connections, Math.ceil(loadSeconds / 2))).requestsPerSecond
  const usualMs = (await loader.succeed(1, seconds)).p50Ms
  const before = await capacity()
  const loaded = await load(server.child.pid!, address, ask, { rate: before * times, usualMs, loadSeconds })
  // The machine may have had something else to do at either time.
  return figures([before, await capacity()], loaded, loadSeconds)
}

export const overloadCase: Benchmark = {
  name: 'overload',
  run: scope => overload(scope, seconds * 5)
}
