// What a version says of itself, checks without a run, and the document that grows and shrinks with the models.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { projectFolder } from '../../scripts/source-files.ts'
import { repository, startApp, type TestApp } from '../helpers/app.ts'
import { compiled } from '../helpers/json-schema.ts'
import { identity, picky, plus, refusesZeros, sum } from '../helpers/models.ts'

const rules = `description: Adds one
inputs:
  x:
    columns:
      - { name: a, type: number, unit: cm, min: 0, max: 10, outOfRange: reject, description: The first }
      - { name: b, type: number, min: 0, max: 10, default: 4 }
`

async function get(app: TestApp, url: string) {
  const response = await app.http.inject(url)
  return { status: response.statusCode, body: response.json<Record<string, unknown>>() }
}

async function post(app: TestApp, url: string, body: unknown) {
  const payload = typeof body === 'string' ? body : JSON.stringify(body)
  const response = await app.http.inject({ method: 'POST', url, payload })
  return { status: response.statusCode, body: response.json<Record<string, unknown>>() }
}

t.test('a version says what it takes and gives, with examples that work', async t => {
  const app = await startApp(
    t,
    repository(t, {
      'm/1/model.onnx': plus(1),
      'm/model.yaml': rules,
      'zeros/1/model.onnx': refusesZeros(),
      'sum/1/model.onnx': sum()
    })
  )
  const { body } = await get(app, '/v2/models/m/schema')
  t.match(body, {
    model: 'm',
    version: '1',
    features: [
      {
        name: 'a',
        input: 'x',
        column: 0,
        type: 'number',
        unit: 'cm',
        min: 0,
        max: 10,
        outOfRange: 'reject',
        description: 'The first'
      },
      { name: 'b', input: 'x', column: 1, type: 'number', default: 4, outOfRange: 'flag' }
    ],
    v2: {
      path: '/v2/models/m/infer',
      example: { inputs: [{ name: 'x', shape: [1, 2], datatype: 'FP32', data: [5, 4] }] }
    },
    v1: { path: '/v1/models/m:predict', example: { instances: [{ a: 5, b: 4 }] } },
    mlflow: { path: '/invocations', example: { dataframe_records: [{ a: 5, b: 4 }] } }
  })
  t.strictSame((await get(app, '/v2/models/m/versions/1/schema')).body, body)
  const answers = { v2: 'outputs', v1: 'predictions' } as const
  for (const model of ['m', 'sum']) {
    const schema = (await get(app, `/v2/models/${model}/schema`)).body as Record<
      'v1' | 'v2',
      { path: string; example: object; response: Record<string, unknown> }
    >
    for (const dialect of ['v1', 'v2'] as const) {
      const { path, example, response } = schema[dialect]
      const answer = await post(app, path, example)
      t.equal(answer.status, 200, `${model} ${dialect}`)
      t.ok(answers[dialect] in answer.body)
      t.ok(compiled(response)(answer.body))
    }
  }
  const unknown = (await get(app, '/v2/models/zeros/schema')).body
  for (const dialect of ['v1', 'v2', 'mlflow'])
    t.notOk(
      'example' in (unknown[dialect] as object),
      `${dialect}: what the graph does not take is no example`
    )
  t.match(await get(app, '/v2/models/none/schema'), { status: 404, body: { code: 'MODEL_NOT_FOUND' } })
})

t.test('a shipped model says what its reference has seen', async t => {
  const from = join(projectFolder, 'models', 'penguins')
  const files = ['model.yaml', '1/model.onnx', '1/reference.json', '1/warmup/typical.json']
  const app = await startApp(
    t,
    repository(t, Object.fromEntries(files.map(name => [`penguins/${name}`, readFileSync(join(from, name))])))
  )
  const { body } = await get(app, '/v2/models/penguins/schema')
  const features = body['features'] as readonly Record<string, unknown>[]
  t.match(
    features.find(({ name }) => name === 'island'),
    { values: ['Biscoe', 'Dream', 'Torgersen'], observed: { values: ['Biscoe', 'Dream', 'Torgersen'] } }
  )
  t.match(
    features.find(({ name }) => name === 'body_mass_g'),
    { observed: { min: Number, max: Number, median: Number } }
  )
})

t.test('a request is checked without a run', async t => {
  const app = await startApp(
    t,
    repository(t, { 'm/1/model.onnx': plus(1), 'm/model.yaml': rules, 'picky/1/model.onnx': picky() })
  )
  const url = '/v2/models/m/validate'
  const valid = { valid: true, model: 'm', version: '1' }
  t.strictSame((await post(app, `${url}?dialect=v1`, { instances: [{ a: 1 }, { a: 2, b: 11 }] })).body, {
    ...valid,
    rows: 2,
    out_of_range: 1
  })
  t.strictSame(
    (await post(app, `${url}?dialect=mlflow`, { dataframe_split: { columns: ['a'], data: [[1]] } })).body,
    { ...valid, rows: 1, out_of_range: 0 }
  )
  const v2 = (data: readonly number[]) => ({ inputs: [{ name: 'x', shape: [1, 2], datatype: 'FP32', data }] })
  for (const place of [url, `${url}?dialect=v2`, '/v2/models/m/versions/1/validate'])
    t.strictSame((await post(app, place, v2([1, 2]))).body, { ...valid, rows: 1, out_of_range: 0 }, place)
  t.match(await post(app, url, v2([11, 2])), {
    status: 400,
    body: {
      code: 'INVALID_INPUT',
      details: [{ path: 'inputs[0].data[0]', problem: 'feature "a" is out of range' }]
    }
  })
  t.match(await post(app, `${url}?dialect=v1`, { instances: [{}] }), {
    status: 400,
    body: { details: [{ path: 'instances[0].a' }] }
  })
  for (const dialect of ['v3', '', 'v1&dialect=v2'])
    t.match(await post(app, `${url}?dialect=${dialect}`, v2([1, 2])), {
      status: 400,
      body: { code: 'INVALID_REQUEST', details: [{ path: 'query dialect' }] }
    })
  const fails = { inputs: [{ name: 'x', shape: [1], datatype: 'INT64', data: [99] }] }
  t.match(
    (await post(app, '/v2/models/picky/validate', fails)).body,
    { valid: true },
    'the graph is not asked'
  )
  t.match(await post(app, '/v2/models/none/validate', fails), { status: 404 })
})

