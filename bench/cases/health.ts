// The health route while a model of 300 ms a run is saturated: the HTTP thread must not wait for the runtime.
import { setTimeout as wait } from 'node:timers/promises'
import { slow } from '../../test/helpers/models.ts'
import { type Benchmark, median, quantile, type Scope } from '../harness.ts'

const runMs = 300
const durationMs = 20_000
const pauseMs = 5
const connections = 8
const p99BudgetMs = 20

const body = JSON.stringify({ inputs: [{ name: 'x', shape: [1, 1], datatype: 'FP32', data: [1] }] })

async function predict(address: string): Promise<number> {
  const startedMs = performance.now()
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(`${address}/v2/models/slow/infer`, { method: 'POST', headers, body })
  await answer.arrayBuffer()
  if (!answer.ok) throw new Error(`slow answered ${answer.status}`)
  return performance.now() - startedMs
}

/** How many loops of the slow model take about `runMs` here. */
async function calibrate(scope: Scope): Promise<number> {
  const trial = 50
  const server = scope.serve(scope.folder({ 'slow/1/model.onnx': slow(trial) }))
  const address = await server.ready
  const times: number[] = []
  for (let i = 0; i < 7; i++) times.push(await predict(address))
  server.child.kill('SIGTERM')
  await server.exited
  return Math.max(1, Math.round((trial * runMs) / median(times)))
}

export const healthCase: Benchmark = {
  name: 'health',
  async run(scope) {
    const server = scope.serve(scope.folder({ 'slow/1/model.onnx': slow(await calibrate(scope)) }))
    const address = await server.ready
    const end = performance.now() + durationMs
    const runs: number[] = []
    const load = Array.from({ length: connections }, async () => {
      while (performance.now() < end) runs.push(await predict(address))
    })
    const health: number[] = []
    while (performance.now() < end) {
      const startedMs = performance.now()
      await (await fetch(`${address}/v2/health/ready`)).arrayBuffer()
      health.push(performance.now() - startedMs)
      await wait(pauseMs)
    }
    await Promise.all(load)
    const p99 = quantile(health, 0.99)
    return [
      { what: 'one run of the model, roughly', value: durationMs / runs.length, unit: 'ms' },
      { what: `health p50 of ${health.length}`, value: median(health), unit: 'ms' },
      { what: 'health p99', value: p99, unit: 'ms', budget: '≤ 20 ms', ratio: p99 / p99BudgetMs }
    ]
  }
}
