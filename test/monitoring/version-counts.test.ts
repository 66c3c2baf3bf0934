import t from 'tap'
import type { RequestReport } from '../../src/inference/observer.ts'
import type { ModelVersion } from '../../src/lifecycle/model-version.ts'
import { VersionCounts } from '../../src/monitoring/version-counts.ts'
import { fp32, repository, startApp } from '../helpers/app.ts'
import { plus } from '../helpers/models.ts'

const version = { model: 'm', version: 3 } as ModelVersion

t.test('requests and their batches are counted apart', async t => {
  const counts = new VersionCounts(() => 1234)
  const nothing = { ran: undefined, error: undefined, key: undefined }
  const report = (over: Partial<RequestReport>): void =>
    counts.finished({ version, protocol: 'v2', outcome: 'success', durationMs: 2, ...nothing, ...over })
  const ran = (
    rows: number,
    batchRows: number,
    firstOfBatch: boolean
  ): NonNullable<RequestReport['ran']> => ({
    rows,
    readMs: 0.5,
    result: { outputs: [], queueMs: 0.25, runMs: 1, batchRows, firstOfBatch }
  })
  report({ ran: ran(2, 5, true) })
  report({ ran: ran(3, 5, false) })
  report({ ran: ran(1, 1, true) })
  report({ outcome: 'expired', durationMs: 7 })
  report({ version: undefined, outcome: 'invalid' })
  t.strictSame(counts.statistics(version), {
    model: 'm',
    version: 3,
    lastInferenceMs: 1234,
    rows: 6,
    runs: 2,
    success: { count: 3, ns: 6e6 },
    fail: { count: 1, ns: 7e6 },
    queue: { count: 3, ns: 0.75e6 },
    run: { computeInput: { count: 3, ns: 1.5e6 }, computeInfer: { count: 3, ns: 3e6 } },
    batches: [
      { rows: 5, computeInfer: { count: 1, ns: 1e6 } },
      { rows: 1, computeInfer: { count: 1, ns: 1e6 } }
    ]
  })
  const other = { model: 'n', version: 1 } as ModelVersion
  t.match(counts.statistics(other), { rows: 0, lastInferenceMs: undefined, batches: [] })
})

t.test('the statistics route tells them, by version, by model and of all', async t => {
  const models = repository(t, {
    'plus/1/model.onnx': plus(1),
    'plus/2/model.onnx': plus(2),
    'plus/model.yaml': 'versions: { policy: all }',
    'other/1/model.onnx': plus(1)
  })
  const app = await startApp(t, models)
  const payload = fp32('x', [3, 2], [1, 2, 3, 4, 5, 6])
  await app.http.inject({ method: 'POST', url: '/v2/models/plus/versions/1/infer', payload })
  interface Stats {
    readonly model_stats: readonly {
      readonly name: string
      readonly version: string
      readonly inference_count: number
    }[]
  }
  const rows = async (url: string): Promise<string[]> => {
    const { model_stats: stats } = (await app.http.inject(url)).json<Stats>()
    return stats.map(({ name, version, inference_count: count }) => `${name}/${version}: ${count}`)
  }
  t.strictSame(await rows('/v2/models/plus/versions/1/stats'), ['plus/1: 3'])
  t.strictSame(await rows('/v2/models/plus/stats'), ['plus/1: 3', 'plus/2: 0'])
  t.strictSame(await rows('/v2/models/stats'), ['other/1: 0', 'plus/1: 3', 'plus/2: 0'])
  t.equal((await app.http.inject('/v2/models/nobody/stats')).statusCode, 404)
})
