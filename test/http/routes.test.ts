import t from 'tap'
import type { Scope } from '../../src/http/scope.ts'
import { extensions } from '../../src/protocol/v2/metadata.ts'
import { makeApp, repository, startApp } from '../helpers/app.ts'
import { identity, plus, unknownOperator } from '../helpers/models.ts'

t.test('every route declares its scope, and authentication closes all but the open ones', async t => {
  const app = await makeApp(t, repository(t, { 'a/1/model.onnx': identity() }), { 'require-auth': true })
  await app.http.ready()
  const expected: [method: 'GET' | 'POST', path: string, scope: Scope][] = [
    ['GET', '/', 'open'],
    ['GET', '/v2/health/live', 'open'],
    ['GET', '/v2/health/ready', 'open'],
    ['GET', '/v2', 'read'],
    ['GET', '/v2/models', 'read'],
    ['GET', '/v2/models/a', 'read'],
    ['GET', '/v2/models/a/ready', 'read'],
    ['GET', '/v2/models/a/config', 'read'],
    ['GET', '/v2/models/stats', 'read'],
    ['GET', '/v2/models/a/stats', 'read'],
    ['GET', '/v2/models/a/versions/1/stats', 'read'],
    ['GET', '/v2/models/a/versions/1', 'read'],
    ['GET', '/v2/models/a/versions/1/ready', 'read'],
    ['GET', '/v2/models/a/versions/1/config', 'read'],
    ['GET', '/v2/models/a/gate', 'read'],
    ['GET', '/v2/models/a/versions/1/gate', 'read'],
    ['GET', '/v2/models/a/drift', 'read'],
    ['GET', '/v2/models/a/versions/1/drift', 'read'],
    ['GET', '/v2/models/a/drift/report', 'read'],
    ['GET', '/v2/models/a/versions/1/drift/report', 'read'],
    ['GET', '/v2/models/a/drift/profile', 'read'],
    ['GET', '/v2/models/a/versions/1/drift/profile', 'read'],
    ['GET', '/v2/models/a/history', 'read'],
    ['GET', '/v2/models/a/schema', 'read'],
    ['GET', '/v2/models/a/versions/1/schema', 'read'],
    ['POST', '/v2/models/a/infer', 'predict'],
    ['POST', '/v2/models/a/versions/1/infer', 'predict'],
    ['POST', '/v2/models/a/validate', 'predict'],
    ['POST', '/v2/models/a/versions/1/validate', 'predict'],
    ['GET', '/v1/models', 'read'],
    ['GET', '/v1/models/a', 'read'],
    ['GET', '/v1/models/a/versions/1', 'read'],
    ['GET', '/v1/models/a/labels/stable', 'read'],
    ['GET', '/v1/models/a/metadata', 'read'],
    ['GET', '/v1/models/a/versions/1/metadata', 'read'],
    ['GET', '/v1/models/a/labels/stable/metadata', 'read'],
    ['POST', '/v1/models/a:predict', 'predict'],
    ['POST', '/v1/models/a/versions/1:predict', 'predict'],
    ['POST', '/v1/models/a/labels/stable:predict', 'predict'],
    ['POST', '/v1/models/a:classify', 'predict'],
    ['POST', '/v1/models/a/versions/1:regress', 'predict'],
    ['POST', '/v1/models/a/labels/stable:explain', 'predict'],
    ['POST', '/invocations', 'predict'],
    ['GET', '/ping', 'open'],
    ['GET', '/health', 'open'],
    ['GET', '/version', 'read'],
    ['POST', '/v2/repository/index', 'read'],
    ['POST', '/v2/repository/models/a/load', 'admin'],
    ['POST', '/v2/repository/models/a/unload', 'admin'],
    ['POST', '/v2/repository/mine/index', 'read'],
    ['POST', '/v2/repository/mine/models/a/load', 'admin'],
    ['POST', '/v2/repository/mine/models/a/unload', 'admin'],
    ['GET', '/metrics', 'read'],
    ['GET', '/openapi.json', 'read'],
    ['GET', '/docs/', 'read'],
    ['GET', '/docs/json', 'read']
  ]
  for (const [method, url, scope] of expected) {
    const response = await app.http.inject({ method, url })
    t.equal(response.statusCode === 401, scope !== 'open', `${method} ${url} is ${scope}`)
    if (scope !== 'open') {
      t.match(response.json(), { code: 'UNAUTHENTICATED' }, url)
      t.equal(response.headers['www-authenticate'], 'Bearer realm="kedge"')
    }
  }
  const documented = Object.entries(app.http.swagger().paths ?? {}).flatMap(([path, methods]) =>
    Object.keys((methods ?? {}) as object).map(method => `${method.toUpperCase()} ${path}`)
  )
  const tabled = expected.map(
    ([method, path]) =>
      `${method} ${path
        .replace(/\/a(?=[/:]|$)/, '/{model}')
        .replace('/1', '/{version}')
        .replace('/stable', '/{label}')}`
  )
  t.same(
    documented.filter(route => !tabled.includes(route)),
    [],
    'no documented route is missing from the table'
  )
})

