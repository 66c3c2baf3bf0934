// Ten times as many requests as a compute-bound model can answer: those it does answer, memory, and the time to recover.
// The model has one thread, so that the client's own work takes nothing from it; batching is off, as in `compute`.
import { setTimeout as wait } from 'node:timers/promises'
import { type Benchmark, median, quantile, rssBytes, seconds } from '../harness.ts'
import { type Arrival, openLoop } from '../open-loop.ts'
import { slowOf } from '../run-loop.ts'
import { jsonAsk, send } from '../v2.ts'
import { type Ask, Loader } from '../wrk.ts'

const runMs = 10
const times = 10
const connections = 4
const sampleMs = 50
const pauseMs = 100
/** A lone request that takes no longer than so many times the usual is as fast as before. */
const usualTimes = 3
const overloadSeconds = seconds * 5
/** Longer than the queue's rows take one after the other. */
const recoveryMaxMs = 60_000

const manifest = `schema: 1
batching: { enabled: false }
instances: { placement: thread, count: 1, threads: 1 }
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
    if (isAnswered && now - sentMs <= usualMs * usualTimes) return sentMs - startedMs
    if (now - startedMs > recoveryMaxMs) throw new Error(`not recovered after ${recoveryMaxMs} ms`)
    await wait(pauseMs)
  }
}

const ofStatus = (arrivals: readonly Arrival[], status: number): Arrival[] =>
  arrivals.filter(arrival => arrival.status === status)

export const overloadCase: Benchmark = {
  name: 'overload',
  async run(scope) {
    const models = { 'slow/1/model.onnx': await slowOf(scope, runMs, 1), 'slow/model.yaml': manifest }
    const server = scope.serve(scope.folder(models))
    const address = await server.ready
    const ask = jsonAsk('slow', [1, 1], [1])
    const loader = new Loader(scope, address, ask)
    const usualMs = (await loader.succeed(1, seconds)).p50Ms
    const capacity = (await loader.succeed(connections, overloadSeconds)).requestsPerSecond
    const rss = (): number => rssBytes(server.child.pid!) / 1e6
    const before = rss()
    let peak = before
    const sampler = setInterval(() => {
      peak = Math.max(peak, rss())
    }, sampleMs)
    let recovery: Promise<number> | undefined
    const over = setTimeout(() => {
      recovery = recoveryMs(address, ask, usualMs)
      recovery.catch(() => {})
    }, overloadSeconds * 1000)
    const arrivals = await openLoop(address, ask, capacity * times, overloadSeconds)
    const recovered = (await recovery) ?? Number.NaN
    clearTimeout(over)
    clearInterval(sampler)
    const good = ofStatus(arrivals, 200)
    const refused = ofStatus(arrivals, 429)
    const goodput = good.filter(({ atMs }) => atMs <= overloadSeconds * 1000).length / overloadSeconds
    return [
      { what: 'capacity, closed loop', value: capacity, unit: 'requests/s' },
      {
        what: `goodput ÷ capacity at ${times} times as many`,
        value: goodput,
        unit: 'requests/s',
        budget: '≥ 0.9',
        ratio: goodput / capacity
      },
      { what: 'refused with 429', value: refused.length, unit: `of ${arrivals.length}` },
      {
        what: 'neither answered nor refused',
        value: arrivals.length - good.length - refused.length,
        unit: 'requests'
      },
      { what: 'p50 of an answer', value: median(good.map(({ ms }) => ms)), unit: 'ms' },
      {
        what: 'p99 of a refusal',
        value: quantile(
          refused.map(({ ms }) => ms),
          0.99
        ),
        unit: 'ms'
      },
      { what: 'RSS before', value: before, unit: 'MB' },
      { what: 'RSS at its highest', value: peak, unit: 'MB' },
      { what: 'recovered after', value: recovered, unit: 'ms' }
    ]
  }
}
