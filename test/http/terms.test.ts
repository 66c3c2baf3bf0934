// How long a caller waits, and what becomes of one that does not.
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { addressOf, fp32, repository, startApp, type TestApp } from '../helpers/app.ts'
import { identity, slow } from '../helpers/models.ts'

/** Waits for more rows: nothing runs before there are so many, for as long as a test may take. */
const hesitant = (rows: number): string =>
  `batching: { rowsMax: ${rows}, delayMaxMs: 10000 }\ninstances: { placement: inline }`

type Headers = Record<string, string>

function inferences(app: TestApp, model: string, shape: (rows: number) => number[]) {
  return (rows: number, headers: Headers = {}, more: object = {}) => {
    const data = new Array<number>(shape(rows).reduce((product, size) => product * size, 1)).fill(1)
    const payload = JSON.stringify({ ...fp32('x', shape(rows), data), ...more })
    return app.http.inject({ method: 'POST', url: `/v2/models/${model}/infer`, headers, payload })
  }
}

async function counted(app: TestApp, outcome: string, model = 'm'): Promise<number> {
  const { body } = await app.http.inject('/metrics')
  const series = `kedge_requests_total{model="${model}",version="1",protocol="v2",outcome="${outcome}"} `
  return Number(
    body
      .split('\n')
      .find(line => line.startsWith(series))
      ?.slice(series.length) ?? 0
  )
}

t.test('a slow model: who has a time limit is answered when it is over, whatever the model does', async t => {
  const models = repository(t, {
    'slow/1/model.onnx': slow(500),
    'slow/model.yaml': 'batching: { enabled: false }\ninstances: { placement: thread }'
  })
  const app = await startApp(t, models)
  const infer = inferences(app, 'slow', rows => [rows, 1])
  const order: string[] = []
  const noted = async (name: string, answer: ReturnType<typeof infer>): Promise<number> => {
    const { statusCode } = await answer
    order.push(name)
    return statusCode
  }
  const statuses = await Promise.all([
    noted('runs, in a hurry', infer(1, { 'x-kedge-timeout-ms': '1' })),
    noted('waits, in a hurry', infer(1, {}, { parameters: { timeout: 1000 } })),
    noted('has time', infer(1)),
    noted('has time as well', infer(1, { 'x-kedge-timeout-ms': '999999999' }))
  ])
  t.strictSame(statuses, [504, 504, 200, 200])
  t.strictSame(order.slice(0, 2).sort(), ['runs, in a hurry', 'waits, in a hurry'])
  t.strictSame(order.slice(2), ['has time', 'has time as well'])
  t.strictSame([await counted(app, 'expired', 'slow'), await counted(app, 'success', 'slow')], [2, 2])
})

t.test('the least of what model, header and request grant', async t => {
  const models = repository(t, {
    'm/1/model.onnx': identity(),
    'm/model.yaml': hesitant(64),
    'brief/1/model.onnx': identity(),
    'brief/model.yaml': `${hesitant(64)}\ntimeoutMs: 1`
  })
  const app = await startApp(t, models)
  const infer = inferences(app, 'm', rows => [rows, 2])
  const brief = inferences(app, 'brief', rows => [rows, 2])
  const hour = '3600000'
  const hourUs = Number(hour) * 1000
  const cases: [name: string, ask: () => ReturnType<typeof infer>][] = [
    ['the header', () => infer(1, { 'x-kedge-timeout-ms': '1' })],
    ['the request', () => infer(1, {}, { parameters: { timeout: 1000 } })],
    ['a part of a millisecond', () => infer(1, {}, { parameters: { timeout: 1 } })],
    [
      'the header, before the request',
      () => infer(1, { 'x-kedge-timeout-ms': '1' }, { parameters: { timeout: hourUs } })
    ],
    [
      'the request, before the header',
      () => infer(1, { 'x-kedge-timeout-ms': hour }, { parameters: { timeout: 1000 } })
    ],
    ['the model', () => brief(1)],
    [
      'the model, whatever they say',
      () => brief(1, { 'x-kedge-timeout-ms': hour }, { parameters: { timeout: hourUs } })
    ]
  ]
  for (const [name, ask] of cases) {
    const { statusCode, headers, ...response } = await ask()
    t.match(
      [statusCode, response.json()],
      [504, { code: 'DEADLINE_EXCEEDED', error: /no answer within/ }],
      name
    )
    t.equal(headers['retry-after'], undefined)
  }
  t.equal((await infer(64, { 'x-kedge-timeout-ms': hour })).statusCode, 200)
  t.equal(await counted(app, 'expired'), 5)
})

