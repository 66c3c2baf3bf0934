import { diag } from '@opentelemetry/api'
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import t from 'tap'
import { tracingWith } from '../../../src/monitoring/otlp/tracer.ts'
import type { Trace, Tracing } from '../../../src/monitoring/tracing.ts'
import { FakeClock } from '../../helpers/fake-clock.ts'

const traceId = '0af7651916cd43dd8448eb211c80319c'
const callerSpan = 'b7ad6b7169203331'

function tracer(ratio = 1, random = () => 0) {
  const exporter = new InMemorySpanExporter()
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] })
  const clock = new FakeClock()
  return { clock, tracing: tracingWith(provider.getTracer('test'), clock, { ratio, random }), exporter }
}

function begin(tracing: Tracing, headers: Record<string, string> = {}): Trace | undefined {
  return tracing.begin({ id: 'r-1', method: 'POST', route: '/v2/models/:model/infer', headers })
}

const report = {
  version: { model: 'm', version: 2 } as never,
  protocol: 'v2',
  outcome: 'success',
  durationMs: 10,
  ran: {
    rows: 1,
    readMs: 2,
    result: { outputs: [], queueMs: 3, runMs: 4, batchRows: 1, firstOfBatch: true }
  },
  error: undefined,
  key: undefined
} as const

const milliseconds = ([seconds, nanoseconds]: [number, number]): number => seconds * 1000 + nanoseconds / 1e6

t.test('a prediction is a tree of spans at the times of the clock', async t => {
  const { clock, tracing, exporter } = tracer()
  const fromMs = clock.now()
  const trace = begin(tracing)
  await clock.advance(12)
  trace?.predicted(report)
  await clock.advance(3)
  trace?.end(200)
  const spans = exporter.getFinishedSpans()
  const byId = new Map(spans.map(span => [span.spanContext().spanId, span]))
  const shown = spans.map(({ name, parentSpanContext, startTime, endTime }) => {
    const parent = byId.get(parentSpanContext?.spanId ?? '')?.name ?? '-'
    return [name, parent, milliseconds(startTime) - fromMs, milliseconds(endTime) - fromMs]
  })
  const root = 'POST /v2/models/:model/infer'
  t.strictSame(shown, [
    ['read', root, 2, 4],
    ['queue', root, 4, 7],
    ['run', 'batch', 7, 11],
    ['batch', root, 7, 12],
    ['write', root, 12, 15],
    [root, '-', 0, 15]
  ])
  t.match(spans.at(-1), {
    kind: 1,
    status: { code: 0 },
    attributes: {
      'http.request.method': 'POST',
      'http.route': '/v2/models/:model/infer',
      'http.response.status_code': 200,
      'kedge.request.id': 'r-1',
      'kedge.model.name': 'm',
      'kedge.outcome': 'success'
    }
  })
})

t.test('the trace of the caller goes on', async t => {
  const { tracing, exporter } = tracer()
  const trace = begin(tracing, { traceparent: `00-${traceId}-${callerSpan}-01`, tracestate: 'vendor=1' })
  trace?.end(200)
  const [span] = exporter.getFinishedSpans()
  t.match(span?.parentSpanContext, { traceId, spanId: callerSpan, isRemote: true })
  t.equal(span?.spanContext().traceState?.get('vendor'), '1')
  t.match(trace?.traceparent, new RegExp(`^00-${traceId}-(?!${callerSpan})[0-9a-f]{16}-01$`))
})

t.test('a context that is none begins a trace', async t => {
  const { tracing, exporter } = tracer()
  for (const traceparent of ['', '00-00000000000000000000000000000000-b7ad6b7169203331-01', 'x'.repeat(9999)])
    begin(tracing, { traceparent })?.end(200)
  t.strictSame(
    exporter.getFinishedSpans().map(span => span.parentSpanContext),
    [undefined, undefined, undefined]
  )
})

t.test('whether it is traced the caller decides, else the ratio', async t => {
  const none = tracer(0).tracing
  t.equal(begin(none), undefined)
  for (const traceparent of [
    'nonsense',
    `00-${'0'.repeat(32)}-${'0'.repeat(16)}-00`,
    `ff-${traceId}-${callerSpan}-01`
  ])
    t.equal(begin(none, { traceparent }), undefined, traceparent)
  t.ok(begin(none, { traceparent: `01-${traceId}-${callerSpan}-01-more` }), 'of a version to come')
  t.ok(begin(none, { traceparent: `00-${traceId}-${callerSpan}-01` }))
  t.equal(begin(tracer().tracing, { traceparent: `00-${traceId}-${callerSpan}-00` }), undefined)
  const numbers = [0.29, 0.3, 0.99, 0]
  const third = tracer(0.3, () => numbers.shift()!).tracing
  t.strictSame(
    [0, 1, 2, 3].map(() => begin(third) !== undefined),
    [true, false, false, true]
  )
})

t.test("the server's errors are errors of the span, the caller's are not", async t => {
  const { tracing, exporter } = tracer()
  for (const status of [400, 499, 503]) begin(tracing)?.end(status)
  t.strictSame(
    exporter.getFinishedSpans().map(({ status, attributes }) => [status.code, attributes['error.type']]),
    [
      [0, undefined],
      [0, undefined],
      [2, '503']
    ]
  )
})

t.test('nothing is added to what a caller who went away has ended', async t => {
  const { tracing, exporter } = tracer()
  const problems: string[] = []
  const nothing = (): void => {}
  const say = (problem: string): void => void problems.push(problem)
  diag.setLogger({ error: say, warn: say, info: nothing, debug: nothing, verbose: nothing })
  t.teardown(() => diag.disable())
  const trace = begin(tracing)
  trace?.end(499)
  trace?.predicted(report)
  t.strictSame(
    exporter.getFinishedSpans().map(({ name }) => name),
    ['POST /v2/models/:model/infer']
  )
  t.strictSame(problems, [])
})
