// The health route while a model of 300 ms a run is saturated and 4 MB JSON bodies arrive: probes must not wait for either.
import { Agent, request } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { type Benchmark, median, quantile, seconds } from '../harness.ts'
import { mean } from '../models.ts'
import { slowOf } from '../run-loop.ts'
import { jsonAsk, send } from '../v2.ts'
import { Loader } from '../wrk.ts'

const runMs = 300
const pauseMs = 5
const connections = 8
const p99BudgetMs = 20
const jsonBytes = 4 * 2 ** 20
/** Enough for a 99th percentile. */
const durationSeconds = seconds * 7

const agent = new Agent({ keepAlive: true, maxSockets: 1 })

/** How long the readiness route takes over a connection that stays open. */
function probeMs(address: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const startedMs = performance.now()
    request(`${address}/v2/health/ready`, { agent }, answer => {
      answer.resume()
      answer.once('end', () => {
        if (answer.statusCode === 200) resolve(performance.now() - startedMs)
        else reject(new Error(`the readiness route answered ${answer.statusCode}`))
      })
    })
      .once('error', reject)
      .end()
  })
}

/** A request of 4 MB: numbers as long as a float32 is when JavaScript prints it. */
function big(): ReturnType<typeof jsonAsk> {
  const number = Math.fround(0.1)
  const count = Math.floor(jsonBytes / (String(number).length + 1))
  return jsonAsk('mean', [1, count], new Array<number>(count).fill(number))
}

export const healthCase: Benchmark = {
  name: 'health',
  async run(scope) {
    const models = { 'slow/1/model.onnx': await slowOf(scope, runMs), 'mean/1/model.onnx': mean().model }
    const address = await scope.serve(scope.folder(models)).ready
    await send(address, big())
    const loads = Promise.all([
      new Loader(scope, address, jsonAsk('slow', [1, 1], [1])).succeed(connections, durationSeconds),
      new Loader(scope, address, big()).succeed(1, durationSeconds)
    ])
    const end = performance.now() + durationSeconds * 1000
    const health: number[] = []
    while (performance.now() < end) {
      health.push(await probeMs(address))
      await wait(pauseMs)
    }
    const [slow, bodies] = await loads
    agent.destroy()
    const p99 = quantile(health, 0.99)
    return [
      { what: 'requests of the slow model', value: slow.requestsPerSecond, unit: 'requests/s' },
      { what: 'requests of 4 MB JSON', value: bodies.requestsPerSecond, unit: 'requests/s' },
      { what: `health p50 of ${health.length}`, value: median(health), unit: 'ms' },
      { what: 'health p99', value: p99, unit: 'ms', budget: '≤ 20 ms', ratio: p99 / p99BudgetMs },
      { what: 'health, the slowest', value: Math.max(...health), unit: 'ms' }
    ]
  }
}
