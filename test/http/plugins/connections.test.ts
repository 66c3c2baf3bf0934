import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { addressOf, fp32, repository, startApp, type TestApp } from '../../helpers/app.ts'
import { identity, slow } from '../../helpers/models.ts'
import { raw } from '../../helpers/raw.ts'

const pollMs = 20
const path = '/v2/models/m/infer'
const body = JSON.stringify(fp32('x', [1, 2], [1, 2]))

function serve(t: Test, flags: Record<string, string> = {}): Promise<TestApp> {
  // On a thread: the answer does not come in the turn in which the request does.
  return startApp(
    t,
    repository(t, { 'm/1/model.onnx': identity(), 'm/model.yaml': 'instances: { placement: thread }' }),
    flags
  )
}

const head = (id: string, more: string): string =>
  `POST ${path} HTTP/1.1\r\nhost: x\r\nx-request-id: ${id}\r\ncontent-type: application/json\r\n${more}\r\n\r\n`
const right = (id: string): string => `${head(id, `content-length: ${body.length}`)}${body}`

/** Statuses and ids of the answers, in order. */
function answersIn(text: string): string[] {
  return text
    .split(/(?=HTTP\/1\.1 )/)
    .map(answer => `${answer.slice(9, 12)} ${/^x-request-id: (\S+)/im.exec(answer)?.[1] ?? ''}`.trim())
}

t.test('requests before broken bytes are answered, in order, and then the connection is closed', async t => {
  const address = addressOf(await serve(t))
  t.strictSame(answersIn(await raw(address, `${right('a')}${right('b')}GARBAGE\r\n\r\n`)), [
    '200 a',
    '200 b',
    '400'
  ])
  const chunks = `${right('a')}${head('b', 'transfer-encoding: chunked')}nonsense\r\n`
  t.strictSame(answersIn(await raw(address, chunks)), ['200 a', '400'], 'the body of the second is broken')
  const alone = await raw(address, `${head('b', 'transfer-encoding: chunked')}nonsense\r\n`)
  t.strictSame(answersIn(alone), ['400'])
  const bundle = 'GET /docs/static/swagger-ui-bundle.js HTTP/1.1\r\nhost: x\r\nx-request-id: js\r\n\r\n'
  t.strictSame(answersIn(await raw(address, `${bundle}GARBAGE\r\n\r\n`)), ['200 js', '400'], 'a long answer')
})

t.test('what was refused before its body came is not refused again for its body', async t => {
  const app = await serve(t, { 'limits-json-bytes-max': '1KiB' })
  const { port, hostname } = new URL(addressOf(app))
  const socket = connect(Number(port), hostname)
  let text = ''
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString()
  })
  socket.write(`${head('a', 'transfer-encoding: chunked')}${(2000).toString(16)}\r\n${'x'.repeat(2000)}\r\n`)
  await once(socket, 'data')
  socket.write('nonsense\r\n')
  await once(socket, 'close')
  t.strictSame(answersIn(text), ['413 a'])
})