t.test('administration is open to this machine only', async t => {
  const app = await makeApp(t, repository(t, {}))
  app.http.post('/test/admin', { config: { scope: 'admin' } }, () => ({ done: true }))
  const here = await app.http.inject({ method: 'POST', url: '/test/admin', remoteAddress: '127.0.0.1' })
  t.equal(here.statusCode, 200)
  for (const remoteAddress of ['10.0.0.7', '192.168.1.1', '::ffff:10.0.0.7', '2001:db8::1']) {
    const there = await app.http.inject({ method: 'POST', url: '/test/admin', remoteAddress })
    t.match([there.statusCode, there.json()], [403, { code: 'FORBIDDEN' }], remoteAddress)
  }
})

t.test('a route that declares no scope cannot be registered', async t => {
  const app = await makeApp(t, repository(t, {}))
  t.throws(() => app.http.get('/test/forgotten', () => 1), {
    message: 'route GET /test/forgotten declares no scope'
  })
})

t.test('metadata, readiness, configuration and index, with and without a version', async t => {
  const models = repository(t, {
    'plus/1/model.onnx': plus(1),
    'plus/2/model.onnx': plus(2),
    'plus/3/model.onnx': unknownOperator(),
    'plus/model.yaml':
      'description: Adds a number\nversions: { policy: latest, count: 2 }\ninstances: { placement: thread, threads: 2 }\n',
    'broken/1/model.onnx': 'this is no model',
    'empty/readme.txt': 'nothing here'
  })
  const app = await startApp(t, models)
  const get = async (url: string) => {
    const response = await app.http.inject({ url })
    return [response.statusCode, response.json<unknown>()] as const
  }

  t.strictSame(await get('/v2'), [200, { name: 'kedge', version: '0.1.0', extensions: [...extensions] }])
  t.strictSame(await get('/v2/models'), [200, { models: ['plus'] }])
  const tensor = (name: string) => ({ name, datatype: 'FP32', shape: [-1, 2] })
  const metadata = {
    name: 'plus',
    versions: ['1', '2'],
    platform: 'onnxruntime_onnx',
    inputs: [tensor('x')],
    outputs: [tensor('y')],
    description: 'Adds a number'
  }
  t.strictSame(await get('/v2/models/plus'), [200, metadata])
  t.strictSame(await get('/v2/models/plus/versions/1'), [200, metadata])
  t.strictSame(await get('/v2/models/plus/ready'), [200, { name: 'plus', ready: true }])
  t.match(await get('/v2/models/plus/versions/3/ready'), [
    503,
    { name: 'plus', ready: false, error: /version 3 is unavailable/, code: 'MODEL_NOT_READY' }
  ])
  t.match(await get('/v2/models/broken/ready'), [503, { ready: false, error: /no version that is ready/ }])
  t.match(await get('/v2/models/nothing/ready'), [404, { code: 'MODEL_NOT_FOUND' }])
  t.match(await get('/v2/models/empty'), [503, { code: 'MODEL_NOT_READY' }])

  t.match(await get('/v2/models/plus/config'), [
    200,
    {
      name: 'plus',
      platform: 'onnxruntime_onnx',
      backend: 'onnxruntime',
      version_policy: { latest: { num_versions: 2 } },
      max_batch_size: 0,
      input: [{ name: 'x', data_type: 'TYPE_FP32', dims: [-1, 2] }],
      output: [{ name: 'y', data_type: 'TYPE_FP32', dims: [-1, 2] }],
      parameters: {
        'kedge.placement': { string_value: 'thread' },
        'kedge.placement_reason': { string_value: 'model.yaml asks for it' },
        'kedge.batching': { string_value: 'on' },
        'kedge.threads': { string_value: '2' },
        'kedge.version': { string_value: '2' },
        'onnx.opsets': { string_value: 'ai.onnx:17' },
        'onnx.metadata.constant': { string_value: '2' },
        'kedge.description': { string_value: 'Adds a number' }
      }
    }
  ])
  t.match(await get('/v2/models/plus/versions/1/config'), [
    200,
    { parameters: { 'onnx.metadata.constant': { string_value: '1' } } }
  ])

  const index = async (payload: string) => {
    const response = await app.http.inject({ method: 'POST', url: '/v2/repository/index', payload })
    return [response.statusCode, response.json<unknown>()] as const
  }
  const ready = [
    { name: 'plus', version: '2', state: 'READY' },
    { name: 'plus', version: '1', state: 'READY' }
  ]
  t.match(await index(''), [
    200,
    [
      { name: 'broken', version: '1', state: 'UNAVAILABLE', reason: /not a readable ONNX model/ },
      {
        name: 'empty',
        version: undefined,
        state: 'UNAVAILABLE',
        reason: /has no version: expected empty\/1\/model.onnx/
      },
      { name: 'plus', version: '3', state: 'UNAVAILABLE', reason: /No Op registered for NoSuchOperator/ },
      ...ready
    ]
  ])
  t.strictSame(await index('{"ready":true}'), [200, ready])
  t.match(await index('{"ready":"yes"}'), [
    400,
    { code: 'INVALID_REQUEST', error: /ready: not valid: expected true or false, got "yes"/ }
  ])
  t.match(await index('{"redy":true}'), [400, { details: [{ hint: "did you mean 'ready'?" }] }])
})

