// A thousand rows as records by feature against the same rows as plain lists, in V1.
import { type Benchmark, type Figure, interleaved, median, ratios, seconds } from '../harness.ts'
import { inputs, tabular } from '../models.ts'
import { send } from '../v2.ts'
import { type Ask, type Load, Loader } from '../wrk.ts'

const rows = 1000
const most = 1.5

export const recordsCase: Benchmark = {
  name: 'records',
  async run(scope) {
    const { name, model, shape } = tabular()
    const width = shape[1]!
    const columns = Array.from({ length: width }, (_, index) => `feature_${index}`)
    const declared = columns.map(column => `{ name: ${column}, type: number }`).join(', ')
    const address = await scope.serve(
      scope.folder({
        [`${name}/1/model.onnx`]: model,
        [`${name}/model.yaml`]: `queue: { rowsMax: 65536 }\ninputs: { x: { columns: [${declared}] } }\n`
      })
    ).ready
    const data = inputs([rows, width], 7)
    const plainRows = Array.from({ length: rows }, (_, row) => data.slice(row * width, (row + 1) * width))
    const ask = (instances: readonly unknown[]): Ask => ({
      path: `/v1/models/${name}:predict`,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ instances })
    })
    const record = (values: readonly number[]) =>
      Object.fromEntries(values.map((value, index) => [columns[index]!, value]))
    const [plain, named] = [ask(plainRows), ask(plainRows.map(record))]
    await send(address, plain)
    await send(address, named)
    const loaders = { plain: new Loader(scope, address, plain), named: new Loader(scope, address, named) }
    const one = await interleaved({
      plain: () => loaders.plain.succeed(1, seconds),
      named: () => loaders.named.succeed(1, seconds)
    })
    const eight = await interleaved({
      plain: () => loaders.plain.succeed(8, seconds),
      named: () => loaders.named.succeed(8, seconds)
    })
    return [
      compared('p50 of 1 connection', one, ({ p50Ms }) => p50Ms),
      compared('time a request of 8 connections', eight, ({ requestsPerSecond }) => 1000 / requestsPerSecond)
    ]
  }
}

function compared(
  what: string,
  loads: Record<'plain' | 'named', Load[]>,
  of: (load: Load) => number
): Figure {
  const perRound = ratios(loads.named.map(of), loads.plain.map(of))
  return {
    what: `${rows} records of 30 features, ${what} ÷ plain rows (${median(loads.plain.map(of)).toFixed(2)} ms)`,
    value: median(loads.named.map(of)),
    unit: 'ms',
    budget: `≤ ${most}`,
    ratio: median(perRound),
    rounds: perRound
  }
}
