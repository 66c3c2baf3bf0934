// What drift monitoring costs: of counting a value, of an evaluation, of a scrape, of memory, and of requests with it and without.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { projectFolder } from '../../scripts/source-files.ts'
import { seededRandom } from '../../src/base/random.ts'
import { expose } from '../../src/monitoring/drift/exposition.ts'
import type { Subject } from '../../src/monitoring/drift/subject.ts'
import { monitorViews } from '../../src/monitoring/drift/view-of.ts'
import { kedge } from '../../test/helpers/process.ts'
import {
  type Benchmark,
  cpuMs,
  type Figure,
  interleaved,
  median,
  ratios,
  rounds,
  seconds
} from '../harness.ts'
import { inputs, tabular } from '../models.ts'
import { jsonAsk, send } from '../v2.ts'
import { type Load, Loader } from '../wrk.ts'
import { Draws, type Kind, Stream } from './streams.ts'
import { count, tick, watch } from './watching.ts'

const valuesPerRound = 1_200_000

/** CPU nanoseconds for a value of a feature, the residual of all included. */
function counting(kinds: readonly Kind[], perKind: number, rows: number): number {
  const stream = new Stream(perKind, kinds)
  const draws = new Draws(seededRandom(1))
  const watched = watch(stream, stream.profile(10_000, draws))
  const requests = Array.from({ length: 128 }, () => stream.rows(rows, draws))
  const features = kinds.length * perKind
  const times = Math.ceil(valuesPerRound / (rows * features))
  const all = Array.from({ length: rounds + 2 }, () => {
    const { user, system } = process.cpuUsage()
    for (let index = 0; index < times; index++) watched.counter.countInputs(requests[index % 128]!, rows)
    const used = process.cpuUsage()
    return ((used.user + used.system - user - system) * 1000) / (times * rows * features)
  })
  return median(all.slice(2))
}

/** So many that a scrape has the series of the budget. */
const exportedFeatures = 30

const ms = (what: string, value: number, budget?: number): Figure => ({
  what,
  value,
  unit: 'ms',
  ...(budget !== undefined && { budget: `≤ ${budget} ms`, ratio: value / budget })
})

function atWork(): Figure[] {
  const stream = new Stream(100, ['normal'])
  const draws = new Draws(seededRandom(2))
  const watched = watch(stream, stream.profile(5000, draws))
  for (let minute = 0; minute < 120; minute++) {
    count(watched, 300, { stream, draws })
    tick(watched)
  }
  const steps = (all: Iterable<unknown>): { readonly whole: number; readonly longest: number } => {
    const startedMs = performance.now()
    let [before, longest] = [startedMs, 0]
    for (const _ of all) {
      const nowMs = performance.now()
      longest = Math.max(longest, nowMs - before)
      before = nowMs
    }
    return { whole: performance.now() - startedMs, longest }
  }
  const evaluations = Array.from({ length: 20 }, () => steps(watched.evaluate(0)))
  const views = Array.from({ length: 5 }, () =>
    steps(monitorViews(watched, { subWindowMs: 60_000, tickedAtMs: 0 }))
  )
  // A slice ends after 4 ms, with the step that it is in.
  const held = 4 + Math.max(...[...evaluations, ...views].map(({ longest }) => longest))
  const subject = { version: { model: 'bench', version: 1 }, phase: { type: 'watched', watched }, leftOut: 0 }
  const counts = { violations: { type: 0, shape: 0, name: 0, range: 0 }, changes: new Map<string, number>() }
  const scrape = (): string =>
    expose([{ ...subject, ...counts } as unknown as Subject], { featuresExportedMax: exportedFeatures })
  const series = scrape()
    .split('\n')
    .filter(line => line !== '' && !line.startsWith('#')).length
  const scrapes = Array.from({ length: 20 }, () => {
    const startedMs = performance.now()
    scrape()
    return performance.now() - startedMs
  })
  return [
    ms('evaluation of 100 features, median of 20', median(evaluations.map(({ whole }) => whole))),
    ms('the report of 100 features in 4 windows, median of 5', median(views.map(({ whole }) => whole))),
    ms('longest that either can hold the event loop', held, 10),
    ms(`a scrape of ${series} series, median of 20`, median(scrapes), 10)
  ]
}