t.test('health, request ids, methods', async t => {
  const app = await makeApp(t, repository(t, { 'a/1/model.onnx': identity() }), {
    'readiness-require': ['a', 'b']
  })
  const loading = await app.http.inject({ url: '/v2/health/ready' })
  t.match([loading.statusCode, loading.json()], [503, { ready: false, reason: 'models are still loading' }])
  await app.start()
  t.strictSame((await app.http.inject({ url: '/v2/health/live' })).json(), { live: true })
  t.strictSame((await app.http.inject({ url: '/' })).json(), { live: true, status: 'alive' })
  t.match((await app.http.inject({ url: '/v2/health/ready' })).json(), {
    ready: false,
    reason: 'required models are not ready: b'
  })

  const id = async (given: string | undefined): Promise<unknown> => {
    const headers = given === undefined ? {} : { 'x-request-id': given }
    return (await app.http.inject({ url: '/v2', headers })).headers['x-request-id']
  }
  t.equal(await id('mine-1'), 'mine-1')
  t.match(await id(undefined), /^[\w-]{8}-\w+$/)
  t.not(await id(undefined), await id(undefined))
  for (const bad of ['', 'with space', 'x'.repeat(129), 'a"b', 'ünï'])
    t.match(await id(bad), /^[\w-]{8}-\w+$/, JSON.stringify(bad.slice(0, 20)))

  const wrong = await app.http.inject({ method: 'DELETE', url: '/v2/models/a/versions/1?x=1' })
  t.match(
    [wrong.statusCode, wrong.headers['allow'], wrong.json()],
    [405, 'GET, HEAD', { code: 'METHOD_NOT_ALLOWED' }]
  )
  t.equal(wrong.headers['content-type'], 'application/json', "as KServe's client looks for")
  const query = await app.http.inject({ method: 'QUERY', url: '/v2/models/a' })
  t.match([query.statusCode, query.headers['allow']], [405, 'GET, HEAD'])
  const nobody = await app.http.inject({ url: '/v1/models/a%3Apredict' })
  t.match([nobody.statusCode, nobody.json()], [404, { code: 'ROUTE_NOT_FOUND' }], 'no name has a colon')
  const infer = await app.http.inject({ method: 'GET', url: '/v2/models/a/infer' })
  t.match([infer.statusCode, infer.headers['allow']], [405, 'POST'])
  const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  await app.http.inject({ url: '/v2/models/zz', headers: { traceparent: trace } })
  t.ok(
    app.lines.some(line => line['traceparent'] === trace && line['code'] === 'MODEL_NOT_FOUND'),
    'the trace context is in the log line'
  )
})

t.test('an unforeseen error is a 500 with nothing inside, and a log line with everything', async t => {
  const app = await makeApp(t, repository(t, {}))
  app.http.get('/test/broken', { config: { scope: 'open' } }, () => {
    throw new Error('secret detail')
  })
  const response = await app.http.inject({ url: '/test/broken', headers: { 'x-request-id': 'r1' } })
  t.equal(response.statusCode, 500)
  t.strictSame(response.json(), {
    error: 'the server failed to answer this request',
    code: 'INTERNAL',
    request_id: 'r1'
  })
  t.match(
    app.lines.find(line => line['reqId'] === 'r1'),
    { level: 50, cause: /secret detail/ }
  )
})