t.test('what Node would refuse without a word has the error object too', async t => {
  const address = addressOf(await serve(t))
  const close = 'connection: close\r\n\r\n'
  t.match(
    await raw(address, `GET / HTTP/1.1\r\nhost: x\r\nexpect: the-best\r\n${close}`),
    /^HTTP\/1.1 417 .*\{"error":"the only expectation.*"code":"INVALID_REQUEST"/s
  )
  t.match(
    await raw(address, `GET / HTTP/1.1\r\n${close}`),
    /^HTTP\/1.1 400 .*\{"error":"the header host is missing","code":"INVALID_REQUEST"/s
  )
  t.match(await raw(address, 'GET / HTTP/1.0\r\n\r\n'), /^HTTP\/1.1 200 /)
  const long = `GET /v2/models/${'x'.repeat(2000)} HTTP/1.1\r\nhost: x\r\nx-request-id: mine\r\n${close}`
  t.match(
    await raw(address, long),
    /^HTTP\/1.1 404 .*x-request-id: mine\r\n.*"request_id":"mine"/s,
    'its id stands in the header'
  )
})

/** Settles once the server has no connection any more. The runner's limit ends what never does. */
async function forgotten(app: TestApp): Promise<void> {
  const count = (): Promise<number> =>
    new Promise(resolve => app.http.server.getConnections((_, number) => resolve(number)))
  while ((await count()) > 0) await wait(pollMs)
}

/** A connection that its side never closes, and what came over it. */
function stubborn(t: Test, port: number, bytes: string) {
  const socket: Socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  t.teardown(() => socket.destroy())
  const said = { text: '' }
  socket.on('error', () => {})
  socket.on('data', (chunk: Buffer) => {
    said.text += chunk.toString()
  })
  socket.write(bytes)
  return { socket, said }
}

t.test('slow callers are cut off, and nobody keeps a connection by not closing it', async t => {
  const app = await serve(t, { 'limits-request-timeout-ms': '1000' })
  const port = Number(new URL(addressOf(app)).port)
  const beginnings = {
    'a head in drops': 'GET / HTTP/1.1\r\nx',
    'half a head': 'GET / HTTP/1.1\r\nhost: x\r\n',
    'half a body': `${head('a', `content-length: ${body.length}`)}${body.slice(0, 9)}`,
    'half a chunk': `${head('a', 'transfer-encoding: chunked')}5\r\nxx`,
    nothing: ''
  }
  const callers = Object.entries(beginnings).map(([what, bytes]) => ({ what, ...stubborn(t, port, bytes) }))
  const drops = setInterval(() => callers[0]!.socket.write('x'), 50)
  t.teardown(() => clearInterval(drops))
  for (const { socket } of callers) if (!socket.readableEnded) await once(socket, 'end')
  for (const { what, said } of callers) t.match(said.text, /^HTTP\/1.1 408 .*"code":"REQUEST_TIMEOUT"/s, what)
  const broken = stubborn(t, port, 'GARBAGE\r\n\r\n')
  await once(broken.socket, 'end')
  t.match(broken.said.text, /^HTTP\/1.1 400 /)
  await forgotten(app)
})

t.test('the door for administration refuses in the same words', async t => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { readonly port: number }
  await once(server.close(), 'close')
  await serve(t, { 'admin-port': String(port), 'limits-request-timeout-ms': '1000' })
  const address = `http://127.0.0.1:${port}`
  t.match(await raw(address, 'GARBAGE\r\n\r\n'), /^HTTP\/1.1 400 .*"code":"INVALID_REQUEST"/s)
  t.match(await raw(address, 'GET /metrics HTTP/1.1\r\n\r\n'), /^HTTP\/1.1 400 .*the header host is missing/s)
  const slow = stubborn(t, port, `POST /metrics HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n`)
  await once(slow.socket, 'end')
  t.match(slow.said.text, /408|405/)
})

t.test('whoever leaves in the middle of many requests keeps nothing', async t => {
  const most = 8
  const files = {
    'm/1/model.onnx': slow(40),
    'm/model.yaml': 'batching: { enabled: false }\ninstances: { placement: thread }'
  }
  const app = await startApp(t, repository(t, files), { 'limits-requests-in-flight-max': String(most) })
  const ask = JSON.stringify(fp32('x', [1, 1], [1]))
  const asked = `${head('r', `content-length: ${ask.length}`)}${ask}`
  const { port, hostname } = new URL(addressOf(app))
  const inFlight = async (): Promise<number> => {
    const { body: metrics } = await app.http.inject({ url: '/metrics' })
    return Number(/^kedge_inflight_requests\{.*\} (\d+)$/m.exec(metrics)?.[1])
  }
  for (let round = 0; round < 2; round++) {
    const socket = connect(Number(port), hostname)
    await once(socket, 'connect')
    socket.write(asked.repeat(most))
    while ((await inFlight()) < most - 1) await wait(pollMs)
    socket.destroy()
    while ((await inFlight()) > 0) await wait(pollMs)
  }
  const request = { method: 'POST', url: path, payload: ask } as const
  const headers = { 'content-type': 'application/json' }
  const answers = await Promise.all(
    Array.from({ length: most }, () => app.http.inject({ ...request, headers }))
  )
  t.strictSame(
    answers.map(({ statusCode }) => statusCode),
    new Array(most).fill(200),
    'every permit was given back'
  )
})
