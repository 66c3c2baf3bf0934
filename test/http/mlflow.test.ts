// MLflow's scoring server, over a server with one model or several.
import { deflateSync } from 'node:zlib'
import t from 'tap'
import { repository, startApp, type TestApp } from '../helpers/app.ts'
import { mixed, plus, sum } from '../helpers/models.ts'

const rules = `inputs:
  age: { min: 0, max: 120, outOfRange: reject, nullable: true }
  plan: { type: category, values: [basic, pro], default: basic }
`

async function invoke(app: TestApp, body: unknown, headers: Record<string, string> = {}) {
  const payload = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body)
  const response = await app.http.inject({
    method: 'POST',
    url: '/invocations',
    headers: { 'content-type': 'application/json', ...headers },
    payload: payload as string
  })
  return { status: response.statusCode, body: response.json<unknown>(), text: response.body }
}

const csv = { 'content-type': 'text/csv; charset=utf-8' }

t.test('the only model answers', async t => {
  const app = await startApp(t, repository(t, { 'mixed/1/model.onnx': mixed(), 'mixed/model.yaml': rules }))
  const one = '{"predictions":[{"age_out":[1.5],"plan_out":["pro"],"visits_out":[3]}]}'
  const missing = '{"predictions":[{"age_out":["NaN"],"plan_out":["basic"],"visits_out":[3]}]}'
  const columns = ['visits', 'age', 'plan']

  await t.test('data frames, rows, columns and CSV', async t => {
    const cases: [name: string, body: unknown, headers: Record<string, string>, text: string][] = [
      ['split', { dataframe_split: { columns, data: [[3, 1.5, 'pro']], index: [0] } }, {}, one],
      ['split in the order of the model', { dataframe_split: { data: [[1.5, 'pro', 3]] } }, {}, one],
      [
        'split without what may be missing',
        { dataframe_split: { columns: ['visits'], data: [[3]] } },
        {},
        missing
      ],
      ['records', { dataframe_records: [{ age: 1.5, plan: 'pro', visits: 3 }], params: {} }, {}, one],
      [
        'records with null',
        { dataframe_records: [{ age: null, plan: null, visits: 3 }], params: null },
        {},
        missing
      ],
      ['rows', { instances: [{ age: 1.5, plan: 'pro', visits: 3 }] }, {}, one],
      [
        'columns',
        { inputs: { age: [1.5], plan: ['pro'], visits: [3] } },
        {},
        '{"predictions":{"age_out":[[1.5]],"plan_out":[["pro"]],"visits_out":[[3]]}}'
      ],
      ['CSV', 'visits,age,plan\n3,1.5,pro\n', csv, one],
      ['CSV with an index', ',visits,age,plan\n0,3,1.5,pro\n', csv, one],
      ['CSV with quotes', '"visits","age","plan"\r\n"3","1.5","pro"\r\n', csv, one],
      ['CSV with a byte order mark', '\ufeffvisits,age,plan\n3,1.5,pro', csv, one],
      ['CSV with empty cells', 'visits,age,plan\n3,,\n', csv, missing]
    ]
    for (const [name, body, headers, text] of cases)
      t.match(await invoke(app, body, headers), { status: 200, text }, name)
    t.equal(
      (await invoke(app, deflateSync('visits\n3'), { ...csv, 'content-encoding': 'deflate' })).text,
      missing
    )
  })

  await t.test('bad bodies are told what to mend, in the words of MLflow', async t => {
    const cases: [body: unknown, headers: Record<string, string>, code: string, message: RegExp][] = [
      ['', {}, 'INVALID_JSON', /empty/],
      ['[]', {}, 'INVALID_REQUEST', /expected an object/],
      [{}, {}, 'INVALID_REQUEST', /exactly one of dataframe_split, .*, got none of them/],
      [{ instances: [1], inputs: 1 }, {}, 'INVALID_REQUEST', /got instances and inputs/],
      [{ dataframe_recods: [] }, {}, 'INVALID_REQUEST', /did you mean 'dataframe_records'/],
      [{ dataframe_records: [] }, {}, 'INVALID_REQUEST', /at least one row/],
      [{ dataframe_records: [[1]] }, {}, 'INVALID_REQUEST', /expected an object by feature/],
      [
        { dataframe_split: { columns, data: [] } },
        {},
        'INVALID_REQUEST',
        /dataframe_split.data: .*at least one row/
      ],
      [
        { dataframe_split: { columns, data: [[1, 2]] } },
        {},
        'INVALID_INPUT',
        /dataframe_split.data\[0\]: a row has a value for each column/
      ],
      [
        { dataframe_split: { columns: ['age', 'age'], data: [[1, 2]] } },
        {},
        'INVALID_INPUT',
        /column "age" stands twice/
      ],
      [
        { dataframe_split: { columns, data: [[3, 121, 'pro']] } },
        {},
        'INVALID_INPUT',
        /dataframe_split.data\[0\]\[1\]: feature "age" is out of range/
      ],
      [
        { dataframe_split: { columns, data: [[3, 'x', 'pro']] } },
        {},
        'INVALID_INPUT',
        /dataframe_split.data\[0\]\[1\]: not a FP32 value/
      ],
      [
        { instances: [{ visits: 1 }], params: { n: 1 } },
        {},
        'INVALID_REQUEST',
        /params: the model takes no parameters/
      ],
      ['', csv, 'INVALID_REQUEST', /got nothing/],
      ['visits,age\n', csv, 'INVALID_REQUEST', /got a header line alone/],
      ['vists,age\n3,1\n', csv, 'INVALID_INPUT', /no feature "vists": .* did you mean 'visits'/],
      ['visits,visits\n3,1\n', csv, 'INVALID_REQUEST', /column "visits" stands twice/],
      ['visits\n3\n4,5\n', csv, 'INVALID_REQUEST', /line 3: expected as many cells/],
      ['visits\n"3\n', csv, 'INVALID_REQUEST', /a quote is opened and never closed/],
      ['visits\n3"4\n', csv, 'INVALID_REQUEST', /line 2: not a row of CSV/],
      ['age\n3\n', csv, 'INVALID_INPUT', /row 1, column visits: the feature is missing/],
      ['visits\nthree\n', csv, 'INVALID_INPUT', /row 1, column visits: .*"three"/],
      ['visits,age\n3,500\n', csv, 'INVALID_INPUT', /row 1, column age: feature "age" is out of range/],
      [Buffer.from([0xff, 0x0a, 0x31]), csv, 'INVALID_REQUEST', /not UTF-8/],
      [
        `visits\n${'1'.repeat(10_000_000)}\n`,
        csv,
        'INVALID_REQUEST',
        /line 2: the line is longer than 1048576 bytes/
      ]
    ]
    for (const [body, headers, code, message] of cases)
      t.match(
        await invoke(app, body, headers),
        { status: 400, body: { error_code: 'BAD_REQUEST', message, code, request_id: /./ } },
        String(message)
      )
    t.match(await invoke(app, '{}', { 'content-type': 'application/x-www-form-urlencoded' }), {
      status: 415,
      body: {
        error_code: 'BAD_REQUEST',
        message: /application\/json or text\/csv/,
        code: 'UNSUPPORTED_MEDIA_TYPE'
      }
    })
  })

  await t.test('how the server is', async t => {
    for (const url of ['/ping', '/health']) {
      const answer = await app.http.inject(url)
      t.match(
        [answer.statusCode, answer.headers['content-type'], answer.body],
        [200, /^text\/plain/, '\n'],
        url
      )
    }
    t.match((await app.http.inject('/version')).body, /^\d+\.\d+\.\d+/)
    t.match(
      (await app.http.inject('/metrics')).body,
      /kedge_requests_total\{[^}]*protocol="mlflow"[^}]*\} [1-9]/
    )
  })

  await t.test('other methods are refused', async t => {
    const got = await app.http.inject('/invocations')
    t.match(
      [got.statusCode, got.headers['allow'], got.json()],
      [
        405,
        'POST',
        { error_code: 'BAD_REQUEST', message: /GET is not allowed here/, code: 'METHOD_NOT_ALLOWED' }
      ]
    )
    t.equal((await app.http.inject({ method: 'POST', url: '/ping' })).statusCode, 405)
  })
})

