import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { addressOf, fp32, repository, startApp, type TestApp } from '../helpers/app.ts'
import { identity } from '../helpers/models.ts'

const path = '/v2/models/m/infer'
const MiB = 2 ** 20
const small = JSON.stringify(fp32('x', [1, 2], [1, 2]))

async function serve(t: Test, flags: Record<string, string>): Promise<TestApp> {
  const models = repository(t, {
    'm/1/model.onnx': identity(),
    'm/model.yaml': 'instances: { placement: inline }'
  })
  return startApp(t, models, flags)
}

/** A connection of its own; `answered` settles with the head of the first answer and what came of its body with it. */
function dial(t: Test, app: TestApp) {
  const { port, hostname } = new URL(addressOf(app))
  const socket: Socket = connect(Number(port), hostname)
  t.teardown(() => socket.destroy())
  let text = ''
  const answered = new Promise<string>((resolve, reject) => {
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      const at = text.indexOf('\r\n\r\n')
      const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0)
      if (at >= 0 && text.length >= at + 4 + length) resolve(text)
    })
    socket.on('error', reject)
    socket.on('close', () => reject(new Error(`closed after: ${text}`)))
  })
  answered.catch(() => {})
  return { socket, answered }
}

const head = (headers: string): string =>
  `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n${headers}\r\n\r\n`
const chunk = (data: string): string => `${data.length.toString(16)}\r\n${data}\r\n`

/** Sends a head and waits until the server has read it. */
async function begin(t: Test, app: TestApp, headers: string) {
  const line = dial(t, app)
  const seen = once(app.http.server, 'request')
  line.socket.write(head(headers))
  const [incoming] = (await seen) as [{ readonly socket: Socket }]
  return { ...line, theirs: incoming.socket }
}

const predict = (app: TestApp) => app.http.inject({ method: 'POST', url: path, payload: small })