/** In a process of its own, whose heap nothing else fills. */
function memory(): Figure {
  const script = join(projectFolder, 'build', 'bench', 'drift', 'memory.js')
  const { stdout } = spawnSync(process.execPath, ['--expose-gc', script], { encoding: 'utf8' })
  const bytes = Number(stdout.trim())
  return {
    what: 'a feature of a version, 100 numeric features',
    value: bytes,
    unit: 'bytes',
    budget: '≤ 6144 bytes',
    ratio: bytes / 6144
  }
}

export const driftCost: Benchmark = {
  name: 'drift-cost',
  run() {
    const nanoseconds = (what: string, value: number): Figure => ({
      what: `counting a value, ${what}`,
      value,
      unit: 'ns',
      budget: '≤ 60 ns',
      ratio: value / 60
    })
    const mixture: readonly Kind[] = ['normal', 'lognormal', 'zero-inflated', 'integer', 'rare', 'category']
    return Promise.resolve([
      nanoseconds('30 numbers, 64 rows', counting(['normal'], 30, 64)),
      nanoseconds('30 numbers, 1 row', counting(['normal'], 30, 1)),
      nanoseconds('30 of six kinds, 64 rows', counting(mixture, 5, 64)),
      ...atWork(),
      memory()
    ])
  }
}

const connections = 32
const ratioBudget = 0.95

interface Measured extends Load {
  /** CPU time of the server's process for one request. */
  readonly cpuUs: number
}

/** The tabular case with its reference, and with monitoring off. */
export const driftServer: Benchmark = {
  name: 'drift-server',
  async run(scope) {
    const { name, model, shape } = tabular()
    const draws = new Draws(seededRandom(3))
    const columns = Array.from({ length: shape[1]! }, (_, index) => `f${index}`)
    const rows = Array.from({ length: 5000 }, () => columns.map(() => draws.normal().toFixed(4)).join())
    const declared = columns.map(column => `{ name: ${column}, type: number }`).join(', ')
    const models = scope.folder({
      [`${name}/1/model.onnx`]: model,
      [`${name}/model.yaml`]: `inputs: { x: { columns: [${declared}] } }\n`,
      'train.csv': `${columns.join()}\n${rows.join('\n')}\n`
    })
    const made = kedge(scope, ['profile', name, '--data', join(models, 'train.csv'), '--models', models])
    if ((await made.exited).code !== 0) throw new Error(made.output())
    const ask = jsonAsk(name, shape, inputs(shape, 7))
    const start = async (...flags: readonly string[]): Promise<() => Promise<Measured>> => {
      const process = scope.serve(models, ...flags)
      const address = await process.ready
      await send(address, ask)
      const loader = new Loader(scope, address, ask)
      return async () => {
        const before = cpuMs(process.child.pid!)
        const load = await loader.succeed(connections, seconds)
        return { ...load, cpuUs: ((cpuMs(process.child.pid!) - before) * 1000) / load.requests }
      }
    }
    // Of two equal servers the one that was started first can be faster: each side has the first and the last, or the two between.
    const off = ['--drift-monitoring', 'off']
    const loads = await interleaved({
      onFirst: await start(),
      offFirst: await start(...off),
      offSecond: await start(...off),
      onSecond: await start()
    })
    const both = (
      one: readonly Measured[],
      other: readonly Measured[],
      of: (load: Measured) => number
    ): number[] => one.map((load, round) => (of(load) + of(other[round]!)) / 2)
    const compared = (what: string, unit: string, of: (load: Measured) => number): Figure => {
      const on = both(loads.onFirst, loads.onSecond, of)
      const without = both(loads.offFirst, loads.offSecond, of)
      const perRound = unit === 'µs' ? ratios(without, on) : ratios(on, without)
      const text = median(without).toFixed(unit === 'µs' ? 1 : 0)
      return {
        what: `${what} (${text} ${unit} without), 30 features`,
        value: median(on),
        unit,
        ratio: median(perRound),
        rounds: perRound
      }
    }
    const rate = compared(
      'requests/s with monitoring ÷ without',
      'requests/s',
      load => load.requestsPerSecond
    )
    // What else runs on the machine takes from the rate, and not from this.
    const cpu = compared('the same by the CPU time of a request', 'µs', load => load.cpuUs)
    return [rate, { ...cpu, budget: `≥ ${ratioBudget}` }]
  }
}
