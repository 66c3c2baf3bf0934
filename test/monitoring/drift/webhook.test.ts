import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { type Deferred, deferred } from '../../../src/base/deferred.ts'
import { webhookSignature } from '../../../src/monitoring/drift/cloud-event.ts'
import type { MonitorState } from '../../../src/monitoring/drift/view.ts'
import {
  closeMaxMs,
  DriftWebhook,
  type DriftWebhookOptions,
  type Fetch,
  isTold
} from '../../../src/monitoring/drift/webhook.ts'
import { Metrics } from '../../../src/monitoring/metrics.ts'
import { driftChange } from '../../helpers/drift-change.ts'
import { FakeClock } from '../../helpers/fake-clock.ts'
import { settling, turn } from '../../helpers/turn.ts'

type Answer = Awaited<ReturnType<Fetch>>

const answer = (status: number, retryAfter: string | null = null): Answer => ({
  status,
  headers: { get: name => (name === 'retry-after' ? retryAfter : null) },
  body: null
})

/** A webhook whose receiver the test plays; it listens to the signal as the real one does. */
function bench(over: Partial<DriftWebhookOptions> = {}) {
  const clock = new FakeClock()
  const metrics = new Metrics()
  const calls: { url: string; init: Parameters<Fetch>[1]; done: Deferred<Answer> }[] = []
  const warnings: [facts: object, message: string][] = []
  let ids = 0
  const webhook = new DriftWebhook({
    url: 'https://hooks.example.com/secret-token',
    key: undefined,
    timeoutMs: 5000,
    attemptsMax: 3,
    retryMs: 1000,
    queueMax: 2,
    minState: 'warning',
    fetch(url, init) {
      const done = deferred<Answer>()
      init.signal.addEventListener('abort', () => done.reject(init.signal.reason as Error))
      calls.push({ url, init, done })
      return done.promise
    },
    random: () => 0.5,
    newId: () => `e-${++ids}`,
    clock,
    log: { warn: (facts, message) => void warnings.push([facts, message]) },
    metrics,
    ...over
  })
  const totals = () =>
    ['delivered', 'failed', 'dropped'].map(
      outcome => metrics.counter('kedge_drift_webhook_total').row({ outcome })[0]
    )
  /** Answers the last call, and lets what follows happen. */
  const reply = async (with_: Answer | Error): Promise<void> => {
    const { done } = calls.at(-1)!
    if (with_ instanceof Error) done.reject(with_)
    else done.resolve(with_)
    await turn()
  }
  return { webhook, clock, calls, warnings, totals, reply }
}

t.test('a change is posted as a signed event', async t => {
  const key = Buffer.from('0123456789abcdef01234567')
  const { webhook, calls, totals, reply, clock } = bench({ key })
  webhook.send(driftChange())
  const { url, init } = calls[0]!
  t.equal(url, 'https://hooks.example.com/secret-token')
  t.match(init, { method: 'POST', redirect: 'manual' })
  const atSeconds = clock.now() / 1000
  t.match(init.headers, {
    'content-type': 'application/cloudevents+json',
    'webhook-id': 'e-1',
    'webhook-timestamp': String(atSeconds),
    'webhook-signature': webhookSignature(key, 'e-1', atSeconds, init.body)
  })
  t.match(JSON.parse(init.body), { id: 'e-1', subject: 'age', data: { to: 'warning' } })
  await reply(answer(204))
  t.strictSame(totals(), [1, 0, 0])
  t.equal(clock.pending, 0)
})

t.test('without a secret there is no signature', async t => {
  const { webhook, calls } = bench()
  webhook.send(driftChange())
  t.notOk('webhook-signature' in calls[0]!.init.headers)
})

t.test('what is told: the beginning and the end of what is bad enough', async t => {
  const cases: [from: MonitorState, to: MonitorState, least: MonitorState][] = [
    ['ok', 'significant_small', 'significant_small'],
    ['significant_small', 'ok', 'significant_small'],
    ['ok', 'warning', 'warning'],
    ['warning', 'ok', 'warning'],
    ['warning', 'insufficient_data', 'warning'],
    ['warning', 'critical', 'critical'],
    ['critical', 'ok', 'critical']
  ]
  const order: MonitorState[] = ['significant_small', 'warning', 'critical']
  for (const [from, to, least] of cases) {
    for (const minState of order) {
      const told = order.indexOf(minState) <= order.indexOf(least)
      t.equal(isTold(driftChange({ from, to }), minState), told, `${from} to ${to}, from ${minState} on`)
    }
  }
  for (const [from, to] of [
    ['ok', 'insufficient_data'],
    ['learning', 'ok'],
    ['no_baseline', 'learning'],
    ['critical', 'critical']
  ] as const)
    t.notOk(isTold(driftChange({ from, to }), 'significant_small'), `${from} to ${to}`)
  const { webhook, calls, totals } = bench({ minState: 'critical' })
  webhook.send(driftChange())
  t.strictSame([calls.length, totals()], [0, [0, 0, 0]])
})

