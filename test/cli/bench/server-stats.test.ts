import t from 'tap'
import { figuresBetween, readStats, type StatsTotals } from '../../../src/cli/bench/server-stats.ts'
import { modelStatistics } from '../../../src/protocol/v2/statistics.ts'

const version = (rows: number, runs: number, queueNs: number, inferNs: number) => ({
  name: 'm',
  version: '1',
  inference_count: rows,
  execution_count: runs,
  inference_stats: {
    success: { count: rows, ns: 1 },
    queue: { count: rows, ns: queueNs },
    compute_infer: { count: rows, ns: inferNs }
  }
})

const read = (json: unknown): StatsTotals => {
  const totals = readStats(json)
  if (totals === undefined) throw new Error('no statistics')
  return totals
}

t.test('versions are summed', async t => {
  t.same(readStats({ model_stats: [version(10, 5, 100, 1000), version(1, 1, 10, 20)] }), {
    rows: 11,
    runs: 6,
    queue: { count: 11, ns: 110 },
    infer: { count: 11, ns: 1020 }
  })
})

t.test('what is no statistics is undefined; what is left out counts as zero', async t => {
  for (const json of [undefined, null, {}, [], 'x', { model_stats: {} }]) t.equal(readStats(json), undefined)
  const none = { rows: 0, runs: 0, queue: { count: 0, ns: 0 }, infer: { count: 0, ns: 0 } }
  t.same(
    readStats({ model_stats: [null, {}, { inference_count: '7', inference_stats: { queue: 1 } }] }),
    none
  )
})

t.test('means of what happened between two answers', async t => {
  const before = read({ model_stats: [version(10, 10, 5e6, 5e6)] })
  const after = read({ model_stats: [version(110, 35, 55e6, 205e6)] })
  t.same(figuresBetween(before, after), { queueMeanMs: 0.5, inferMeanMs: 2, rowsPerRun: 4 })
  t.same(figuresBetween(after, after), { queueMeanMs: null, inferMeanMs: null, rowsPerRun: null })
})

t.test("Kedge's own statistics are understood", async t => {
  const timing = (count: number, ns: number) => ({ count, ns })
  const facts = {
    model: 'm',
    version: 1,
    lastInferenceMs: 0,
    rows: 12,
    runs: 4,
    success: timing(6, 99),
    fail: timing(0, 0),
    queue: timing(6, 600),
    run: { computeInfer: timing(6, 1200) },
    batches: []
  }
  t.same(read(modelStatistics([facts])), { rows: 12, runs: 4, queue: timing(6, 600), infer: timing(6, 1200) })
})
