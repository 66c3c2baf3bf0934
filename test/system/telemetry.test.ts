// What a collector receives, read with OpenTelemetry's own messages: the tree of spans of a prediction, and the numbers of a scrape.
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { projectFolder } from '../../scripts/source-files.ts'
import { repository } from '../helpers/app.ts'
import { identity } from '../helpers/models.ts'
import { kedge } from '../helpers/process.ts'
import { python, run } from './tools.ts'

interface Attribute {
  readonly key: string
  readonly value: Readonly<Record<string, string>>
}

interface Span {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: string
  readonly kind: string
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly attributes?: readonly Attribute[]
}

interface Point {
  readonly attributes?: readonly Attribute[]
  readonly asDouble?: number
  readonly count?: string
  readonly sum?: number
  readonly bucketCounts?: readonly string[]
}

interface Metric {
  readonly name: string
  readonly sum?: { readonly dataPoints: readonly Point[]; readonly isMonotonic: boolean }
  readonly gauge?: { readonly dataPoints: readonly Point[] }
  readonly histogram?: { readonly dataPoints: readonly Point[] }
}

interface Message {
  readonly resourceSpans?: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] }
    readonly scopeSpans: readonly { readonly spans: readonly Span[] }[]
  }[]
  readonly resourceMetrics?: readonly {
    readonly scopeMetrics: readonly { readonly metrics: readonly Metric[] }[]
  }[]
}

/** Keeps the bodies; `read` decodes them once no more are to come. */
async function collector(t: Test, folder: string) {
  const files: string[] = []
  let onMetrics = (): void => {}
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      if (request.url === '/v1/metrics') onMetrics()
      const file = join(folder, `${files.length}.bin`)
      writeFileSync(file, Buffer.concat(chunks))
      files.push(request.url ?? '', file)
      response.end()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const script = join(projectFolder, 'test/system/clients/otlp_read.py')
  const read = () =>
    JSON.parse(run(python('otlp'), [script, ...files])) as {
      readonly path: string
      readonly message: Message
    }[]
  const nextMetrics = () =>
    new Promise<void>(resolve => {
      onMetrics = resolve
    })
  return { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, read, nextMetrics }
}

const attributesOf = (attributes: readonly Attribute[] = []): Record<string, string> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0] ?? '']))

t.test('traces continue those of callers, and metrics are those that are scraped', async t => {
  const models = repository(t, { 'a/1/model.onnx': identity() })
  const { endpoint, read, nextMetrics } = await collector(t, models)
  const state = ['--state-dir', join(models, '.state')]
  const otel = ['--otel-endpoint', endpoint, '--otel-metrics-interval-ms', '1000']
  const server = kedge(t, ['serve', '--models', models, '--port', '0', ...state, ...otel])
  const address = await server.ready
  const traceId = '0af7651916cd43dd8448eb211c80319c'
  const parentSpanId = 'b7ad6b7169203331'
  const predictions = 5
  for (let index = 0; index < predictions; index++) {
    const response = await fetch(`${address}/v2/models/a/infer`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', traceparent: `00-${traceId}-${parentSpanId}-01` },
      body: JSON.stringify({ inputs: [{ name: 'x', shape: [1, 2], datatype: 'FP32', data: [index, 1] }] })
    })
    t.equal(response.status, 200)
  }
  const scrape = await (await fetch(`${address}/metrics`)).text()
  // Twice: the first may have been on its way before the predictions.
  await nextMetrics()
  await nextMetrics()
  server.child.kill('SIGTERM')
  t.same(await server.exited, { code: 0, signal: null })
  const received = read()

  const resources = received.flatMap(({ message }) => message.resourceSpans ?? [])
  t.match(attributesOf(resources[0]?.resource.attributes), {
    'service.name': 'kedge',
    'service.version': /^\d/
  })
  const spans = resources.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans))
  t.ok(spans.every(span => Buffer.from(span.traceId, 'base64').toString('hex') === traceId))
  const roots = spans.filter(({ kind }) => kind === 'SPAN_KIND_SERVER')
  t.equal(roots.length, predictions)
  for (const root of roots) {
    t.equal(Buffer.from(root.parentSpanId ?? '', 'base64').toString('hex'), parentSpanId)
    t.match(attributesOf(root.attributes), { 'kedge.outcome': 'success', 'http.response.status_code': '200' })
    const below = (parent: Span | undefined): Span[] =>
      spans.filter(span => parent !== undefined && span.parentSpanId === parent.spanId)
    const steps = below(root)
    t.strictSame(steps.map(({ name }) => name).sort(), ['batch', 'queue', 'read', 'write'])
    const inBatch = below(steps.find(({ name }) => name === 'batch'))
    t.strictSame(
      inBatch.map(({ name }) => name),
      ['run']
    )
    for (const step of [...steps, ...inBatch]) {
      t.ok(BigInt(step.startTimeUnixNano) >= BigInt(root.startTimeUnixNano), `${step.name} begins inside`)
      t.ok(BigInt(step.endTimeUnixNano) <= BigInt(root.endTimeUnixNano), `${step.name} ends inside`)
    }
  }

  const metrics = received
    .flatMap(({ message }) => message.resourceMetrics ?? [])
    .flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(scope => scope.metrics))
  const named = (name: string) => metrics.filter(metric => metric.name === name).at(-1)
  const succeeded = named('kedge_requests_total')?.sum?.dataPoints.find(
    ({ attributes }) => attributesOf(attributes)['outcome'] === 'success'
  )
  t.equal(succeeded?.asDouble, predictions)
  t.equal(named('kedge_requests_total')?.sum?.isMonotonic, true)
  const [run] = named('kedge_run_duration_seconds')?.histogram?.dataPoints ?? []
  t.equal(run?.count, String(predictions))
  t.equal(
    run?.bucketCounts?.reduce((sum, count) => sum + Number(count), 0),
    predictions,
    'each run is in one bucket'
  )
  const scraped = [...scrape.matchAll(/^# TYPE (\S+) (counter|gauge|histogram)$/gm)].map(([, name]) => name!)
  t.ok(scraped.length > 40)
  const withSamples = scraped.filter(name => new RegExp(`^${name}(_bucket)?[{ ]`, 'm').test(scrape))
  t.strictSame(
    withSamples.filter(name => named(name) === undefined),
    [],
    'whatever has a number in a scrape is sent'
  )
})
