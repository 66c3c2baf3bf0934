// Telemetry of a whole server, over real sockets: what reaches a collector, and what happens without one.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { fp32, makeApp, repository, startApp, type TestApp } from './helpers/app.ts'
import { identity } from './helpers/models.ts'

interface Collector {
  readonly endpoint: string
  /** Path, content type and body of each POST. */
  readonly received: { readonly path: string; readonly type: string; readonly body: Buffer }[]
  readonly server: Server
}

async function collector(t: Test, status = 200): Promise<Collector> {
  const received: Collector['received'] = []
  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    received.push({
      path: request.url ?? '',
      type: String(request.headers['content-type']),
      body: Buffer.concat(chunks)
    })
    response.writeHead(status).end()
  }
  const server = createServer((request, response) => void take(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}/otlp/`, received, server }
}

const models = (t: Test): string => repository(t, { 'a/1/model.onnx': identity() })

async function predict(app: TestApp, headers: Record<string, string> = {}): Promise<number> {
  const url = '/v2/models/a/infer'
  const payload = fp32('x', [1, 2], [1, 2])
  return (await app.http.inject({ method: 'POST', url, headers, payload })).statusCode
}

/** The API alone comes with prom-client. */
const loaded = (): string[] =>
  Object.keys(createRequire(import.meta.url).cache).filter(file => /@opentelemetry\/(?!api\/)/.test(file))

t.test('without an endpoint nothing of it is loaded', async t => {
  const app = await startApp(t, models(t))
  t.equal(await predict(app), 200)
  t.strictSame(loaded(), [])
})

t.test('traces and metrics reach the collector by the time that the server has ended', async t => {
  const { endpoint, received } = await collector(t)
  const app = await startApp(t, models(t), { 'otel-endpoint': endpoint })
  t.not(loaded().length, 0, 'the check above can fail')
  t.equal(await predict(app), 200)
  for (const url of ['/v2/health/live', '/metrics', '/nowhere']) await app.http.inject({ url })
  await app.close()
  t.strictSame([...new Set(received.map(({ path }) => path))].sort(), ['/otlp/v1/metrics', '/otlp/v1/traces'])
  t.ok(received.every(({ type }) => type === 'application/x-protobuf'))
  const textOf = (path: string): string =>
    received
      .filter(post => post.path === path)
      .map(({ body }) => body.toString('latin1'))
      .join('')
  const traces = textOf('/otlp/v1/traces')
  for (const text of [
    'POST /v2/models/:model/infer',
    'read',
    'queue',
    'batch',
    'run',
    'write',
    'service.name'
  ])
    t.match(traces, text)
  for (const text of ['/v2/health', '/metrics', 'nowhere'])
    t.notMatch(traces, text, 'neither probes nor scrapes')
  const metrics = textOf('/otlp/v1/metrics')
  for (const name of ['kedge_requests_total', 'kedge_run_duration_seconds', 'process_resident_memory_bytes'])
    t.match(metrics, name)
})

t.test('one of the two alone', async t => {
  for (const signals of ['traces', 'metrics']) {
    const { endpoint, received } = await collector(t)
    const app = await startApp(t, models(t), { 'otel-endpoint': endpoint, 'otel-signals': signals })
    await predict(app)
    await app.close()
    t.strictSame([...new Set(received.map(({ path }) => path))], [`/otlp/v1/${signals}`])
  }
})

t.test("log lines carry the server's own context", async t => {
  const { endpoint } = await collector(t)
  const app = await startApp(t, models(t), { 'otel-endpoint': endpoint })
  const traceId = '0af7651916cd43dd8448eb211c80319c'
  const traceparent = `00-${traceId}-b7ad6b7169203331-01`
  await app.http.inject({ method: 'POST', url: '/v2/models/a/infer', headers: { traceparent }, payload: '{' })
  const line = app.lines.find(({ msg }) => String(msg).startsWith('refused'))
  t.match(line?.['traceparent'], new RegExp(`^00-${traceId}-(?!b7ad6b7169203331)`))
})

t.test('a collector that is not there, or refuses, costs no request and one line', async t => {
  const gone = await collector(t)
  gone.server.close()
  const refusing = await collector(t, 400)
  for (const { endpoint } of [gone, refusing]) {
    const app = await makeApp(t, models(t), { 'otel-endpoint': endpoint, 'otel-metrics-interval-ms': '1000' })
    await app.start()
    for (let index = 0; index < 20; index++) t.equal(await predict(app), 200)
    t.equal(await app.close(), true, 'an orderly end')
    const lines = app.lines.filter(({ msg }) => String(msg).startsWith('telemetry could not be sent'))
    t.equal(lines.length, 1)
    t.match(lines[0], { endpoint, problem: /./ })
  }
})
