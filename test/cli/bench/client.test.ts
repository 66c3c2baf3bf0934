import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { type Clock, systemClock } from '../../../src/base/clock.ts'
import { deferred } from '../../../src/base/deferred.ts'
import { type Client, errorText, openClient } from '../../../src/cli/bench/client.ts'
import { FakeClock } from '../../helpers/fake-clock.ts'

const timeoutMs = 60_000
const payload = {
  body: Buffer.from('{"a":1}'),
  headers: { 'content-type': 'application/json', 'x-a': 'b' },
  rows: 1
}

/** A client of a server on loopback that answers as `handle` says. */
async function clientOf(
  t: Test,
  handle: (request: IncomingMessage, response: ServerResponse) => void,
  over: Partial<Parameters<typeof openClient>[0]> & { readonly path?: string } = {}
): Promise<Client> {
  const server = createServer(handle)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}${over.path ?? ''}`)
  const client = await openClient({
    url,
    model: 'm',
    version: undefined,
    headers: { 'x-key': 'k' },
    connections: 2,
    timeoutMs,
    clock: systemClock,
    ...over
  })
  t.teardown(async () => {
    await client.close()
    server.closeAllConnections()
    server.close()
  })
  return client
}

t.test('sends the payload as it is to the path of the model or the version', async t => {
  const cases: [version: string | undefined, prefix: string, path: string][] = [
    [undefined, '', '/v2/models/a%2Fb'],
    ['3', '/', '/v2/models/a%2Fb/versions/3'],
    ['3', '/serving/', '/serving/v2/models/a%2Fb/versions/3']
  ]
  for (const [version, prefix, path] of cases) {
    const seen: unknown[] = []
    const client = await clientOf(
      t,
      (request, response) => {
        let body = ''
        request.on('data', (chunk: Buffer) => {
          body += chunk.toString()
        })
        request.on('end', () => {
          seen.push([request.method, request.url, request.headers['x-a'], request.headers['x-key'], body])
          response.end('{"ok": 1}')
        })
      },
      { model: 'a/b', version, path: prefix }
    )
    t.same(await client.infer(payload), { ok: true, status: '200', text: '' })
    t.same(await client.get('/stats'), { status: 200, json: { ok: 1 } })
    t.same(seen, [
      ['POST', `${path}/infer`, 'b', 'k', '{"a":1}'],
      ['GET', `${path}/stats`, undefined, 'k', '']
    ])
  }
})

t.test('an error has its status and its text', async t => {
  let answer: readonly [number, string] = [500, '']
  const client = await clientOf(t, (request, response) => {
    request.resume()
    response.statusCode = answer[0]
    response.end(answer[1])
  })
  const cases: [status: number, body: string, text: string][] = [
    [429, '{"error":"too many requests"}', 'too many requests'],
    [302, 'moved', 'moved'],
    [503, '', '']
  ]
  for (const [status, body, text] of cases) {
    answer = [status, body]
    t.same(await client.infer(payload), { ok: false, status: String(status), text })
  }
  answer = [500, 'x'.repeat(1e6)]
  t.equal((await client.infer(payload)).text.length, 201, 'and no more of it than is of use')
  t.same(await client.get(''), { status: 500, json: undefined })
})

t.test('a server that is away, or goes away', async t => {
  const client = await clientOf(t, request => request.socket.destroy())
  const answer = await client.infer(payload)
  t.equal(answer.ok, false)
  t.match(answer.status, /^[A-Z_]+$/)
  await t.rejects(client.get(''), {
    name: 'BenchError',
    message: /^http:\/\/127\.0\.0\.1:\d+ cannot be reached \([A-Z_]+\)$/
  })

  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  const url = new URL(`http://127.0.0.1:${(taken.address() as AddressInfo).port}`)
  taken.close()
  await once(taken, 'close')
  const common = { model: 'm', version: undefined, headers: {}, timeoutMs, clock: systemClock }
  const options = { ...common, url, connections: 1 }
  const lonely = await openClient(options)
  t.same(await lonely.infer(payload), { ok: false, status: 'ECONNREFUSED', text: '' })
  await lonely.close()
})

t.test('an answer that does not come in time is given up, in the queue for a connection too', async t => {
  const timers = new Set<() => void>()
  const clock: Clock = {
    ...systemClock,
    after(_, action) {
      timers.add(action)
      return () => void timers.delete(action)
    }
  }
  const first = deferred<void>()
  const paths: (string | undefined)[] = []
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    request.resume()
    paths.push(request.url)
    first.resolve()
    // Later requests are answered: the queued one would be, had it been sent.
    if (paths.length > 1) response.end()
  }
  const client = await clientOf(t, handle, { clock, connections: 1 })
  const answers = Promise.all([client.infer(payload), client.infer(payload)])
  await first.promise
  t.equal(timers.size, 2)
  for (const expire of timers) expire()
  const timeout = { ok: false, status: 'timeout', text: '' }
  t.same(await answers, [timeout, timeout])
  timers.clear()
  t.same(await client.infer(payload), { ok: true, status: '200', text: '' }, 'and the client goes on')
  t.equal(paths.length, 2, 'what was given up in the queue is not sent')
  t.equal(timers.size, 0)
})

t.test('no timer is left behind by an answer', async t => {
  const clock = new FakeClock()
  const client = await clientOf(t, (_, response) => void response.end('{}'), { clock })
  await client.infer(payload)
  await client.get('')
  t.equal(clock.pending, 0)
})

t.test('texts of errors fit on a line', async t => {
  const cases: [body: string, text: string][] = [
    ['{"error":"a\\nb\\u001b[31m  c"}', 'a b [31m c'],
    ['{"error":{"message":"x"}}', '{"error":{"message":"x"}}'],
    ['<html>\r\n<p>Bad Gateway</p>\n', '<html> <p>Bad Gateway</p>'],
    ['null', 'null'],
    ['', '']
  ]
  for (const [body, text] of cases) t.equal(errorText(body), text)
  t.equal(errorText('y'.repeat(500)), `${'y'.repeat(200)}…`)
})
