import t from 'tap'
import { ServingError } from '../../../src/errors/serving-error.ts'
import type { RequestReport } from '../../../src/inference/observer.ts'
import { predictionAttributes, predictionSpans, type SpanPlan } from '../../../src/monitoring/otlp/spans.ts'

const result = { outputs: [], queueMs: 3, runMs: 4, batchRows: 8, firstOfBatch: true }
const report: RequestReport = {
  version: { model: 'm', version: 2 } as never,
  protocol: 'v1',
  outcome: 'success',
  durationMs: 20,
  ran: { rows: 2, readMs: 5, result },
  error: undefined,
  key: undefined
}

/** `name start-end`, children in parentheses. */
function shown({ name, startMs, endMs, children }: SpanPlan): string {
  return `${name} ${startMs}-${endMs}${children.length === 0 ? '' : ` (${children.map(shown).join(' ')})`}`
}

t.test('the steps follow each other and end with the prediction', async t => {
  const spans = predictionSpans(report, 120)
  t.strictSame(spans.map(shown), ['read 100-105', 'queue 105-108', 'batch 108-120 (run 108-112)'])
  t.strictSame(
    spans.map(({ attributes }) => attributes),
    [{ 'kedge.rows': 2 }, {}, { 'kedge.batch.rows': 8 }]
  )
})

t.test('no span leaves its parent, whatever other clocks said', async t => {
  const long = { ...report, ran: { rows: 2, readMs: 5, result: { ...result, queueMs: 10, runMs: 50 } } }
  t.strictSame(predictionSpans(long, 120).map(shown), [
    'read 100-105',
    'queue 105-115',
    'batch 115-120 (run 115-120)'
  ])
  const longer = { ...report, ran: { rows: 2, readMs: 30, result: { ...result, queueMs: 0 } } }
  t.strictSame(predictionSpans(longer, 120).map(shown), [
    'read 100-120',
    'queue 120-120',
    'batch 120-120 (run 120-120)'
  ])
})

t.test('what never ran has no steps, and says why', async t => {
  const error = new ServingError('INVALID_INPUT', 'no')
  const refused: RequestReport = { ...report, version: undefined, ran: undefined, outcome: 'invalid', error }
  t.strictSame(predictionSpans(refused, 120), [])
  t.strictSame(predictionAttributes(refused), {
    'kedge.protocol': 'v1',
    'kedge.outcome': 'invalid',
    'kedge.error.code': 'INVALID_INPUT'
  })
  t.strictSame(predictionAttributes(report), {
    'kedge.protocol': 'v1',
    'kedge.outcome': 'success',
    'kedge.model.name': 'm',
    'kedge.model.version': 2,
    'kedge.rows': 2
  })
})
