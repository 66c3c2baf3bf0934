// The tabular case with every request, or one in a hundred, traced to a collector that takes all, against no telemetry at all.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Benchmark, interleaved, median, ratios, type Scope, seconds } from '../harness.ts'
import { inputs, tabular } from '../models.ts'
import { jsonAsk, send } from '../v2.ts'
import { Loader } from '../wrk.ts'

const connections = 32

/** Its address. It shares the cores, as everything here does. */
async function collector(scope: Scope): Promise<string> {
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.end())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  scope.teardown(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

export const otelCase: Benchmark = {
  name: 'otel',
  async run(scope) {
    const { name, model, shape } = tabular()
    const models = scope.folder({ [`${name}/1/model.onnx`]: model })
    const ask = jsonAsk(name, shape, inputs(shape, 7))
    const endpoint = await collector(scope)
    const start = async (...flags: readonly string[]): Promise<() => Promise<number>> => {
      const address = await scope.serve(models, ...flags).ready
      await send(address, ask)
      const loader = new Loader(scope, address, ask)
      return async () => (await loader.succeed(connections, seconds)).requestsPerSecond
    }
    const to = ['--otel-endpoint', endpoint]
    const rates = await interleaved({
      off: await start(),
      all: await start(...to),
      hundredth: await start(...to, '--otel-trace-ratio', '0.01')
    })
    return (['all', 'hundredth'] as const).map(which => {
      const perRound = ratios(rates[which], rates.off)
      return {
        what: `${which === 'all' ? 'every request' : 'one request in a hundred'} traced ÷ telemetry off (${median(rates.off).toFixed(0)} requests/s)`,
        value: median(rates[which]),
        unit: 'requests/s',
        ratio: median(perRound),
        rounds: perRound
      }
    })
  }
}
