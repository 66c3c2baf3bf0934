// Every route against every scope, with real keys: who is let in, who is not, and what neither is told.
import { join } from 'node:path'
import t from 'tap'
import { type GrantedScope, scopes } from '../../src/auth/grants.ts'
import { hashSecret } from '../../src/auth/key-hash.ts'
import { makeKey } from '../../src/auth/key-text.ts'
import { makeApp, repository, startApp } from '../helpers/app.ts'
import { identity } from '../helpers/models.ts'

interface Made {
  readonly text: string
  readonly line: string
}

async function key(granted: readonly GrantedScope[], more = ''): Promise<Made> {
  const { id, secret, text } = makeKey()
  const hash = await hashSecret(secret)
  const line = `  - { id: '${id}', name: ${granted.join('-') || 'none'}, hash: '${hash}', scopes: [${granted.join()}]${more} }`
  return { text, line }
}

const file = (...keys: readonly Made[]): string => `keys:\n${keys.map(({ line }) => line).join('\n')}\n`

const models = () => ({ 'models/a/1/model.onnx': identity(), 'models/b/1/model.onnx': identity() })

/** Method, path, scope; `some` where a key for model `a` alone is let in as well. */
const routes: [method: 'GET' | 'POST', path: string, scope: GrantedScope | 'open', some: boolean][] = [
  ['GET', '/', 'open', true],
  ['GET', '/v2/health/live', 'open', true],
  ['GET', '/v2/health/ready', 'open', true],
  ['GET', '/ping', 'open', true],
  ['GET', '/health', 'open', true],
  ['GET', '/version', 'read', true],
  ['GET', '/v2', 'read', true],
  ['GET', '/v2/models', 'read', true],
  ['GET', '/v1/models', 'read', true],
  ['GET', '/v2/models/stats', 'read', true],
  ['POST', '/v2/repository/index', 'read', true],
  ['GET', '/metrics', 'read', false],
  ['GET', '/openapi.json', 'read', false],
  ['GET', '/docs/', 'read', false],
  ['GET', '/docs/json', 'read', false],
  ...['', '/versions/1'].flatMap(
    (version): [method: 'GET' | 'POST', path: string, scope: GrantedScope, some: boolean][] => [
      ...[
        '',
        '/ready',
        '/config',
        '/stats',
        '/schema',
        '/gate',
        '/drift',
        '/drift/report',
        '/drift/profile'
      ].map(
        path => ['GET', `/v2/models/a${version}${path}`, 'read', true] as ['GET', string, 'read', boolean]
      ),
      ['GET', `/v1/models/a${version}`, 'read', true],
      ['GET', `/v1/models/a${version}/metadata`, 'read', true],
      ['POST', `/v2/models/a${version}/infer`, 'predict', true],
      ['POST', `/v2/models/a${version}/validate`, 'predict', true],
      ['POST', `/v1/models/a${version}:predict`, 'predict', true],
      ['POST', `/v1/models/a${version}:explain`, 'predict', true]
    ]
  ),
  ['GET', '/v2/models/a/history', 'read', true],
  ['GET', '/v1/models/a/labels/x', 'read', true],
  ['GET', '/v1/models/a/labels/x/metadata', 'read', true],
  ['POST', '/v1/models/a/labels/x:predict', 'predict', true],
  ['POST', '/invocations', 'predict', true],
  ['POST', '/v2/repository/models/a/load', 'admin', true],
  ['POST', '/v2/repository/models/a/unload', 'admin', true],
  ['POST', '/v2/repository/mine/index', 'read', true],
  ['POST', '/v2/repository/mine/models/a/load', 'admin', true],
  ['POST', '/v2/repository/mine/models/a/unload', 'admin', true]
]

t.test('every route and every scope', async t => {
  const own = await Promise.all(scopes.map(scope => key([scope])))
  const [some, all] = [await key(scopes, ', models: [a]'), await key(scopes)]
  const elsewhere = await key(scopes, ', models: [b]')
  const root = repository(t, { ...models(), 'keys.yaml': file(...own, some, all, elsewhere) })
  const app = await startApp(t, join(root, 'models'), {
    'auth-keys-file': join(root, 'keys.yaml'),
    'default-model': 'a'
  })
  const ask = async (method: 'GET' | 'POST', url: string, text?: string) => {
    const headers = {
      'content-type': 'application/json',
      ...(text !== undefined && { authorization: `Bearer ${text}` })
    }
    const { statusCode, body } = await app.http.inject({
      method,
      url,
      headers,
      ...(method === 'POST' && { payload: '{}' })
    })
    return { status: statusCode, body }
  }
  for (const [method, url, scope, forSome] of routes) {
    const nobody = await ask(method, url)
    t.equal(nobody.status === 401, scope !== 'open', `${method} ${url} without a key: ${nobody.status}`)
    for (const [index, granted] of scopes.entries()) {
      const { status } = await ask(method, url, own[index]!.text)
      const isIn = scope === 'open' || granted === scope
      // Off by its setting, whoever asks.
      const isOff = /\/(un)?load$/.test(url) && !url.includes('/mine/')
      if (!isOff)
        t.equal(status !== 401 && status !== 403, isIn, `${method} ${url} with ${granted}: ${status}`)
    }
    if (scope === 'open' || scope === 'admin') continue
    t.equal((await ask(method, url, some.text)).status === 403, !forSome, `${method} ${url} for a`)
    const about = /\/a(?=[/:]|$)/.test(url) || url === '/invocations'
    if (about) t.equal((await ask(method, url, elsewhere.text)).status, 403, `${method} ${url} for b`)
  }
  const documented = Object.entries(app.http.swagger().paths ?? {}).flatMap(([path, methods]) =>
    Object.keys(methods as object).map(method => `${method.toUpperCase()} ${path}`)
  )
  const tabled = routes.map(
    ([method, path]) =>
      `${method} ${path
        .replace(/\/a(?=[/:]|$)/, '/{model}')
        .replace('/versions/1', '/versions/{version}')
        .replace('/labels/x', '/labels/{label}')}`
  )
  t.strictSame(
    documented.filter(route => !tabled.includes(route)),
    [],
    'no documented route is missing from the table'
  )
  const list = JSON.parse((await ask('GET', '/v2/models', elsewhere.text)).body) as object
  t.strictSame(list, { models: ['b'] }, 'lists are of what may be seen')
  t.match(JSON.parse((await ask('POST', '/v2/repository/index', some.text)).body), [{ name: 'a' }])
  t.strictSame(
    (await ask('GET', '/v2/models/c', some.text)).status,
    403,
    'what is not there is not told apart'
  )
})

