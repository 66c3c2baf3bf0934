import t from 'tap'
import { statisticsSchema } from '../../../src/protocol/v2/schemas.ts'
import { modelStatistics, type VersionStatistics } from '../../../src/protocol/v2/statistics.ts'

const none = { count: 0, ns: 0 }
const idle: VersionStatistics = {
  model: 'm',
  version: 1,
  lastInferenceMs: undefined,
  rows: 0,
  runs: 0,
  success: none,
  fail: none,
  queue: none,
  run: { computeInfer: none },
  batches: []
}

t.test('a version that ran says how often, how long and in which sizes', async t => {
  const busy: VersionStatistics = {
    ...idle,
    version: 7,
    lastInferenceMs: 1_700_000_000_000.75,
    rows: 5,
    runs: 2,
    success: { count: 3, ns: 9000.4 },
    fail: { count: 1, ns: 10 },
    queue: { count: 3, ns: 300 },
    run: {
      computeInput: { count: 3, ns: 1 },
      computeInfer: { count: 3, ns: 2.6 },
      computeOutput: { count: 3, ns: 4 }
    },
    batches: [
      { rows: 4, computeInfer: { count: 1, ns: 2 } },
      { rows: 1, computeInput: { count: 1, ns: 1 }, computeInfer: { count: 1, ns: 1 }, computeOutput: none }
    ],
    memoryBytes: 1024
  }
  const body = modelStatistics([busy])
  t.strictSame(body, {
    model_stats: [
      {
        name: 'm',
        version: '7',
        last_inference: 1_700_000_000_000,
        inference_count: 5,
        execution_count: 2,
        inference_stats: {
          success: { count: 3, ns: 9000 },
          fail: { count: 1, ns: 10 },
          queue: { count: 3, ns: 300 },
          compute_input: { count: 3, ns: 1 },
          compute_infer: { count: 3, ns: 3 },
          compute_output: { count: 3, ns: 4 },
          cache_hit: none,
          cache_miss: none
        },
        response_stats: {},
        batch_stats: [
          {
            batch_size: 1,
            compute_input: { count: 1, ns: 1 },
            compute_infer: { count: 1, ns: 1 },
            compute_output: none
          },
          { batch_size: 4, compute_input: none, compute_infer: { count: 1, ns: 2 }, compute_output: none }
        ],
        memory_usage: [{ type: 'CPU', id: 0, byte_size: 1024 }]
      }
    ]
  })
  t.strictSame(statisticsSchema.parse(body), body, 'what is documented')
})

t.test('a version that did not run yet has zeros', async t => {
  const body = modelStatistics([idle, { ...idle, model: 'other' }])
  t.match(body.model_stats, [
    { name: 'm', version: '1', last_inference: 0, inference_count: 0, batch_stats: [], memory_usage: [] },
    { name: 'other' }
  ])
  t.strictSame(statisticsSchema.parse(body), body)
  t.strictSame(modelStatistics([]), { model_stats: [] })
})

t.test('nanoseconds of years are written in digits', async t => {
  const years = 40 * 365 * 86_400 * 1e9
  const body = modelStatistics([{ ...idle, queue: { count: 1, ns: years } }])
  t.strictSame(statisticsSchema.parse(body), body)
  const text = JSON.stringify(body)
  t.match(text, /"queue":\{"count":1,"ns":1261440000000000000\}/)
})