t.test('what may pass is tried again after a pause, under the same id and a new time', async t => {
  const { webhook, calls, totals, reply, clock } = bench({ key: Buffer.alloc(24) })
  webhook.send(driftChange())
  await reply(answer(503))
  await clock.advance(499)
  t.equal(calls.length, 1)
  await clock.advance(1)
  t.equal(calls.length, 2)
  await clock.advance(1500)
  await reply(
    new TypeError('fetch failed', { cause: Object.assign(new Error(''), { code: 'ECONNREFUSED' }) })
  )
  await clock.advance(1000)
  t.equal(calls.length, 3)
  t.strictSame(new Set(calls.map(({ init }) => init.headers['webhook-id'])), new Set(['e-1']))
  const times = calls.map(
    ({ init }) =>
      Number(init.headers['webhook-timestamp']) - Number(calls[0]!.init.headers['webhook-timestamp'])
  )
  t.strictSame(times, [0, 0, 3])
  t.not(calls[2]!.init.headers['webhook-signature'], calls[0]!.init.headers['webhook-signature'])
  await reply(answer(200))
  t.strictSame(totals(), [1, 0, 0])
})

t.test('Retry-After is heeded', async t => {
  const { webhook, calls, reply, clock } = bench()
  webhook.send(driftChange())
  await reply(answer(429, '30'))
  await clock.advance(29_999)
  t.equal(calls.length, 1)
  await clock.advance(1)
  t.equal(calls.length, 2)
})

t.test(
  'what is refused, or fails too often, is given up with one line that keeps the URL to itself',
  async t => {
    const cases: [answers: (Answer | Error)[], facts: object][] = [
      [[answer(404)], { attempts: 1, reason: 'the receiver answered with status 404' }],
      [[answer(302)], { attempts: 1, reason: 'the receiver answered with status 302' }],
      [[answer(500), answer(500), answer(502)], { attempts: 3, reason: /status 502/ }],
      [
        [new Error('odd'), new Error('odd'), new TypeError('fetch failed')],
        { attempts: 3, reason: 'fetch failed' }
      ]
    ]
    for (const [answers, facts] of cases) {
      const { webhook, reply, clock, warnings, totals } = bench()
      webhook.send(driftChange())
      for (const each of answers) {
        await reply(each)
        await clock.advance(1000)
      }
      t.strictSame(totals(), [0, 1, 0])
      t.match(warnings, [
        [
          { model: 'churn', version: 3, feature: 'age', event: 'e-1', host: 'hooks.example.com', ...facts },
          /given up/
        ]
      ])
      t.equal(warnings.length, 1)
      t.notMatch(JSON.stringify(warnings), /secret-token/)
    }
  }
)

t.test('an attempt has its time', async t => {
  const { webhook, calls, clock, warnings } = bench({ attemptsMax: 1 })
  webhook.send(driftChange())
  await clock.advance(4999)
  t.notOk(calls[0]!.init.signal.aborted)
  await clock.advance(1)
  t.match(warnings, [[{ reason: 'no answer within 5000 ms' }]])
})

t.test('events go out one by one in order; what finds no room is dropped', async t => {
  const { webhook, calls, reply, totals } = bench()
  for (const feature of ['a', 'b', 'c', 'd', 'e']) webhook.send(driftChange({ feature }))
  t.strictSame([calls.length, totals()], [1, [0, 0, 2]])
  for (let index = 0; index < 3; index++) await reply(answer(200))
  t.strictSame(
    calls.map(({ init }) => (JSON.parse(init.body) as { subject: string }).subject),
    ['a', 'b', 'c']
  )
  t.strictSame(totals(), [3, 0, 2])
  webhook.send(driftChange({ feature: 'f' }))
  t.equal(calls.length, 4, 'and there is room again')
})

t.test('the end cuts pauses short, tries each event once, and takes no more', async t => {
  const { webhook, calls, reply, totals, clock } = bench()
  webhook.send(driftChange())
  webhook.send(driftChange({ feature: 'b' }))
  await reply(answer(500))
  t.equal(calls.length, 1)
  const closed = webhook.close()
  webhook.send(driftChange({ feature: 'late' }))
  await turn()
  await reply(answer(500))
  await reply(answer(200))
  await closed
  t.strictSame([calls.length, totals()], [3, [1, 1, 1]])
  t.equal(clock.pending, 0)
})

t.test('the end waits for a slow receiver, and not forever', async t => {
  const { webhook, calls, totals, clock } = bench({ timeoutMs: 60_000 })
  webhook.send(driftChange())
  webhook.send(driftChange({ feature: 'b' }))
  const closed = webhook.close()
  const settled = settling(closed)
  await clock.advance(closeMaxMs - 1)
  t.notOk(settled())
  await clock.advance(1)
  await closed
  t.ok(calls[0]!.init.signal.aborted)
  t.strictSame([calls.length, totals()], [1, [0, 1, 1]])
  await bench().webhook.close()
})

t.test('a real receiver gets a real request', async t => {
  const got = deferred<{ headers: Record<string, unknown>; body: string }>()
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (piece: string) => {
      body += piece
    })
    request.on('end', () => {
      response.writeHead(200).end('thank you')
      got.resolve({ headers: request.headers, body })
    })
  })
  await new Promise<void>(resolve => void server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => void server.close())
  const { port } = server.address() as AddressInfo
  const key = Buffer.alloc(32, 5)
  const { webhook, totals } = bench({ url: `http://127.0.0.1:${port}/hook`, key, fetch })
  webhook.send(driftChange({ feature: 'ä' }))
  const { headers, body } = await got.promise
  t.equal(headers['content-type'], 'application/cloudevents+json')
  const id = String(headers['webhook-id'])
  t.equal(headers['webhook-signature'], webhookSignature(key, id, Number(headers['webhook-timestamp']), body))
  t.match(JSON.parse(body), { subject: 'ä' })
  await webhook.close()
  t.strictSame(totals(), [1, 0, 0])
})
