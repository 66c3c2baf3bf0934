// The tabular case with every request, or one in a hundred, traced to a collector that takes all, against no telemetry at all: by
// CPU time, since the collector's is taken from the same cores.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Benchmark, cpuMs, interleaved, median, ratios, type Scope, seconds } from '../harness.ts'
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
      const server = scope.serve(models, ...flags)
      const address = await server.ready
      await send(address, ask)
      const loader = new Loader(scope, address, ask)
      return async () => {
        const before = cpuMs(server.child.pid!)
        const { requests } = await loader.succeed(connections, seconds)
        return ((cpuMs(server.child.pid!) - before) * 1000) / requests
      }
    }
    const to = ['--otel-endpoint', endpoint]
    // Of two equal servers the one that was started first can be faster.
    const cpuUs = await interleaved({
      offFirst: await start(),
      all: await start(...to),
      hundredth: await start(...to, '--otel-trace-ratio', '0.01'),
      offLast: await start()
    })
    const off = cpuUs.offFirst.map((us, round) => (us + cpuUs.offLast[round]!) / 2)
    return (['all', 'hundredth'] as const).map(which => {
      const perRound = ratios(cpuUs[which], off)
      return {
        what: `${which === 'all' ? 'every request' : 'one request in a hundred'} traced ÷ telemetry off (${median(off).toFixed(0)} µs): CPU time of a request`,
        value: median(cpuUs[which]),
        unit: 'µs',
        ratio: median(perRound),
        rounds: perRound
      }
    })
  }
}