t.test('a server that is not ready says so', async t => {
  const app = await startApp(t, repository(t, { 'm/1/model.onnx': 'no model' }), {
    'readiness-require': ['m']
  })
  for (const url of ['/ping', '/health']) {
    const answer = await app.http.inject(url)
    t.match(
      [answer.statusCode, answer.json()],
      [503, { error_code: 'TEMPORARILY_UNAVAILABLE', message: /m/ }],
      url
    )
  }
  t.match(await invoke(app, { instances: [[1, 2]] }), {
    status: 503,
    body: { error_code: 'TEMPORARILY_UNAVAILABLE', code: 'MODEL_NOT_READY' }
  })
})

t.test('which of several models is meant has to be said', async t => {
  const files = { 'plus/1/model.onnx': plus(1), 'sum/1/model.onnx': sum() }
  const several = await startApp(t, repository(t, files))
  t.match(await invoke(several, { instances: [[1, 2]] }), {
    status: 400,
    body: { code: 'INVALID_REQUEST', message: /there are several models \('plus', 'sum'\).*set defaultModel/ }
  })
  const chosen = await startApp(t, repository(t, files), { 'default-model': 'plus' })
  t.match(await invoke(chosen, { instances: [[1, 2]] }), { status: 200, text: '{"predictions":[[2,3]]}' })
  const none = await startApp(t, repository(t, {}))
  t.match(await invoke(none, { instances: [[1, 2]] }), {
    status: 404,
    body: { error_code: 'RESOURCE_DOES_NOT_EXIST', code: 'MODEL_NOT_FOUND' }
  })
})
