import t from 'tap'
import { fp32, repository, startApp } from '../helpers/app.ts'
import { subtractsMean } from '../helpers/mixing-models.ts'
import { identity, plus } from '../helpers/models.ts'

const on = (placement: string, more = ''): string => `instances: { placement: ${placement} }\n${more}`

t.test('how a model is served, and what it says of that', async t => {
  const models = repository(t, {
    'thread/1/model.onnx': plus(1),
    'thread/model.yaml': on('thread'),
    'inline/1/model.onnx': plus(1),
    'inline/model.yaml': on('inline'),
    'process/1/model.onnx': plus(1),
    'process/model.yaml': on('process'),
    'strict/1/model.onnx': plus(1),
    'strict/model.yaml': on('inline', 'batching: { rowsMax: 2, oversized: refuse }'),
    'off/1/model.onnx': plus(1),
    'off/model.yaml': on('thread', 'batching: { enabled: false }'),
    'mean/1/model.onnx': subtractsMean(),
    'mean/model.yaml': on('thread'),
    'unnamed/1/model.onnx': identity('FP32', [null, 2]),
    'unnamed/model.yaml': on('inline'),
    'declared/1/model.onnx': identity('FP32', [null, 2]),
    'declared/model.yaml': on('inline', 'batching: { axis: 0 }'),
    'auto/1/model.onnx': plus(1)
  })
  const app = await startApp(t, models)
  const infer = (model: string, rows: number, data: readonly number[]) =>
    app.http.inject({
      method: 'POST',
      url: `/v2/models/${model}/infer`,
      payload: JSON.stringify(fp32('x', [rows, 2], data))
    })
  const parameters = async (model: string): Promise<Record<string, string>> => {
    const { parameters } = (await app.http.inject(`/v2/models/${model}/config`)).json<{
      parameters: Record<string, { string_value: string }>
    }>()
    return Object.fromEntries(Object.entries(parameters).map(([key, value]) => [key, value.string_value]))
  }
  const counted = async (series: string): Promise<number> => {
    const { body } = await app.http.inject('/metrics')
    return Number(
      body
        .split('\n')
        .find(line => line.startsWith(`${series} `))
        ?.split(' ')[1]
    )
  }

  await t.test('the configuration says where it runs and why', async t => {
    for (const model of ['thread', 'process']) {
      const facts = { 'kedge.placement': model, 'kedge.placement_reason': 'model.yaml asks for it' }
      t.match(await parameters(model), { ...facts, 'kedge.batching': 'on' })
    }
    t.match(await parameters('inline'), {
      'kedge.placement': 'inline',
      'kedge.placement_reason': /^model\.yaml asks for it/,
      'kedge.threads': '1'
    })
    const auto = await parameters('auto')
    const reasons: Record<string, RegExp> = {
      inline: /^a run takes [\d.e+-]+ ms, less than the way to a thread$/,
      thread: /more than the [\d.]+ ms that the HTTP thread may be held up$/
    }
    const reason = reasons[auto['kedge.placement'] ?? '']
    t.ok(reason, 'one of the two that may be chosen')
    t.match(auto['kedge.placement_reason'], reason)
  })

  await t.test('and whether requests share runs, and why not', async t => {
    const cases: [model: string, batching: string | RegExp][] = [
      ['off', 'off: model.yaml turns batching off'],
      ['mean', "off: output 'y' differs from the single run in a batch of 2 rows"],
      ['unnamed', /^off: the first dimensions have no name/],
      ['declared', 'on'],
      ['strict', 'on']
    ]
    for (const [model, batching] of cases)
      t.match((await parameters(model))['kedge.batching'], batching, model)
  })

  await t.test('every placement answers the same', async t => {
    for (const model of ['thread', 'inline', 'process', 'auto'])
      t.match((await infer(model, 2, [1, 2, 3, 4])).json(), { outputs: [{ data: [2, 3, 4, 5] }] }, model)
  })

  await t.test('requests of one turn share a run, each with its own answer', async t => {
    const answers = await Promise.all([1, 2, 3].map(x => infer('declared', 1, [x, -x])))
    t.match(
      answers.map(answer => answer.json<unknown>()),
      [1, 2, 3].map(x => ({ outputs: [{ shape: [1, 2], data: [x, -x] }] }))
    )
    t.equal(await counted('kedge_batches_total{model="declared",version="1"}'), 1)
    t.equal(await counted('kedge_rows_total{model="declared",version="1"}'), 3)
  })

  await t.test('a model that mixes rows is run for each request alone', async t => {
    const requests = [1, 5, 9].map(x => infer('mean', 2, [x, x, x + 2, x + 4]))
    for (const answer of await Promise.all(requests))
      t.match(answer.json(), { outputs: [{ data: [-1, -2, 1, 2] }] })
    t.equal(await counted('kedge_batches_total{model="mean",version="1"}'), 3)
  })

  await t.test('more rows than a batch has are run, or refused where that is wanted', async t => {
    const many = Array.from({ length: 200 }, (_, index) => index)
    t.match((await infer('inline', 100, many)).json(), { outputs: [{ data: many.map(x => x + 1) }] })
    t.equal((await infer('strict', 2, [1, 2, 3, 4])).statusCode, 200)
    const refused = await infer('strict', 3, [1, 2, 3, 4, 5, 6])
    t.match(
      [refused.statusCode, refused.json()],
      [400, { code: 'INVALID_INPUT', error: /the request has 3 rows, the model takes at most 2 at once/ }]
    )
  })

  await t.test('instances are counted where they are', async t => {
    for (const placement of ['thread', 'inline', 'process']) {
      const series = `kedge_instances{model="${placement}",version="1",placement="${placement}"}`
      t.equal(await counted(series), 1, placement)
    }
  })
})