t.test('refusals do not say what was wrong, and are counted by it', async t => {
  const [good, ended, limited] = [
    await key(['predict', 'read']),
    await key(['read'], ', expires: 2026-01-01'),
    await key(['read'], ', rate: { requestsPerSecond: 0.5, burst: 1 }')
  ]
  const root = repository(t, { ...models(), 'keys.yaml': file(good, ended, limited) })
  const app = await startApp(t, join(root, 'models'), { 'auth-keys-file': join(root, 'keys.yaml') })
  const get = (text: string | undefined, url = '/v2') =>
    app.http.inject({ url, headers: text === undefined ? {} : { 'x-api-key': text } })
  const bodies = new Set<string>()
  for (const text of [
    undefined,
    '',
    'x',
    makeKey().text,
    `${good.text.slice(0, -1)}_`,
    ended.text,
    'x'.repeat(9000)
  ]) {
    const { statusCode, headers, body } = await get(text)
    t.equal(statusCode, 401, String(text).slice(0, 20))
    t.equal(headers['www-authenticate'], 'Bearer realm="kedge"')
    bodies.add(body.replace(/"request_id":"[^"]*"/, ''))
  }
  t.equal(bodies.size, 1, 'all in the same words')
  t.equal((await get(good.text)).statusCode, 200)
  t.equal((await get(good.text, '/v2/repository/models/a/load')).statusCode, 405)
  t.equal((await get(limited.text)).statusCode, 200)
  const more = await get(limited.text)
  t.match([more.statusCode, more.headers['retry-after'], more.json()], [429, '2', { code: 'RATE_LIMITED' }])
  const metrics = (await get(good.text, '/metrics')).body
  t.match(metrics, /kedge_auth_refusals_total\{reason="missing"\} 1\n/)
  t.match(metrics, /kedge_auth_refusals_total\{reason="expired"\} 1\n/)
  t.match(metrics, /kedge_auth_refusals_total\{reason="refused"\} 5\n/)
  t.match(metrics, /kedge_auth_refusals_total\{reason="limited"\} 1\n/)
  for (const line of app.lines)
    for (const { text } of [good, ended, limited]) t.notOk(JSON.stringify(line).includes(text))
})

t.test('metrics may be left open', async t => {
  const root = repository(t, { ...models(), 'keys.yaml': file(await key(['read'])) })
  const app = await makeApp(t, join(root, 'models'), {
    'auth-keys-file': join(root, 'keys.yaml'),
    'auth-open-metrics': true
  })
  t.equal((await app.http.inject({ url: '/metrics' })).statusCode, 200)
  t.equal((await app.http.inject({ url: '/v2' })).statusCode, 401)
})

t.test('/invocations means the only model that the caller may see, and names no other', async t => {
  const [some, both] = [await key(['predict'], ', models: [a]'), await key(['predict'])]
  const root = repository(t, { ...models(), 'keys.yaml': file(some, both) })
  const app = await startApp(t, join(root, 'models'), { 'auth-keys-file': join(root, 'keys.yaml') })
  const ask = async ({ text }: Made) => {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${text}` }
    const payload = { instances: [[1, 2]] }
    return app.http.inject({ method: 'POST', url: '/invocations', headers, payload })
  }
  t.equal((await ask(some)).statusCode, 200)
  t.match((await ask(both)).body, /there are several models \('a', 'b'\)/)
})

t.test('metrics can be left open, with keys and without', async t => {
  for (const flags of [{ 'require-auth': true }, {}]) {
    const root = repository(t, { ...models(), 'keys.yaml': file(await key(['read'])) })
    const keysFile = 'require-auth' in flags ? {} : { 'auth-keys-file': join(root, 'keys.yaml') }
    const app = await startApp(t, join(root, 'models'), {
      'auth-open-metrics': true,
      ...flags,
      ...(keysFile as Record<string, string>)
    })
    t.equal((await app.http.inject({ url: '/metrics' })).statusCode, 200)
    t.equal((await app.http.inject({ url: '/v2' })).statusCode, 401)
  }
})
