// A small tabular model over JSON against servers that only parse the same body and send it back.
import { type Benchmark, type Figure, interleaved, median, ratios, seconds } from '../harness.ts'
import { inputs, tabular } from '../models.ts'
import { baseline } from '../server.ts'
import { jsonAsk, send } from '../v2.ts'
import { type Load, Loader } from '../wrk.ts'

const connections = 32

export const tabularCase: Benchmark = {
  name: 'tabular',
  async run(scope) {
    const { name, model, shape } = tabular()
    const ask = jsonAsk(name, shape, inputs(shape, 7))
    const kedge = await scope.serve(scope.folder({ [`${name}/1/model.onnx`]: model })).ready
    await send(kedge, ask)
    const servers = {
      kedge: new Loader(scope, kedge, ask),
      fastify: new Loader(scope, await baseline(scope, 'fastify-echo'), ask),
      turn: new Loader(scope, await baseline(scope, 'turn-echo'), ask),
      http: new Loader(scope, await baseline(scope, 'http-echo'), ask)
    }
    const many = await interleaved({
      kedge: () => servers.kedge.succeed(connections, seconds),
      fastify: () => servers.fastify.succeed(connections, seconds),
      turn: () => servers.turn.succeed(connections, seconds),
      http: () => servers.http.succeed(connections, seconds)
    })
    const one = await interleaved({
      kedge: () => servers.kedge.succeed(1, seconds),
      fastify: () => servers.fastify.succeed(1, seconds)
    })
    return [...throughput(many), ...latency(one)]
  }
}

function throughput(loads: Record<'kedge' | 'fastify' | 'turn' | 'http', Load[]>): Figure[] {
  const rates = (name: keyof typeof loads): number[] => loads[name].map(load => load.requestsPerSecond)
  const against = (name: keyof typeof loads, what: string, budget?: string): Figure => {
    const perRound = ratios(rates('kedge'), rates(name))
    return {
      what: `Kedge ÷ ${what} (${median(rates(name)).toFixed(0)} requests/s)`,
      value: median(rates('kedge')),
      unit: 'requests/s',
      ...(budget !== undefined && { budget }),
      ratio: median(perRound),
      rounds: perRound
    }
  }
  return [
    against('fastify', 'Fastify echo', '≥ 1.0'),
    against('turn', 'echo, replies once a turn', '≥ 0.85'),
    against('http', 'node:http echo'),
    {
      what: `Kedge p99, ${connections} connections`,
      value: median(loads.kedge.map(load => load.p99Ms)),
      unit: 'ms'
    }
  ]
}

function latency(loads: Record<'kedge' | 'fastify', Load[]>): Figure[] {
  const p50s = (name: keyof typeof loads): number[] => loads[name].map(load => load.p50Ms * 1000)
  const perRound = ratios(p50s('kedge'), p50s('fastify'))
  return [
    {
      what: `1 connection, p50: Kedge ÷ Fastify echo (${median(p50s('fastify')).toFixed(0)} µs)`,
      value: median(p50s('kedge')),
      unit: 'µs',
      budget: '≤ 1.35',
      ratio: median(perRound),
      rounds: perRound
    }
  ]
}
