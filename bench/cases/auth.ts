// The tabular case with a key that is checked, against the same without.
import { join } from 'node:path'
import { kedge } from '../../test/helpers/process.ts'
import { type Benchmark, type Figure, interleaved, median, ratios, seconds } from '../harness.ts'
import { inputs, tabular } from '../models.ts'
import { jsonAsk, send } from '../v2.ts'
import { type Load, Loader } from '../wrk.ts'

const most = 1.1

export const authCase: Benchmark = {
  name: 'auth',
  async run(scope) {
    const { name, model, shape } = tabular()
    const models = scope.folder({ [`${name}/1/model.onnx`]: model })
    const file = join(scope.folder(), 'keys.yaml')
    const made = kedge(scope, ['keys', 'create', '--name', 'bench', '--file', file])
    await made.exited
    const [key] = /kedge_\w+_[\w-]{43}/.exec(made.output()) ?? []
    if (key === undefined) throw new Error(made.output())
    const ask = jsonAsk(name, shape, inputs(shape, 7))
    const keyed = { ...ask, headers: { ...ask.headers, authorization: `Bearer ${key}` } }
    // Of two equal servers the one that was started first can be faster: each side has the first and the last, or the two between.
    const start = async (isKeyed: boolean): Promise<Loader> => {
      const flags = isKeyed ? ['--auth-keys-file', file] : []
      const address = await scope.serve(models, ...flags).ready
      await send(address, isKeyed ? keyed : ask)
      return new Loader(scope, address, isKeyed ? keyed : ask)
    }
    const [first, second, third, fourth] = [
      await start(true),
      await start(false),
      await start(false),
      await start(true)
    ]
    const measured = async (connections: number): Promise<Record<'with' | 'without', Load[]>> => {
      const loads = await interleaved({
        first: () => first.succeed(connections, seconds),
        second: () => second.succeed(connections, seconds),
        third: () => third.succeed(connections, seconds),
        fourth: () => fourth.succeed(connections, seconds)
      })
      return {
        with: loads.first.map((load, round) => mean(load, loads.fourth[round]!)),
        without: loads.second.map((load, round) => mean(load, loads.third[round]!))
      }
    }
    return [compared('1 connection', await measured(1)), compared('32 connections', await measured(32))]
  }
}

const mean = (one: Load, other: Load): Load => ({ ...one, p50Ms: (one.p50Ms + other.p50Ms) / 2 })

function compared(what: string, loads: Record<'with' | 'without', Load[]>): Figure {
  const p50s = (side: 'with' | 'without'): number[] => loads[side].map(({ p50Ms }) => p50Ms * 1000)
  const perRound = ratios(p50s('with'), p50s('without'))
  return {
    what: `${what}, p50 with a key ÷ without (${median(p50s('without')).toFixed(0)} µs)`,
    value: median(p50s('with')),
    unit: 'µs',
    budget: `≤ ${most}`,
    ratio: median(perRound),
    rounds: perRound
  }
}
