// The prediction log of a whole server, from a request to its line.
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { fp32, makeApp, repository, startApp, type TestApp } from '../helpers/app.ts'
import { identity, mixed } from '../helpers/models.ts'
import { turn } from '../helpers/turn.ts'

interface Line {
  readonly [fact: string]: unknown
  readonly inputs: Readonly<Record<string, unknown>>
  readonly outputs: Readonly<Record<string, unknown>>
}

async function infer(app: TestApp, model: string, body: object): Promise<number> {
  const url = `/v2/models/${model}/infer`
  const payload = JSON.stringify(body)
  const headers = { 'content-type': 'application/json' }
  return (await app.http.inject({ method: 'POST', url, headers, payload })).statusCode
}

/** The lines of the log, once the server has ended. */
async function linesOf(app: TestApp, folder: string): Promise<Line[]> {
  await app.close()
  const text = readFileSync(join(folder, 'predictions.jsonl'), 'utf8')
  return text
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as Line)
}

async function metricsOf(app: TestApp): Promise<string> {
  return (await app.http.inject({ url: '/metrics' })).body
}

/** Waits until so many records were counted. */
async function counted(app: TestApp, outcome: string, records: number): Promise<void> {
  const line = `kedge_prediction_log_records_total{outcome="${outcome}"} ${records}\n`
  while (!(await metricsOf(app)).includes(line)) await turn()
}

const columns =
  'inputs: { x: { columns: [{ name: age }, { name: plan, type: category, values: [basic, pro] }] } }'

function models(t: Test, rules = ''): string {
  return repository(t, {
    'churn/1/model.onnx': identity(),
    'churn/model.yaml': `${columns}\ninstances: { placement: thread }\n${rules}`,
    'texts/1/model.onnx': identity('BYTES', ['batch', 1])
  })
}

t.test('off by default: nothing is written, and nothing is counted', async t => {
  const root = models(t)
  const app = await startApp(t, root)
  t.equal(await infer(app, 'churn', fp32('x', [1, 2], [39, 1])), 200)
  t.notMatch(await metricsOf(app), /kedge_prediction_log_records_total\{/)
  await app.close()
  t.notOk(existsSync(join(root, '.state', 'predictions')))
  t.notOk(existsSync(join(root, '.state', 'prediction-log.key')))
})

t.test('a request leaves a line with its features by name, and its values nowhere else', async t => {
  const root = models(t)
  const app = await startApp(t, root, { 'prediction-log-enabled': true, 'log-level': 'trace' })
  const asked = { id: 'order-77', ...fp32('x', [2, 2], [39.0625, 1, 51, 0]) }
  t.equal(await infer(app, 'churn', asked), 200)
  t.equal(await infer(app, 'churn', fp32('x', [1, 3], [39.0625, 1, 2])), 400)
  t.match(await metricsOf(app), 'kedge_prediction_log_records_total{outcome="dropped"} 0')
  const state = join(root, '.state')
  const lines = await linesOf(app, join(state, 'predictions'))
  t.match(lines, [
    {
      model: 'churn',
      version: 1,
      protocol: 'v2',
      outcome: 'success',
      id: 'order-77',
      predictionId: /^[0-9a-f-]{36}$/,
      rows: 2,
      rowsLeftOut: 0,
      inputs: { age: [39.0625, 51], plan: ['pro', 'basic'] },
      outputs: { y: { datatype: 'FP32', shape: [2, 2], data: [39.0625, 1, 51, 0] } }
    }
  ])
  t.equal(lines.length, 1)
  t.ok((lines[0]!['durationMs'] as number) > 0)
  t.notMatch(JSON.stringify(app.lines), /39\.0625/)
  t.equal(statSync(join(state, 'predictions')).mode & 0o777, 0o700)
  t.equal(statSync(join(state, 'prediction-log.key')).mode & 0o777, 0o600)
})

t.test('values are redacted and hashed by the rules of model.yaml, with a key that stays', async t => {
  const rules = 'predictionLog: { standard: redact, features: { plan: keep, age: hash } }'
  const root = models(t, rules)
  const folder = join(root, 'log')
  const flags = { 'prediction-log-enabled': true, 'prediction-log-folder': folder }
  for (let times = 0; times < 2; times++) {
    const app = await startApp(t, root, flags)
    t.equal(await infer(app, 'churn', fp32('x', [2, 2], [39.0625, 1, 39.0625, 0])), 200)
    await app.close()
  }
  const text = readFileSync(join(folder, 'predictions.jsonl'), 'utf8')
  t.notMatch(text, /39\.0625/)
  const lines = text
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as Line)
  t.equal(lines.length, 2)
  for (const { inputs, outputs } of lines) {
    t.match(inputs, { age: [/^hash:[\w-]{16}$/, /^hash:/], plan: ['pro', 'basic'] })
    t.strictSame(outputs, { y: '[redacted]' })
  }
  t.strictSame(lines[0]!.inputs, lines[1]!.inputs, 'equal values have equal hashes, after a restart too')
  const key = join(root, 'key')
  writeFileSync(key, 'a key that servers share\n')
  const app = await startApp(t, root, { ...flags, 'prediction-log-hash-key-file': key })
  t.equal(await infer(app, 'churn', fp32('x', [2, 2], [39.0625, 1, 39.0625, 0])), 200)
  const shared = (await linesOf(app, folder)).at(-1)!
  t.notSame(shared.inputs['age'], lines[0]!.inputs['age'])
})

