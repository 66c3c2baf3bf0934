import t from 'tap'
import { addressOf, fp32, repository, startApp } from '../helpers/app.ts'
import { identity, mixed, picky, sum } from '../helpers/models.ts'
import { raw } from '../helpers/raw.ts'

const json = { 'content-type': 'application/json' }

interface Answer {
  status: number
  body: {
    error: string
    code: string
    request_id: string
    details?: { path: string; problem: string; expected?: string; got?: string; hint?: string }[]
  } & Record<string, never>
}

t.test('predictions', async t => {
  const models = repository(t, {
    'identity/1/model.onnx': identity(),
    'wide/1/model.onnx': identity('INT64', ['n']),
    'sum/1/model.onnx': sum(),
    'mixed/1/model.onnx': mixed(),
    'picky/1/model.onnx': picky()
  })
  const app = await startApp(t, models, {
    'limits-json-bytes-max': '64KiB',
    'limits-tensors-per-request-max': '4'
  })

  async function post(path: string, body: unknown, headers: Record<string, string> = json): Promise<Answer> {
    const payload = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body)
    const response = await app.http.inject({ method: 'POST', url: path, headers, payload: payload as string })
    t.match(response.headers['content-type'], /^application\/json\b/)
    return { status: response.statusCode, body: response.json() }
  }
  const infer = (model: string, body: unknown) => post(`/v2/models/${model}/infer`, body)

  await t.test('answers in the shape and key order of the protocol', async t => {
    const response = await app.http.inject({
      method: 'POST',
      url: '/v2/models/sum/versions/1/infer',
      headers: json,
      payload: JSON.stringify({
        id: 'mine',
        inputs: [
          { name: 'b', shape: [1, 3], datatype: 'FP32', data: [10, 20, 30] },
          { name: 'a', shape: [1, 3], datatype: 'FP32', data: [[1, 2, 'NaN']] }
        ]
      })
    })
    t.equal(response.statusCode, 200)
    t.equal(
      response.body,
      '{"id":"mine","model_name":"sum","model_version":"1","outputs":[' +
        '{"name":"sum","shape":[1,3],"datatype":"FP32","data":[11,22,"NaN"]},' +
        '{"name":"left","shape":[1,3],"datatype":"FP32","data":[1,2,"NaN"]}]}'
    )
  })

  await t.test('outputs can be chosen, and come in the order asked for', async t => {
    const inputs = ['a', 'b'].map(name => ({ name, shape: [1, 3], datatype: 'FP32', data: [1, 2, 3] }))
    const chosen = await infer('sum', {
      inputs,
      outputs: [{ name: 'left', parameters: { binary_data: false } }]
    })
    t.match(chosen.body, { outputs: [{ name: 'left' }] })
    const both = await infer('sum', { inputs, outputs: [{ name: 'left' }, { name: 'sum' }] })
    t.match(both.body, { outputs: [{ name: 'left' }, { name: 'sum' }] })
  })

  await t.test('64-bit integers come back digit by digit', async t => {
    const digits = '9007199254740993,-9223372036854775808,7'
    const response = await app.http.inject({
      method: 'POST',
      url: '/v2/models/wide/infer',
      headers: json,
      payload: `{"inputs":[{"name":"x","shape":[3],"datatype":"INT64","data":[${digits}]}]}`
    })
    t.match(response.body, `"data":[${digits}]`)
  })

  await t.test('zero rows, unicode texts and requests without a content type are fine', async t => {
    const empty = await infer('identity', fp32('x', [0, 2], []))
    t.match(empty.body, { outputs: [{ shape: [0, 2], data: [] }] })
    const texts = await infer('mixed', {
      inputs: [
        { name: 'age', shape: [2, 1], datatype: 'FP32', data: [1, 2] },
        { name: 'plan', shape: [2, 1], datatype: 'BYTES', data: ['😀', ''] },
        { name: 'visits', shape: [2, 1], datatype: 'INT64', data: [1, '9007199254740993'] }
      ]
    })
    t.match(texts.body, { outputs: [{}, { data: ['😀', ''] }, {}] })
    const plain = await post('/v2/models/identity/infer', fp32('x', [1, 2], [1, 2]), {})
    t.equal(plain.status, 200)
  })

  await t.test('bad requests get a 4xx that says what to mend', async t => {
    const x = (over: object) => ({
      inputs: [{ name: 'x', shape: [1, 2], datatype: 'FP32', data: [1, 2], ...over }]
    })
    const cases: [name: string, body: unknown, status: number, code: string, text: RegExp][] = [
      ['no body', '', 400, 'INVALID_JSON', /the body is empty; expected JSON/],
      ['malformed', '{"inputs":[', 400, 'INVALID_JSON', /the body is not JSON/],
      ['not UTF-8', Buffer.from([0x22, 0xff, 0x22]), 400, 'INVALID_JSON', /not UTF-8/],
      ['not an object', '[]', 400, 'INVALID_REQUEST', /body/],
      ['no inputs', {}, 400, 'INVALID_REQUEST', /inputs: not valid: expected a list of inputs, got nothing/],
      ['misspelt key', { input: [] }, 400, 'INVALID_REQUEST', /unknown key "input"/],
      ['own prototype', '{"inputs":[],"__proto__":{"a":1}}', 400, 'INVALID_REQUEST', /__proto__/],
      [
        'prototype in parameters',
        '{"inputs":[],"parameters":{"__proto__":1}}',
        400,
        'INVALID_REQUEST',
        /__proto__/
      ],
      [
        'constructor in parameters',
        '{"inputs":[],"parameters":{"constructor":{"prototype":{}}}}',
        400,
        'INVALID_REQUEST',
        /parameters.constructor/
      ],
      [
        'no such input',
        x({ name: 'y' }),
        400,
        'INVALID_INPUT',
        /the model has no input "y": expected one of 'x'/
      ],
      [
        'missing input',
        { inputs: [] },
        400,
        'INVALID_INPUT',
        /input "x" is missing: expected FP32 \[batch,2\]/
      ],
      [
        'twice',
        { inputs: [...x({}).inputs, ...x({}).inputs] },
        400,
        'INVALID_INPUT',
        /input "x" is given twice/
      ],
      ['no such datatype', x({ datatype: 'FLOAT' }), 400, 'INVALID_REQUEST', /datatype/],
      [
        'wrong datatype',
        x({ datatype: 'INT64' }),
        400,
        'INVALID_INPUT',
        /wrong datatype: expected FP32, got INT64/
      ],
      [
        'wrong rank',
        x({ shape: [2] }),
        400,
        'INVALID_INPUT',
        /expected \[batch,2\], got \[2\]; the batch dimension seems to be missing/
      ],
      ['wrong size', x({ shape: [1, 3] }), 400, 'INVALID_INPUT', /dimension 1 has to be 2/],
      ['swapped', x({ shape: [2, 1] }), 400, 'INVALID_INPUT', /rows and columns seem to be swapped/],
      ['negative size', x({ shape: [-1, 2] }), 400, 'INVALID_INPUT', /-1 is not a size/],
      ['huge size', x({ shape: [1e300, 2] }), 400, 'INVALID_INPUT', /is not a size/],
      [
        'overflow',
        x({ shape: [2 ** 52, 2 ** 52] }),
        400,
        'INVALID_INPUT',
        /product of the sizes is too large/
      ],
      ['many rows claimed', x({ shape: [2 ** 40, 2] }), 400, 'INVALID_INPUT', /does not match the data/],
      ['too few', x({ data: [1] }), 400, 'INVALID_INPUT', /expected 2 values, got an array of 1/],
      ['too deep', x({ data: [[[1, 2]]] }), 400, 'INVALID_INPUT', /./],
      ['not a number', x({ data: [1, 'x'] }), 400, 'INVALID_INPUT', /inputs\[0\].data\[1\]/],
      ['null', x({ data: [1, null] }), 400, 'INVALID_INPUT', /a missing value is sent as "NaN"/],
      ['no data', { inputs: [{ name: 'x', shape: [1, 2], datatype: 'FP32' }] }, 400, 'INVALID_INPUT', /data/],
      [
        'no such output',
        { ...x({}), outputs: [{ name: 'z' }] },
        400,
        'INVALID_INPUT',
        /the model has no output "z"/
      ],
      [
        'too many tensors',
        { inputs: new Array(5).fill(x({}).inputs[0]) },
        400,
        'INVALID_REQUEST',
        /at most 4/
      ],
      ['an extension', { ...x({}), parameters: { sequence_id: 5 } }, 501, 'NOT_SUPPORTED', /sequence_id/],
      ['too large', `"${'x'.repeat(65 * 1024)}"`, 413, 'BODY_TOO_LARGE', /larger/]
    ]
    for (const [name, body, status, code, text] of cases) {
      const answer = await infer('identity', body)
      t.match(answer, { status, body: { code, error: text } }, name)
      t.match(answer.body.request_id, /./)
    }
    const deep = await infer(
      'identity',
      `{"inputs":[{"name":"x","shape":[1,2],"datatype":"FP32","data":${'['.repeat(20_000)}${']'.repeat(20_000)}}]}`
    )
    t.equal(deep.status, 400, 'deep nesting')
    const fine = await infer('identity', fp32('x', [1, 2], [1, 2]))
    t.equal(fine.status, 200, 'and the next request is served')
  })

  await t.test('all problems are listed at once, and dimensions with one name have to agree', async t => {
    const { body } = await infer('sum', {
      inputs: [
        { name: 'a', shape: [2, 3], datatype: 'FP32', data: [1, 2, 3, 4, 5, 6] },
        { name: 'b', shape: [1, 3], datatype: 'FP64', data: [1, 2, 3] },
        { name: 'c', shape: [1], datatype: 'FP32', data: [1] }
      ]
    })
    t.same(
      body.details?.map(({ path }) => path),
      ['inputs[1].datatype', 'inputs[1].shape', 'inputs[2].name']
    )
    t.match(body.details?.[1]?.problem, /'batch'\) has to be 2/)
  })

  await t.test('only JSON and bytes are read', async t => {
    const body = JSON.stringify(fp32('x', [1, 2], [1, 2]))
    const form = await post('/v2/models/identity/infer', body, {
      'content-type': 'application/x-www-form-urlencoded'
    })
    t.match(form, { status: 415, body: { code: 'UNSUPPORTED_MEDIA_TYPE', error: /send application\/json/ } })
  })

  await t.test('models, versions and routes that are not there', async t => {
    const cases: [path: string, code: string, text: RegExp][] = [
      ['/v2/models/idenity/infer', 'MODEL_NOT_FOUND', /unknown model "idenity"; did you mean 'identity'\?/],
      ['/v2/models/identity/versions/7/infer', 'VERSION_NOT_FOUND', /no version "7"; it has 1/],
      ['/v2/models/identity/versions/01/infer', 'VERSION_NOT_FOUND', /no version "01"/],
      ['/v2/models/identity/versions/1e0/infer', 'VERSION_NOT_FOUND', /no version "1e0"/],
      ['/v2/models/..%2F..%2Fetc%2Fpasswd/infer', 'MODEL_NOT_FOUND', /unknown model/],
      ['/v2/models/%00/infer', 'MODEL_NOT_FOUND', /unknown model/],
      ['/v2/models/__proto__/infer', 'MODEL_NOT_FOUND', /unknown model/],
      ['/v2/models/%zz/infer', 'ROUTE_NOT_FOUND', /./],
      [`/v2/models/${'x'.repeat(1000)}/infer`, 'MODEL_NOT_FOUND', /unknown model "x{64}…"/],
      [`/v2/models/${'x'.repeat(10_000)}/infer`, 'ROUTE_NOT_FOUND', /longer than any name/],
      ['/v2/nothing', 'ROUTE_NOT_FOUND', /no route for POST/]
    ]
    for (const [path, code, text] of cases)
      t.match(await post(path, {}), { status: 404, body: { code, error: text } }, path.slice(0, 60))
  })

  await t.test('a model that fails answers 500 without the runtime saying why; the log does', async t => {
    const bad = await infer('picky', { inputs: [{ name: 'x', shape: [1], datatype: 'INT64', data: [99] }] })
    t.match(bad, { status: 500, body: { code: 'RUN_FAILED', error: 'the model failed on these inputs' } })
    const line = app.lines.find(entry => entry['reqId'] === bad.body.request_id)
    t.match(line, { level: 50, cause: /indices element out of data bounds/ })
    const good = await infer('picky', { inputs: [{ name: 'x', shape: [1], datatype: 'INT64', data: [2] }] })
    t.match(good.body, { outputs: [{ data: [30] }] })
  })

  await t.test('input values never reach the log', t => {
    t.notMatch(JSON.stringify(app.lines), /😀/)
    t.end()
  })

  await t.test('over a socket too: broken bytes and large headers get the same error object', async t => {
    const url = `${addressOf(app)}/v2/health/live`
    const large = await fetch(url, { headers: { 'x-large': 'x'.repeat(20_000) } })
    t.equal(large.status, 431)
    t.match(await large.json(), { code: 'INVALID_REQUEST', error: /headers are larger/ })
    t.match(
      await raw(addressOf(app), 'NONSENSE\r\n\r\n'),
      /^HTTP\/1.1 400 .*\{"error":"the bytes received are not an HTTP request"/s
    )
  })
})
