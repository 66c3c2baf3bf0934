// The routes that release versions and tell of them, over a whole Kedge.
import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { makeApp, repository, startApp, type TestApp } from '../helpers/app.ts'
import { plus, unknownOperator } from '../helpers/models.ts'

type Answer = readonly [status: number, body: unknown]

async function get(app: TestApp, url: string): Promise<Answer> {
  const answer = await app.http.inject({ url })
  return [answer.statusCode, answer.json<unknown>()]
}

async function post(app: TestApp, url: string): Promise<Answer> {
  const answer = await app.http.inject({ method: 'POST', url })
  return [answer.statusCode, answer.body === '' ? '' : answer.json<unknown>()]
}

interface Event {
  readonly event: string
  readonly version?: number
  readonly label?: string
  readonly cause: string
}

/** `ready 2 start` for each event, the newest first. */
async function historyOf(app: TestApp, model: string): Promise<string[]> {
  const [, body] = await get(app, `/v2/models/${model}/history`)
  return (body as { events: Event[] }).events.map(
    ({ event, version, label, cause }) => `${event} ${version ?? label ?? ''} ${cause}`
  )
}

t.test('a release at a caller’s word, its history, and the history after a restart', async t => {
  const models = repository(t, { 'm/1/model.onnx': plus(1), 'm/model.yaml': 'labels: { stable: 1 }' })
  const flags = { 'repository-control-api': true, 'state-dir': join(models, '.kept') }
  const app = await startApp(t, models, flags)
  mkdirSync(join(models, 'm', '2'))
  writeFileSync(join(models, 'm', '2', 'model.onnx'), plus(2))
  t.strictSame(await post(app, '/v2/repository/models/m/load'), [200, ''])
  t.match(await get(app, '/v2/models/m'), [200, { versions: ['1', '2'], labels: { stable: '1' } }])

  mkdirSync(join(models, 'm', '3'))
  writeFileSync(join(models, 'm', '3', 'model.onnx'), unknownOperator())
  const [status, body] = await post(app, '/v2/repository/models/m/load')
  t.match([status, body], [409, { code: 'LOAD_FAILED', error: /version 3: .*NoSuchOperator/ }])
  t.match(await get(app, '/v2/models/m'), [200, { versions: ['1', '2'] }], 'what served goes on serving')
  t.match(await post(app, '/v2/repository/models/m/unload'), [
    409,
    { code: 'CONTROL_REFUSED', error: /repository\.control is poll/ }
  ])
  const told = await historyOf(app, 'm')
  const expected = [
    'failed 3 api:anonymous',
    'label stable start',
    'load  api:anonymous',
    'ready 1 start',
    'ready 2 api:anonymous',
    'unload  api:anonymous'
  ]
  t.strictSame([...new Set(told)].sort(), expected)
  t.equal(told[0], 'unload  api:anonymous', 'the newest first')
  t.match(await get(app, '/v2/models/m/history?limit=2'), [
    200,
    {
      name: 'm',
      events: [
        { event: 'unload', outcome: 'refused', code: 'CONTROL_REFUSED' },
        { event: 'load', outcome: 'failed', code: 'LOAD_FAILED', reason: /NoSuchOperator/ }
      ]
    }
  ])
  await app.close()

  rmSync(join(models, 'm'), { recursive: true })
  appendFileSync(
    join(models, '.kept', 'audit.jsonl'),
    '{"time":"2026-01-01T00:00:00Z","event":"ready","model":"m","v'
  )
  const after = await startApp(t, models, flags)
  t.match(await get(after, '/v2/models/m'), [404, {}])
  const rest = await historyOf(after, 'm')
  t.strictSame(rest.slice(-told.length), told, 'the history of a model that is gone')
  t.strictSame(rest.slice(0, -told.length).sort(), [
    'label stable shutdown',
    'unloaded 1 shutdown',
    'unloaded 2 shutdown'
  ])
  t.match(await get(after, '/v2/models/nobody/history'), [404, { code: 'MODEL_NOT_FOUND' }])
})

t.test('without a state directory there is a history of this process', async t => {
  const models = repository(t, { 'm/1/model.onnx': plus(1), 'in-the-way': 'a file' })
  const app = await startApp(t, models, { 'state-dir': join(models, 'in-the-way') })
  t.strictSame(await historyOf(app, 'm'), ['ready 1 start'])
})

t.test('the settings of the audit log are in force', async t => {
  const models = repository(t, { 'm/1/model.onnx': plus(1) })
  const state = join(models, '.kept')
  mkdirSync(state)
  writeFileSync(join(state, 'audit.jsonl'), `${'x'.repeat(1000)}\n`)
  writeFileSync(join(state, 'audit.jsonl.1'), 'the oldest\n')
  const flags = { 'state-dir': state, 'audit-file-bytes-max': '1KiB', 'audit-files-max': '2' }
  t.strictSame(await historyOf(await startApp(t, models, flags), 'm'), ['ready 1 start'])
  t.strictSame(
    readdirSync(state).filter(name => name.startsWith('audit')),
    ['audit.jsonl', 'audit.jsonl.1']
  )
  t.match(readFileSync(join(state, 'audit.jsonl.1'), 'utf8'), /^x{1000}\n$/)
})

t.test('gate, card and digests of versions as they are', async t => {
  const models = repository(t, {
    'm/1/model.onnx': plus(1),
    'm/2/model.onnx': unknownOperator(),
    'm/model.yaml': 'description: Adds\ncard: { owner: growth, metrics: { mae: 0.5 } }'
  })
  const app = await startApp(t, models)
  t.strictSame(await get(app, '/v2/models/m/gate'), [
    200,
    { name: 'm', version: '1', state: 'READY', gate: null }
  ])
  t.strictSame(await get(app, '/v2/models/m/versions/2/gate'), [
    200,
    { name: 'm', version: '2', state: 'UNAVAILABLE', gate: null }
  ])
  t.match(await get(app, '/v2/models/m/versions/7/gate'), [404, { code: 'VERSION_NOT_FOUND' }])
  t.match(await get(app, '/v2/models/n/gate'), [404, { code: 'MODEL_NOT_FOUND' }])
  t.match(await get(app, '/v2/models/m'), [
    200,
    { description: 'Adds', card: { owner: 'growth', metrics: { mae: 0.5 } } }
  ])
  t.match(await get(app, '/v2/models/m/config'), [
    200,
    {
      parameters: {
        'kedge.card.owner': { string_value: 'growth' },
        'kedge.card.metrics': { string_value: '{"mae":0.5}' },
        'kedge.gate': { string_value: 'none' }
      }
    }
  ])
})

t.test('callers load and unload only where it is turned on', async t => {
  const app = await makeApp(t, repository(t, { 'm/1/model.onnx': plus(1) }))
  t.match(await post(app, '/v2/repository/models/m/load'), [
    403,
    { code: 'FORBIDDEN', error: /repository\.controlApi/ }
  ])
})