t.test('a time limit that is none', async t => {
  const models = repository(t, {
    'm/1/model.onnx': identity(),
    'm/model.yaml': 'instances: { placement: inline }'
  })
  const app = await startApp(t, models)
  const infer = inferences(app, 'm', rows => [rows, 2])
  for (const header of ['0', '-1', '1.5', 'soon', '1e3', '', '9999999999', '5, 5']) {
    const response = await infer(1, { 'x-kedge-timeout-ms': header })
    t.match(
      [response.statusCode, response.json()],
      [
        400,
        {
          code: 'INVALID_REQUEST',
          error: /x-kedge-timeout-ms: expected a whole number of milliseconds from 1/
        }
      ]
    )
  }
  for (const timeout of [-1, 1.5, 'soon', true]) {
    const response = await infer(1, {}, { parameters: { timeout } })
    t.match([response.statusCode, response.json()], [400, { code: 'INVALID_REQUEST', error: /timeout/ }])
  }
})

/** Sends a request and waits until the server has its own end of it. */
async function send(t: Test, app: TestApp, rows: number): Promise<{ ours: Socket; theirs: Socket }> {
  const { port, hostname } = new URL(addressOf(app))
  const ours = connect(Number(port), hostname)
  t.teardown(() => ours.destroy())
  ours.on('error', () => {})
  const seen = once(app.http.server, 'request')
  const body = JSON.stringify(fp32('x', [rows, 2], new Array<number>(rows * 2).fill(1)))
  ours.write(`POST /v2/models/m/infer HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n${body}`)
  const [incoming] = (await seen) as [{ readonly socket: Socket }]
  return { ours, theirs: incoming.socket }
}

t.test('a client that goes away is dropped when its turn comes, and counted as cancelled', async t => {
  const models = repository(t, { 'm/1/model.onnx': identity(), 'm/model.yaml': hesitant(3) })
  const app = await startApp(t, models, { 'limits-requests-in-flight-max': '2' })
  const infer = inferences(app, 'm', rows => [rows, 2])
  const { ours, theirs } = await send(t, app, 1)
  const other = await send(t, app, 1)
  t.equal((await infer(3)).statusCode, 429, 'both are in progress')
  const closed = once(theirs, 'close')
  ours.destroy()
  await closed
  const answered = once(other.ours, 'data')
  // Its place is free again, and with this one there are rows enough.
  t.equal((await infer(1)).statusCode, 200)
  t.match(String(await answered), /^HTTP\/1\.1 200 /, 'whoever stayed has an answer')
  const outcomes = ['cancelled', 'success', 'failed', 'rejected'].map(outcome => counted(app, outcome))
  t.strictSame(await Promise.all(outcomes), [1, 2, 0, 0])
  t.match((await app.http.inject('/metrics')).body, 'kedge_rows_total{model="m",version="1"} 2')
})

t.test('a client that goes away after its answer is nobody’s loss', async t => {
  const models = repository(t, {
    'm/1/model.onnx': identity(),
    'm/model.yaml': 'instances: { placement: inline }'
  })
  const app = await startApp(t, models)
  const { ours, theirs } = await send(t, app, 1)
  await once(ours, 'data')
  const closed = once(theirs, 'close')
  ours.destroy()
  await closed
  t.strictSame([await counted(app, 'success'), await counted(app, 'cancelled')], [1, 0])
})
