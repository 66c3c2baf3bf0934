// An ImageNet-sized FP32 tensor there and back: the time in the server beyond the run, over one connection.
// As a binary tensor (Triton's extension), and as JSON to compare.
import { identity } from '../../test/helpers/models.ts'
import { type Benchmark, type Figure, median, rounds, type Scope, seconds } from '../harness.ts'
import { inputs } from '../models.ts'
import { meanMs, scrape } from '../prometheus.ts'
import { binaryAsk, jsonAsk, Refused, send } from '../v2.ts'
import { type Ask, Loader } from '../wrk.ts'

const shape = [1, 3, 224, 224]
const beyondBudgetMs = 1.5

interface Sample {
  readonly beyondMs: number
  readonly runMs: number
  readonly p50Ms: number
}

async function measure(scope: Scope, address: string, ask: Ask): Promise<Sample[]> {
  const loader = new Loader(scope, address, ask)
  await loader.succeed(1, seconds)
  const samples: Sample[] = []
  for (let round = 0; round < rounds; round++) {
    const before = await scrape(address)
    const { p50Ms } = await loader.succeed(1, seconds)
    const after = await scrape(address)
    const runMs = meanMs(before, after, 'kedge_run_duration_seconds', 'model="vision"')
    // From the head of the request to the end of the answer. Only predictions are posted here.
    const httpMs = meanMs(before, after, 'kedge_http_request_duration_seconds', 'method="POST"')
    samples.push({ beyondMs: httpMs - runMs, runMs, p50Ms })
  }
  return samples
}

function figures(format: string, samples: readonly Sample[], budgetMs?: number): Figure[] {
  const beyond = samples.map(sample => sample.beyondMs)
  return [
    {
      what: `${format}: time in the server beyond the run`,
      value: median(beyond),
      unit: 'ms',
      ...(budgetMs !== undefined && { budget: `≤ ${budgetMs} ms`, ratio: median(beyond) / budgetMs }),
      rounds: beyond
    },
    { what: `${format}: run`, value: median(samples.map(sample => sample.runMs)), unit: 'ms' },
    { what: `${format}: p50 of the client`, value: median(samples.map(sample => sample.p50Ms)), unit: 'ms' }
  ]
}

/** Whether the server takes the request; the reason is printed when it does not. */
async function speaks(address: string, ask: Ask): Promise<boolean> {
  try {
    await send(address, ask)
    return true
  } catch (error) {
    if (!(error instanceof Refused) || error.status >= 500) throw error
    process.stdout.write(`  no binary tensors: the server ${error.message}\n`)
    return false
  }
}

export const visionCase: Benchmark = {
  name: 'vision',
  async run(scope) {
    const models = { 'vision/1/model.onnx': identity('FP32', ['batch', 3, 224, 224]) }
    const address = await scope.serve(scope.folder(models)).ready
    const data = inputs(shape, 7)
    const binary = binaryAsk('vision', shape, data)
    const json = figures('JSON', await measure(scope, address, jsonAsk('vision', shape, data)))
    if (!(await speaks(address, binary))) return json
    return [...figures('binary', await measure(scope, address, binary), beyondBudgetMs), ...json]
  }
}
