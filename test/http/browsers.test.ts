// What browsers are told and asked: which pages of others may call, what our own pages may load, and who is not from this machine.
import t from 'tap'
import { repository, startApp } from '../helpers/app.ts'
import { identity } from '../helpers/models.ts'

const ours = 'https://app.example'
const preflight = {
  method: 'OPTIONS',
  url: '/v2/models/a/infer',
  headers: {
    origin: ours,
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'authorization,content-type'
  }
} as const

t.test('without origins, no page of another one may call', async t => {
  const app = await startApp(t, repository(t, { 'a/1/model.onnx': identity() }))
  const asked = await app.http.inject(preflight)
  t.equal(asked.statusCode, 405)
  const told = await app.http.inject({ url: '/v2', headers: { origin: ours } })
  for (const { headers } of [asked, told])
    t.strictSame(
      Object.keys(headers).filter(name => name.startsWith('access-control-')),
      []
    )
})

t.test('pages of the named origins may call, and read errors too', async t => {
  const app = await startApp(t, repository(t, { 'a/1/model.onnx': identity() }), {
    'cors-origins': [ours, 'http://localhost:3000'],
    'require-auth': true
  })
  const asked = await app.http.inject(preflight)
  t.equal(asked.statusCode, 204, 'a question needs no key')
  t.match(asked.headers, {
    'access-control-allow-origin': ours,
    'access-control-allow-methods': 'GET, HEAD, POST',
    'access-control-allow-headers': 'authorization,content-type',
    'access-control-max-age': '600',
    vary: /Origin/
  })
  const refused = await app.http.inject({ url: '/v2', headers: { origin: ours } })
  t.equal(refused.statusCode, 401)
  t.match(refused.headers, {
    'access-control-allow-origin': ours,
    'access-control-expose-headers': 'inference-header-content-length, retry-after, x-request-id'
  })
  t.notOk(refused.headers['access-control-allow-credentials'])
  for (const origin of ['https://evil.example', 'null', `${ours}.evil.example`]) {
    const { headers } = await app.http.inject({ ...preflight, headers: { ...preflight.headers, origin } })
    t.notOk(headers['access-control-allow-origin'], origin)
  }
})

t.test('any page may call where * is an origin', async t => {
  const app = await startApp(t, repository(t, {}), { 'cors-origins': ['*'] })
  const { headers } = await app.http.inject({ url: '/v2', headers: { origin: 'https://any.example' } })
  t.equal(headers['access-control-allow-origin'], '*')
})

t.test('pages load nothing from elsewhere and are shown in no frame', async t => {
  const app = await startApp(t, repository(t, { 'a/1/model.onnx': identity() }))
  for (const url of ['/docs/', '/docs/static/swagger-ui.css', '/v2/models/a/drift/report']) {
    const { statusCode, headers } = await app.http.inject({ url })
    t.equal(statusCode, 200, url)
    t.match(headers, {
      'content-security-policy': /^default-src 'none'; (?!.*(https:|upgrade)).*frame-ancestors 'none'$/,
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'no-referrer'
    })
  }
  const { headers } = await app.http.inject({ url: '/v2' })
  t.notOk(headers['content-security-policy'], 'answers for programs do without')
})

t.test('pages can be hidden; what programs read stays', async t => {
  const app = await startApp(t, repository(t, { 'a/1/model.onnx': identity() }), {
    'pages-hide-api-docs': true,
    'pages-hide-drift-reports': true
  })
  const status = async (url: string): Promise<number> => (await app.http.inject({ url })).statusCode
  const document = await app.http.inject({ url: '/openapi.json' })
  t.strictSame(
    [
      await status('/docs'),
      await status('/docs/'),
      await status('/docs/static/swagger-ui.css'),
      await status('/v2/models/a/drift/report'),
      await status('/v2/models/a/drift'),
      document.statusCode
    ],
    [404, 404, 404, 404, 200, 200]
  )
  t.notMatch(document.body, 'drift/report')
})

t.test('without keys, a page in a browser of this machine administers nothing', async t => {
  const app = await startApp(t, repository(t, { 'a/1/model.onnx': identity() }), {
    'repository-control': 'explicit',
    'repository-control-api': true
  })
  const load = async (headers: Record<string, string>): Promise<number> =>
    (await app.http.inject({ method: 'POST', url: '/v2/repository/models/a/load', headers })).statusCode
  t.equal(await load({ host: '127.0.0.1:8080', origin: 'https://evil.example' }), 403, 'of another site')
  t.equal(await load({ host: '127.0.0.1:8080', origin: 'null' }), 403, 'of none')
  t.equal(await load({ host: 'evil.example:8080' }), 403, 'by a name that leads here')
  t.equal(await load({ host: '127.0.0.1.evil.example' }), 403)
  t.equal(await load({ host: 'localhost:8080', origin: 'http://127.0.0.1:8080' }), 403)
  for (const host of ['localhost', 'localhost:8080', '127.0.0.1:8080', '[::1]:8080', '127.0.0.2'])
    t.equal(await load({ host }), 200, host)
  t.equal(await load({ host: 'localhost:8080', origin: 'http://localhost:8080' }), 200, 'a page of ours')
})
