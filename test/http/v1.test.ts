// KServe V1 and TensorFlow Serving's REST interface, over a server with models.
import { gunzipSync, gzipSync } from 'node:zlib'
import t from 'tap'
import { repository, startApp } from '../helpers/app.ts'
import { identity, mixed, plus, sum } from '../helpers/models.ts'

const rules = `inputs:
  x:
    columns:
      - { name: a, min: 0, max: 10, outOfRange: reject }
      - { name: b, min: 0, max: 10, outOfRange: clip }
`
const labelled = 'versions: { policy: all }\nlabels: { canary: 2 }\n'

t.test('models in V1', async t => {
  const models = repository(t, {
    'plus/1/model.onnx': plus(1),
    'plus/2/model.onnx': plus(2),
    'plus/model.yaml': labelled,
    'sum/1/model.onnx': sum(),
    'mixed/1/model.onnx': mixed(),
    'ruled/1/model.onnx': plus(0),
    'ruled/model.yaml': rules,
    'class/1/model.onnx': identity('INT64', ['n']),
    'class/model.yaml': 'outputs: { y: { role: label, classes: [setosa, virginica] } }',
    'text/1/model.onnx': identity('BYTES', ['n']),
    'broken/1/model.onnx': 'no model'
  })
  const app = await startApp(t, models, { 'limits-compress-bytes-min': '1KiB' })

  async function ask(url: string, body?: unknown, headers: Record<string, string> = {}) {
    const payload = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body)
    const response = await app.http.inject({
      method: body === undefined ? 'GET' : 'POST',
      url,
      headers,
      ...(body !== undefined && { payload: payload as string })
    })
    return {
      status: response.statusCode,
      headers: response.headers,
      body: response.json<unknown>(),
      text: response.body
    }
  }
  const predict = (place: string, body: unknown) => ask(`/v1/models/${place}:predict`, body)

  await t.test('the default, a version and a label answer', async t => {
    const body = { instances: [[1, 2]] }
    t.match(await predict('plus', body), { status: 200, text: '{"predictions":[[3,4]]}' })
    t.match(await predict('plus/versions/1', body), { status: 200, text: '{"predictions":[[2,3]]}' })
    t.match(await predict('plus/labels/canary', body), { status: 200, text: '{"predictions":[[3,4]]}' })
    const missing: [place: string, code: string][] = [
      ['plus/versions/7', 'VERSION_NOT_FOUND'],
      ['plus/labels/none', 'LABEL_NOT_FOUND'],
      ['puls', 'MODEL_NOT_FOUND'],
      ['__proto__', 'MODEL_NOT_FOUND']
    ]
    for (const [place, code] of missing)
      t.match(await predict(place, body), { status: 404, body: { error: /./, code } }, place)
    t.match(await predict('broken', body), { status: 503, body: { error: /./, code: 'MODEL_NOT_READY' } })
  })

  await t.test('rows and columns, with values and with names', async t => {
    const cases: [place: string, body: unknown, text: string][] = [
      ['plus', { instances: [{ x: [1, 2] }] }, '{"predictions":[[3,4]]}'],
      ['plus', { inputs: { x: [[1, 2]] } }, '{"outputs":[[3,4]]}'],
      ['plus', { inputs: [[1, 2]] }, '{"outputs":[[3,4]]}'],
      ['plus', { signature_name: 'serving_default', instances: [[1, 2]] }, '{"predictions":[[3,4]]}'],
      ['ruled', { instances: [{ b: 2, a: 1 }] }, '{"predictions":[[1,2]]}'],
      ['ruled', { inputs: { b: [2, 4], a: [1, 3] } }, '{"outputs":[[1,2],[3,4]]}'],
      [
        'sum',
        { instances: [{ a: [1, 2, 3], b: [1, 1, 'NaN'] }] },
        '{"predictions":[{"sum":[2,3,"NaN"],"left":[1,2,3]}]}'
      ],
      [
        'sum',
        { instances: [{ a: [1, 2, 3], b: [1, 1, 1] }], outputs: ['left'] },
        '{"predictions":[[1,2,3]]}'
      ],
      [
        'sum',
        { inputs: { a: [[1, 2, 3]], b: [[1, 1, 1]] }, outputs: [] },
        '{"outputs":{"sum":[[2,3,4]],"left":[[1,2,3]]}}'
      ],
      [
        'mixed',
        { instances: [{ age: 1, plan: { b64: 'cHJv' }, visits: '9007199254740993' }] },
        '{"predictions":[{"age_out":[1],"plan_out":["pro"],"visits_out":[9007199254740993]}]}'
      ],
      ['text', { instances: ['a', { b64: 'w7w=' }] }, '{"predictions":["a","ü"]}']
    ]
    for (const [place, body, text] of cases) {
      const answer = await predict(place, body)
      t.match([answer.status, answer.text], [200, text], JSON.stringify(body))
      t.equal(answer.headers['content-type'], 'application/json; charset=utf-8')
    }
  })

  await t.test('bad bodies are told what to mend', async t => {
    const cases: [place: string, body: unknown, code: string, text: RegExp][] = [
      ['plus', '', 'INVALID_JSON', /the body is empty/],
      ['plus', '{', 'INVALID_JSON', /not JSON/],
      ['plus', '[]', 'INVALID_REQUEST', /expected an object/],
      ['plus', {}, 'INVALID_REQUEST', /exactly one of instances and inputs, got neither/],
      ['plus', { instances: [[1, 2]], inputs: [[1, 2]] }, 'INVALID_REQUEST', /got both/],
      ['plus', { instances: [] }, 'INVALID_REQUEST', /at least one row/],
      ['plus', { instance: [[1, 2]] }, 'INVALID_REQUEST', /did you mean 'instances'/],
      [
        'plus',
        { signature_name: 'other', instances: [[1, 2]] },
        'INVALID_REQUEST',
        /a graph has one signature/
      ],
      [
        'plus',
        { instances: [[1, 2]], outputs: ['z'] },
        'INVALID_INPUT',
        /outputs\[0\]: the model has no output "z"/
      ],
      ['plus', { instances: [[1, 2], [3]] }, 'INVALID_INPUT', /instances\[1\]/],
      ['plus', { instances: [[1, 2], { x: [1, 2] }] }, 'INVALID_INPUT', /rows are of two kinds/],
      ['ruled', { instances: [{ a: 1 }] }, 'INVALID_INPUT', /instances\[0\].b: the feature is missing/],
      ['ruled', { instances: [{ a: 1, b: null }] }, 'INVALID_INPUT', /null is not allowed here/],
      ['ruled', { instances: [{ a: 1, b: '2' }] }, 'INVALID_INPUT', /send it without quotes/],
      ['ruled', { instances: [{ a: 1, b: 1, c: 1 }] }, 'INVALID_INPUT', /no feature "c"/],
      [
        'ruled',
        { instances: [{ a: 11, b: 1 }] },
        'INVALID_INPUT',
        /instances\[0\].a: feature "a" is out of range/
      ],
      [
        'ruled',
        { instances: [[11, 1]] },
        'INVALID_INPUT',
        /instances\[0\]\[0\]: feature "a" is out of range/
      ],
      [
        'sum',
        { instances: [[1, 2, 3]] },
        'INVALID_INPUT',
        /the model has 2 inputs, so that a row needs names/
      ],
      ['plus', '{"instances":[{"__proto__":1}]}', 'INVALID_REQUEST', /__proto__/],
      ['plus', { instances: [{ constructor: 1 }] }, 'INVALID_INPUT', /no feature "constructor"/]
    ]
    for (const [place, body, code, error] of cases)
      t.match(
        await predict(place, body),
        { status: 400, body: { code, error, request_id: /./ } },
        JSON.stringify(body)
      )
  })

  await t.test('values are moved into their range, and named classes are asked for', async t => {
    t.match(await predict('ruled', { instances: [{ a: 1, b: 11 }] }), { text: '{"predictions":[[1,10]]}' })
    t.match(await predict('ruled', { instances: [[1, -5]] }), { text: '{"predictions":[[1,0]]}' })
    const labels = { instances: [1, 0, 7], classes: true }
    t.match(await predict('class', labels), { text: '{"predictions":["virginica","setosa",7]}' })
    t.match(await predict('class', { ...labels, classes: false }), { text: '{"predictions":[1,0,7]}' })
    t.match(await predict('class', { inputs: [1], classes: true }), { text: '{"outputs":["virginica"]}' })
  })

  await t.test('a body of curl, a compressed one, and others', async t => {
    const body = JSON.stringify({ instances: [[1, 2]] })
    const url = '/v1/models/plus:predict'
    for (const type of [
      'application/x-www-form-urlencoded',
      'application/json; charset=utf-8',
      'application/x+json'
    ])
      t.match(await ask(url, body, { 'content-type': type }), { status: 200 }, type)
    for (const type of ['text/csv', 'application/octet-stream'])
      t.match(
        await ask(url, body, { 'content-type': type }),
        { status: 415, body: { code: 'UNSUPPORTED_MEDIA_TYPE', error: /send application\/json$/ } },
        type
      )
    const packed = await ask(url, gzipSync(body), { 'content-encoding': 'gzip' })
    t.match(packed, { status: 200, text: '{"predictions":[[3,4]]}' })
    const much = JSON.stringify({ instances: Array.from({ length: 500 }, () => [1, 2]) })
    const small = await app.http.inject({
      method: 'POST',
      url,
      payload: much,
      headers: { 'accept-encoding': 'gzip' }
    })
    t.equal(small.headers['content-encoding'], 'gzip')
    t.match(gunzipSync(small.rawPayload).toString(), /^\{"predictions":\[\[3,4\],/)
  })

  await t.test('what is not supported says so, and other methods are refused', async t => {
    for (const verb of ['classify', 'regress', 'explain'])
      for (const place of ['plus', 'plus/versions/1', 'plus/labels/canary'])
        t.match(
          await ask(`/v1/models/${place}:${verb}`, {}),
          { status: 501, body: { code: 'NOT_SUPPORTED', error: /use :predict/ } },
          `${place}:${verb}`
        )
    const got = await ask('/v1/models/plus:predict')
    t.match([got.status, got.headers['allow'], got.body], [405, 'POST', { code: 'METHOD_NOT_ALLOWED' }])
    t.match([(await ask('/v1/models/plus', {})).status], [405])
    t.match(await ask('/v1/models/plus:fly', {}), { status: 404, body: { code: 'ROUTE_NOT_FOUND' } })
    t.match(await ask('/v1/models/plus/versions/1/labels/a:predict', {}), { status: 404 })
  })

  await t.test('what there is to predict with', async t => {
    t.match((await ask('/v1/models')).body, { models: ['class', 'mixed', 'plus', 'ruled', 'sum', 'text'] })
    const state = (version: string) => ({
      version,
      state: 'AVAILABLE',
      status: { error_code: 'OK', error_message: '' }
    })
    t.strictSame(await ask('/v1/models/plus').then(({ body }) => body), {
      name: 'plus',
      ready: true,
      model_version_status: [state('2'), state('1')]
    })
    for (const place of ['versions/2', 'labels/canary'])
      t.strictSame((await ask(`/v1/models/plus/${place}`)).body, {
        name: 'plus',
        ready: true,
        model_version_status: [state('2')]
      })
    t.match(await ask('/v1/models/broken'), {
      status: 503,
      body: {
        name: 'broken',
        ready: false,
        error: /./,
        code: 'MODEL_NOT_READY',
        model_version_status: [
          { version: '1', state: 'END', status: { error_code: 'UNKNOWN', error_message: /not a readable/ } }
        ]
      }
    })
    for (const place of ['nothing', 'plus/versions/9', 'plus/labels/none', 'nothing/metadata'])
      t.match(await ask(`/v1/models/${place}`), { status: 404, body: { error: /./ } }, place)
    t.match((await ask('/v1/models/plus/labels/canary/metadata')).body, {
      model_spec: { name: 'plus', signature_name: '', version: '2' },
      metadata: {
        signature_def: {
          signature_def: {
            serving_default: {
              inputs: {
                x: {
                  dtype: 'DT_FLOAT',
                  tensor_shape: { dim: [{ size: '-1', name: 'batch' }, { size: '2' }] }
                }
              },
              method_name: 'tensorflow/serving/predict'
            }
          }
        }
      }
    })
  })

  await t.test('predictions are counted by dialect, violations by kind', async t => {
    const text = (await app.http.inject('/metrics')).body
    t.match(text, /kedge_requests_total\{[^}]*protocol="v1"[^}]*\} [1-9]/)
    t.match(text, /kedge_http_requests_total\{[^}]*route="\/v1\/models\/:model:predict"/)
  })
})
