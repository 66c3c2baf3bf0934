// A model that computes for some 10 ms, on a thread of its own, against a bare loop over session.run() with as many threads.
// Batching is off: the model takes the same time for one row and for many, and a batch would be no comparison.
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { type Benchmark, type Figure, interleaved, median, ratios, type Scope, seconds } from '../harness.ts'
import { bareRunsPerSecond, slowOf } from '../run-loop.ts'
import { jsonAsk } from '../v2.ts'
import { Loader } from '../wrk.ts'

const runMs = 10
const connections = 4

async function withThreads(scope: Scope, threads: number): Promise<Figure> {
  const models = scope.folder({
    'compute/1/model.onnx': await slowOf(scope, runMs, threads),
    'compute/model.yaml': `schema: 1
batching: { enabled: false }
instances: { placement: thread, count: 1, threads: ${threads} }
`
  })
  const server = scope.serve(models)
  const loader = new Loader(scope, await server.ready, jsonAsk('compute', [1, 1], [1]))
  const { kedge, bare } = await interleaved({
    kedge: async () => (await loader.succeed(connections, seconds)).requestsPerSecond,
    bare: () => bareRunsPerSecond(join(models, 'compute', '1', 'model.onnx'), threads, seconds)
  })
  server.child.kill('SIGTERM')
  await server.exited
  const perRound = ratios(kedge, bare)
  return {
    what: `${threads} threads: Kedge ÷ bare loop (${median(bare).toFixed(1)} runs/s)`,
    value: median(kedge),
    unit: 'requests/s',
    budget: '≥ 0.97',
    ratio: median(perRound),
    rounds: perRound
  }
}

export const computeCase: Benchmark = {
  name: 'compute',
  async run(scope) {
    const figures: Figure[] = []
    for (const threads of new Set([1, availableParallelism()]))
      figures.push(await withThreads(scope, threads))
    return figures
  }
}