/** Over a connection: what is injected ends in no response that was sent. */
const send = (app: TestApp) =>
  fetch(`${addressOf(app)}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: small
  })

t.test('a chunked upload is read as any other', async t => {
  const app = await serve(t, {})
  const { socket, answered } = await begin(t, app, 'transfer-encoding: chunked')
  for (const character of small) socket.write(chunk(character))
  socket.write('0\r\n\r\n')
  t.match(await answered, /^HTTP\/1\.1 200 .*"data":\[1,2\]/s)
})

t.test('a chunked upload beyond the limit is answered, not cut off, and its permit comes back', async t => {
  const app = await serve(t, { 'limits-json-bytes-max': '64KiB', 'limits-requests-in-flight-max': '1' })
  const { socket, answered } = await begin(t, app, 'transfer-encoding: chunked')
  socket.write(chunk('x'.repeat(64 * 1024)))
  t.equal((await predict(app)).statusCode, 429, 'it is in progress')
  socket.write(chunk('x'))
  t.match(await answered, /^HTTP\/1\.1 413 .*BODY_TOO_LARGE/s)
  t.equal((await predict(app)).statusCode, 200)
})

t.test('an announced body beyond the limit is refused before any of it comes', async t => {
  const app = await serve(t, { 'limits-json-bytes-max': '64KiB', 'limits-requests-in-flight-max': '1' })
  const { answered } = await begin(t, app, `content-length: ${64 * 1024 + 1}`)
  t.match(
    await answered,
    /^HTTP\/1\.1 413 .*larger than the 64 KiB that this server accepts.*BODY_TOO_LARGE/s
  )
  t.equal((await predict(app)).statusCode, 200)
})

t.test('aborted uploads give back their permits', async t => {
  const app = await serve(t, { 'limits-requests-in-flight-max': '1' })
  const beginnings: [name: string, headers: string, first: string][] = [
    ['announced, nothing came', `content-length: ${MiB}`, ''],
    ['announced, some came', `content-length: ${MiB}`, 'x'.repeat(1000)],
    ['chunked, nothing came', 'transfer-encoding: chunked', ''],
    ['chunked, some came', 'transfer-encoding: chunked', chunk('x'.repeat(100_000))],
    ['compressed', 'transfer-encoding: chunked\r\ncontent-encoding: gzip', chunk('\x1f\x8b')]
  ]
  for (const [name, headers, first] of beginnings) {
    const { socket, theirs } = await begin(t, app, headers)
    socket.write(first)
    const refused = await send(app)
    t.match([refused.status, await refused.json()], [429, { code: 'OVERLOADED' }], `${name}: in progress`)
    const closed = once(theirs, 'close')
    socket.destroy()
    await closed
    t.equal((await send(app)).status, 200, `${name}: gone`)
  }
  const codes = app.lines
    .map(line => line['code'])
    .filter(code => code !== undefined && code !== 'OVERLOADED')
  t.strictSame(
    codes,
    beginnings.map(() => 'CANCELLED')
  )
  t.notOk(
    app.lines.some(line => Number(line['level']) >= 50),
    'nobody is alarmed'
  )
  const given = 'kedge_http_requests_total{route="/v2/models/:model/infer",method="POST",status="499"} 5'
  t.match((await app.http.inject('/metrics')).body, given, 'and they are counted')
})

t.test('bytes in flight: refused with 429 and Retry-After before the body comes', async t => {
  const app = await serve(t, { 'limits-body-bytes-in-flight-max': '1MiB' })
  const first = await begin(t, app, `content-length: ${MiB - 10}`)
  const second = await begin(t, app, 'content-length: 11')
  const words =
    /^HTTP\/1\.1 429 .*retry-after: 1\r\n.*"error":"bodies of .+ are in progress already.*OVERLOADED/is
  t.match(await second.answered, words)
  const metrics = await app.http.inject('/metrics')
  t.match(metrics.body, 'kedge_requests_total{model="",version="",protocol="v2",outcome="rejected"} 1')
  const third = await begin(t, app, 'content-length: 10')
  const growing = await begin(t, app, 'transfer-encoding: chunked')
  growing.socket.write(chunk('x'))
  t.match(await growing.answered, words, 'one whose length is not announced, as it comes')
  for (const { socket, theirs } of [first, third]) {
    const closed = once(theirs, 'close')
    socket.destroy()
    await closed
  }
  const alone = await begin(t, app, 'transfer-encoding: chunked')
  alone.socket.write(`${chunk(' '.repeat(2 * MiB))}${chunk(small)}0\r\n\r\n`)
  t.match(await alone.answered, /^HTTP\/1\.1 200 /, 'alone, one beyond the limit is let in')
  t.equal((await predict(app)).statusCode, 200)
})

t.test('a request without a body needs a permit as well', async t => {
  const app = await serve(t, { 'limits-requests-in-flight-max': '1' })
  const { socket, theirs } = await begin(t, app, `content-length: ${MiB}`)
  const bare = { method: 'POST', url: path, headers: { 'inference-header-content-length': '0' } } as const
  t.equal((await app.http.inject(bare)).statusCode, 429)
  const closed = once(theirs, 'close')
  socket.destroy()
  await closed
  t.equal((await app.http.inject(bare)).statusCode, 200)
  t.equal((await app.http.inject(bare)).statusCode, 200, 'and gives it back')
})

t.test('what is refused at the door does not keep the next from its place', async t => {
  const app = await serve(t, { 'limits-requests-in-flight-max': '1' })
  const refusals: [headers: Record<string, string>, payload: string, status: number][] = [
    [{ 'content-type': 'text/plain' }, small, 415],
    [{ 'content-encoding': 'br' }, small, 415],
    [{ 'content-encoding': 'gzip' }, small, 400],
    [{ 'x-kedge-timeout-ms': 'soon' }, small, 400],
    [{}, '{', 400],
    [{}, '', 400]
  ]
  for (const [headers, payload, status] of refusals) {
    const response = await app.http.inject({ method: 'POST', url: path, headers, payload })
    t.equal(response.statusCode, status, JSON.stringify(headers))
    t.equal((await predict(app)).statusCode, 200)
  }
})
