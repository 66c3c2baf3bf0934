// The HTTP server alone: what the rest of Kedge would say is in the hands of the test. What a test does not hand in, nobody may ask.
import type { FastifyBaseLogger } from 'fastify'
import pino from 'pino'
import type { Test } from 'tap'
import { buildServer, type HttpServices } from '../../src/http/server.ts'

function unasked(name: string): () => never {
  return () => {
    throw new Error(`${name} was asked, which the test does not expect`)
  }
}

export interface FakeServer {
  /** Status, headers and body of an answer; the body parsed where it is JSON. */
  ask(
    method: 'GET' | 'POST',
    url: string,
    options?: { readonly payload?: string; readonly remoteAddress?: string }
  ): Promise<{ readonly status: number; readonly headers: Record<string, unknown>; readonly body: unknown }>
}

export async function fakeServer(t: Test, over: Partial<HttpServices>): Promise<FakeServer> {
  const logger: FastifyBaseLogger = pino({ level: 'silent' })
  const limits = {
    jsonBytesMax: 2 ** 20,
    bodyBytesMax: 2 ** 20,
    requestTimeoutMs: 60_000,
    headerBytesMax: 16_384
  }
  const http = await buildServer({
    version: '0.0.0',
    logger,
    limits,
    tensorsPerRequestMax: 16,
    compressBytesMin: 2 ** 20,
    jsonOffloadBytes: 2 ** 20,
    slowRequestMs: 1000,
    nowMs: () => 0,
    requireAuth: false,
    access: undefined,
    openMetrics: false,
    tracing: undefined,
    certificates: undefined,
    adminApart: false,
    trustedProxies: [],
    corsOrigins: [],
    hideApiDocs: false,
    hideDriftReports: false,
    countHttp: () => undefined,
    draining: () => false,
    live: () => true,
    unready: () => undefined,
    admit: unasked('admit'),
    infer: unasked('infer'),
    runTask: unasked('runTask'),
    find: unasked('find'),
    unreadiness: unasked('unreadiness'),
    served: unasked('served'),
    servedModels: unasked('servedModels'),
    statuses: unasked('statuses'),
    servedByDefault: () => [],
    observed: unasked('observed'),
    defaultModel: undefined,
    knownModels: unasked('knownModels'),
    statistics: unasked('statistics'),
    controlApi: false,
    control: { load: unasked('load'), unload: unasked('unload') },
    recordRequest: unasked('recordRequest'),
    verdict: unasked('verdict'),
    drift: unasked('drift'),
    driftProfile: unasked('driftProfile'),
    now: () => 0,
    history: unasked('history'),
    metrics: { contentType: 'text/plain', render: unasked('metrics') },
    ...over
  })
  t.teardown(() => http.close())
  return {
    async ask(method, url, { payload, remoteAddress } = {}) {
      const answer = await http.inject({
        method,
        url,
        ...(payload === undefined ? {} : { payload }),
        ...(remoteAddress === undefined ? {} : { remoteAddress })
      })
      const isJson = String(answer.headers['content-type']).startsWith('application/json')
      const body = isJson ? answer.json<unknown>() : answer.body
      return { status: answer.statusCode, headers: answer.headers, body }
    }
  }
}