t.test('violations are counted by their kind, whatever the dialect', async t => {
  const app = await startApp(t, repository(t, { 'm/1/model.onnx': plus(1), 'm/model.yaml': rules }))
  const counts = async (): Promise<Record<string, number>> => {
    const text = (await app.http.inject('/metrics')).body
    const lines = [
      ...text.matchAll(/^kedge_input_violations_total\{model="m",version="1",kind="(\w+)"\} (\d+)/gm)
    ]
    return Object.fromEntries(lines.map(([, kind, count]) => [kind!, Number(count)]))
  }
  const v2 = (over: object) => ({
    inputs: [{ name: 'x', shape: [1, 2], datatype: 'FP32', data: [1, 2], ...over }]
  })
  const bodies: [url: string, body: object, kind: string][] = [
    ['/v2/models/m/infer', v2({ data: [11, 2] }), 'range'],
    ['/v2/models/m/infer', v2({ data: [1, 12] }), 'range'],
    ['/v2/models/m/infer', v2({ data: ['x', 12] }), 'type'],
    ['/v2/models/m/infer', v2({ shape: [2, 2] }), 'shape'],
    ['/v2/models/m/infer', v2({ name: 'z' }), 'name'],
    ['/v1/models/m:predict', { instances: [{ a: 11 }] }, 'range'],
    ['/v1/models/m:predict', { instances: [{ a: 1, b: -1 }] }, 'range'],
    ['/v1/models/m:predict', { instances: [{ a: 'x' }] }, 'type'],
    ['/v1/models/m:predict', { instances: [[1, 2, 3]] }, 'shape'],
    ['/v1/models/m:predict', { instances: [{ b: 1 }] }, 'name'],
    ['/invocations', { dataframe_split: { columns: ['a'], data: [[11]] } }, 'range'],
    ['/invocations', { dataframe_records: [{ a: null }] }, 'type'],
    ['/invocations', { dataframe_split: { columns: ['a'], data: [[]] } }, 'shape'],
    ['/invocations', { dataframe_records: [{ a: 1, c: 1 }] }, 'name']
  ]
  for (const [url, body, kind] of bodies) {
    const before = await counts()
    await post(app, url, body)
    const after = await counts()
    for (const name of ['type', 'shape', 'name', 'range'])
      t.equal(
        after[name]! - before[name]!,
        name === kind ? 1 : 0,
        `${name} of ${url} ${JSON.stringify(body)}`
      )
  }
})

interface Document {
  readonly paths: Readonly<Record<string, { readonly post?: unknown }>>
  readonly tags: readonly { readonly name: string }[]
}

t.test('the document knows the models that are served, as they come and go', async t => {
  const app = await startApp(
    t,
    repository(t, { 'm/1/model.onnx': plus(1), 'm/model.yaml': rules, 'other/1/model.onnx': identity() }),
    { 'repository-control': 'explicit', 'repository-control-api': true }
  )
  const document = async () => (await app.http.inject('/openapi.json')).json<Document>()
  const control = (model: string, verb: string) =>
    app.http.inject({ method: 'POST', url: `/v2/repository/models/${model}/${verb}` })
  const typed = ({ paths }: Document): string[] =>
    Object.keys(paths).filter(path => /\/(m|other)(:predict|\/infer)$/.test(path))
  const ofM = ['/v2/models/m/infer', '/v1/models/m:predict']
  const ofOther = ['/v2/models/other/infer', '/v1/models/other:predict']

  t.equal((await control('m', 'load')).statusCode, 200)
  const one = await document()
  t.strictSame(typed(one), ofM)
  t.match(one.tags[0], { name: 'm', description: 'Adds one' })
  t.match(one.paths['/v1/models/m:predict']?.post, {
    operationId: 'predict_m',
    tags: ['m'],
    requestBody: { content: { 'application/json': { example: { instances: [{ a: 5, b: 4 }] } } } }
  })
  t.match(
    one.paths['/invocations']?.post,
    {
      requestBody: {
        content: { 'application/json': { example: { dataframe_records: [{ a: 5, b: 4 }] } }, 'text/csv': {} }
      }
    },
    'the only model is what /invocations asks'
  )
  t.match(
    one.paths['/v1/models/{model}:predict'],
    { post: { operationId: 'predict' } },
    'the general path stays'
  )

  t.equal((await control('other', 'load')).statusCode, 200)
  const both = await document()
  t.strictSame(typed(both), [...ofM, ...ofOther])
  t.match(
    both.paths['/invocations']?.post,
    {
      requestBody: {
        content: { 'application/json': { schema: { $ref: '#/components/schemas/InvocationsRequest' } } }
      }
    },
    'of several, none is'
  )
  t.equal((await control('m', 'unload')).statusCode, 200)
  t.strictSame(typed(await document()), ofOther)
  t.equal((await app.http.inject('/docs/json')).body, (await app.http.inject('/openapi.json')).body)
})