t.test('a text of a million characters makes a small line', async t => {
  const root = models(t)
  const app = await startApp(t, root, { 'prediction-log-enabled': true })
  const data = ['x'.repeat(1_000_000), 'short']
  t.equal(await infer(app, 'texts', { inputs: [{ name: 'x', shape: [2, 1], datatype: 'BYTES', data }] }), 200)
  const [line] = await linesOf(app, join(root, '.state', 'predictions'))
  t.match(line, { inputs: { x: [/^x{1024}… \[1000000 characters\]$/, 'short'] } })
  t.ok(JSON.stringify(line).length < 4096)
})

t.test('every datatype comes through, and rows beyond the limit are counted', async t => {
  const root = repository(t, { 'mixed/1/model.onnx': mixed() })
  const app = await startApp(t, root, {
    'prediction-log-enabled': true,
    'prediction-log-rows-per-request-max': '1'
  })
  const { body } = await app.http.inject({ url: '/v2/models/mixed' })
  const { inputs } = JSON.parse(body) as { inputs: { name: string; datatype: string; shape: number[] }[] }
  const asked = inputs.map(({ name, datatype, shape }) => {
    const sizes = shape.map((size, axis) => (size === -1 ? (axis === 0 ? 2 : 1) : size))
    const count = sizes.reduce((product, size) => product * size, 1)
    const element = datatype === 'BYTES' ? 'a' : datatype === 'BOOL' ? true : 1
    return { name, datatype, shape: sizes, data: new Array<unknown>(count).fill(element) }
  })
  t.equal(await infer(app, 'mixed', { inputs: asked }), 200)
  const [line] = await linesOf(app, join(root, '.state', 'predictions'))
  t.strictSame(
    Object.keys(line!.inputs),
    inputs.map(({ name }) => name)
  )
  t.match(line, { outcome: 'success', rowsLeftOut: (line!['rows'] as number) - 1 })
})

t.test('a full disk costs records, never a request', async t => {
  const full = { write: () => Promise.reject(new Error('ENOSPC: no space left on device')) }
  const app = await makeApp(t, models(t), { 'prediction-log-enabled': true }, { predictionSink: full })
  await app.start()
  for (let times = 0; times < 5; times++) t.equal(await infer(app, 'churn', fp32('x', [1, 2], [39, 1])), 200)
  await counted(app, 'dropped', 5)
  await counted(app, 'written', 0)
  const warnings = app.lines.filter(({ msg }) => /prediction log/.test(String(msg)))
  t.match(warnings, [{ reason: 'ENOSPC: no space left on device' }])
  t.equal(warnings.length, 1)
})

t.test('a folder that cannot be made is no reason not to serve', async t => {
  const root = models(t)
  writeFileSync(join(root, 'in-the-way'), '')
  const app = await startApp(t, root, {
    'prediction-log-enabled': true,
    'prediction-log-folder': join(root, 'in-the-way', 'log')
  })
  t.equal(await infer(app, 'churn', fp32('x', [1, 2], [39, 1])), 200)
  await counted(app, 'dropped', 1)
})

t.test('a key that cannot be read ends the start', async t => {
  const flags = { 'prediction-log-enabled': true, 'prediction-log-hash-key-file': '/nowhere/key' }
  await t.rejects(makeApp(t, models(t), flags), {
    name: 'ConfigError',
    problems: ['predictionLog.hashKeyFile: /nowhere/key cannot be read (ENOENT)']
  })
})

t.test('the end of the server waits for the records of its last requests', async t => {
  const root = repository(t, {
    'm/1/model.onnx': identity(),
    'm/model.yaml': 'instances: { placement: inline }'
  })
  let written = 0
  const slowSink = {
    async write(lines: readonly string[]) {
      for (let turns = 0; turns < 5000; turns++) await turn()
      written += lines.length
    }
  }
  const app = await makeApp(t, root, { 'prediction-log-enabled': true }, { predictionSink: slowSink })
  await app.start()
  t.equal(await infer(app, 'm', fp32('x', [1, 2], [39, 1])), 200)
  await app.close()
  t.equal(written, 1)
})
