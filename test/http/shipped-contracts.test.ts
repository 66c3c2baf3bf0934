// What the shipped models say of themselves is true in every dialect.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { projectFolder } from '../../scripts/source-files.ts'
import type { JsonSchema } from '../../src/schema/json-schema.ts'
import { repository, startApp, type TestApp } from '../helpers/app.ts'
import { drawn } from '../helpers/drawn.ts'
import { compiled, keywordsIn } from '../helpers/json-schema.ts'

interface DialectContract {
  readonly path: string
  readonly request: JsonSchema
  readonly response: JsonSchema
  readonly example: unknown
}

interface ModelSchema {
  readonly features: readonly {
    readonly name: string
    readonly input: string
    readonly column?: number
    readonly type: string
  }[]
  readonly v2: DialectContract
  readonly v1: DialectContract
  readonly mlflow: DialectContract
}

interface HeldOut {
  readonly model: string
  readonly version: string
  readonly request: {
    readonly inputs: readonly {
      readonly name: string
      readonly shape: number[]
      readonly data: readonly unknown[]
    }[]
  }
}

const dialects = ['v2', 'v1', 'mlflow'] as const
const folder = join(projectFolder, 'examples', 'training', 'heldout')
const heldOut = readdirSync(folder).map(
  name => JSON.parse(readFileSync(join(folder, name), 'utf8')) as HeldOut
)
const models = readdirSync(join(projectFolder, 'models'))

/** A server of one shipped model, so that MLflow knows which is meant. */
function serve(t: Tap, model: string): Promise<TestApp> {
  const files: Record<string, Uint8Array> = {}
  const from = join(projectFolder, 'models', model)
  for (const name of readdirSync(from, { recursive: true, encoding: 'utf8' }))
    if (/\.(onnx|yaml|json|csv|jsonl)$/.test(name)) files[join(model, name)] = readFileSync(join(from, name))
  return startApp(t, repository(t, files))
}

type Tap = Parameters<typeof startApp>[0]

async function post(app: TestApp, url: string, body: unknown, type = 'application/json') {
  const payload = typeof body === 'string' ? body : JSON.stringify(body)
  const response = await app.http.inject({ method: 'POST', url, payload, headers: { 'content-type': type } })
  return { status: response.statusCode, body: response.json<Record<string, unknown>>() }
}

for (const model of models)
  t.test(model, async t => {
    // A server takes longest to start: one for all questions.
    const app = await serve(t, model)
    await t.test('examples and random bodies are answered as the schemas say', t =>
      examplesAreAnswered(t, app, model)
    )
    await t.test('a schema has bounds and lists of values for what is refused alone', t =>
      boundsAreOfRefusals(t, app, model)
    )
    for (const one of heldOut.filter(one => one.model === model))
      await t.test(`version ${one.version}: each dialect and each form gives the same numbers`, t =>
        numbersAreTheSame(t, app, one)
      )
  })

t.test('there is data that training never saw for every shipped version', async t => {
  t.strictSame([...new Set(heldOut.map(({ model }) => model))].sort(), [...models].sort())
})

async function examplesAreAnswered(t: Tap, app: TestApp, model: string): Promise<void> {
  const schema = (await app.http.inject(`/v2/models/${model}/schema`)).json<ModelSchema>()
  for (const dialect of dialects) {
    const { path, request, response, example } = schema[dialect]
    const [takes, gives] = [compiled(request), compiled(response)]
    t.ok(takes(example), `${dialect}: the example fits its schema`)
    const answer = await post(app, path, example)
    t.equal(answer.status, 200, `${dialect}: the example is answered`)
    t.ok(gives(answer.body), `${dialect}: the answer fits its schema`)
    const bodies = fc.sample(
      fc.integer({ min: 1, max: 4 }).chain(size => drawn(request, size)),
      {
        numRuns: 40,
        seed: 11
      }
    )
    const sendable = dialect === 'v2' ? bodies.flatMap(withoutParameters) : bodies
    t.ok(sendable.length >= 10, `${dialect}: ${sendable.length} bodies`)
    for (const body of sendable) {
      const drawnAnswer = await post(app, path, body)
      const isFine = takes(body) && drawnAnswer.status === 200 && gives(drawnAnswer.body)
      if (!isFine) t.fail(`${dialect}: ${JSON.stringify(body)}`, { ...drawnAnswer, errors: gives.errors })
    }
  }
}

interface Described {
  readonly parameters?: unknown
}

/** Parameters name labels and times of the moment, and bytes that would have to follow: none where there is no data without them. */
function withoutParameters(body: unknown): unknown[] {
  const {
    parameters: _,
    inputs,
    outputs,
    ...rest
  } = body as Described & {
    readonly inputs: readonly Described[]
    readonly outputs?: readonly Described[]
  }
  if (inputs.some(input => !('data' in input))) return []
  const plain = ({ parameters: _, ...tensor }: Described): object => tensor
  return [
    { ...rest, inputs: inputs.map(plain), ...(outputs !== undefined && { outputs: outputs.map(plain) }) }
  ]
}

async function boundsAreOfRefusals(t: Tap, app: TestApp, model: string): Promise<void> {
  const schema = (await app.http.inject(`/v2/models/${model}/schema`)).json<ModelSchema>()
  for (const dialect of dialects)
    for (const { keyword, path } of keywordsIn(schema[dialect].request))
      if (['minimum', 'maximum', 'enum'].includes(keyword))
        t.fail(`${dialect}: ${keyword} at ${path}, although no shipped model refuses values`)
}

async function numbersAreTheSame(t: Tap, app: TestApp, { model, version, request }: HeldOut): Promise<void> {
  const path = `/versions/${version}`
  const { features } = (await app.http.inject(`/v2/models/${model}${path}/schema`)).json<ModelSchema>()
  const rows = 6
  const values = new Map(request.inputs.map(input => [input.name, nestedRows(input, rows)]))
  const records = Array.from({ length: rows }, (_, row) =>
    Object.fromEntries(
      features.map(({ name, input, column }) => {
        const value = values.get(input)![row]!
        return [name, column === undefined ? value : (value as readonly unknown[])[column]]
      })
    )
  )
  const byInput = Object.fromEntries(values)
  const byFeature = Object.fromEntries(
    features.map(({ name }) => [name, records.map(record => record[name])])
  )
  const isColumns = features.every(({ column }) => column !== undefined)
  const inputs = request.inputs.map(input => ({
    ...input,
    shape: [rows, ...input.shape.slice(1)],
    data: values.get(input.name)
  }))
  const v2 = await post(app, `/v2/models/${model}${path}/infer`, { inputs })
  const outputs = v2.body['outputs'] as readonly {
    readonly name: string
    readonly data: readonly unknown[]
  }[]
  const wanted = Object.fromEntries(outputs.map(({ name, data }) => [name, data]))

  const v1 = [
    { instances: records },
    { inputs: byInput },
    ...(values.size === 1 ? [{ instances: [...values.values()][0] }] : []),
    ...(isColumns ? [{ inputs: byFeature }] : [])
  ]
  for (const body of v1) {
    const answer = await post(app, `/v1/models/${model}${path}:predict`, body)
    t.strictSame(flatOutputs(answer.body, outputs), wanted, `V1 ${Object.keys(body).join()}`)
  }
  if (version !== '2' && model === 'iris') return
  const names = features.map(({ name }) => name)
  const data = records.map(record => names.map(name => record[name]))
  const cell = (value: unknown): string =>
    `"${(typeof value === 'string' ? value : JSON.stringify(value)).replaceAll('"', '""')}"`
  const csv = [names, ...data].map(line => line.map(cell).join()).join('\n')
  const mlflow: [body: unknown, type: string][] = [
    ...v1.map((body): [unknown, string] => [body, 'application/json']),
    [{ dataframe_records: records }, 'application/json'],
    [{ dataframe_split: { columns: names, data } }, 'application/json'],
    [csv, 'text/csv']
  ]
  for (const [body, type] of mlflow) {
    const answer = await post(app, '/invocations', body, type)
    t.strictSame(
      flatOutputs(answer.body, outputs),
      wanted,
      `MLflow ${type} ${JSON.stringify(body).slice(0, 20)}`
    )
  }
}

/** The first rows of an input, each as a list nested by its shape. */
function nestedRows(
  { shape, data }: { readonly shape: readonly number[]; readonly data: readonly unknown[] },
  rows: number
): readonly unknown[] {
  const flat = data.flat(Number.POSITIVE_INFINITY) as readonly unknown[]
  const each = shape.slice(1).reduce((product, size) => product * size, 1)
  const nested = (from: number, [size, ...inner]: readonly number[]): unknown => {
    if (size === undefined) return flat[from]
    const step = inner.reduce((product, one) => product * one, 1)
    return Array.from({ length: size }, (_, index) => nested(from + index * step, inner))
  }
  return Array.from({ length: rows }, (_, row) => nested(row * each, shape.slice(1)))
}

/** The elements of each output, in the order of its rows, from rows, from an object by output, or from the one output alone. */
function flatOutputs(
  body: Readonly<Record<string, unknown>>,
  outputs: readonly { readonly name: string }[]
): Readonly<Record<string, unknown>> {
  const answer = body['predictions'] ?? body['outputs']
  const partOf = (part: unknown, name: string): unknown =>
    outputs.length === 1 ? part : (part as Readonly<Record<string, unknown>>)[name]
  return Object.fromEntries(
    outputs.map(({ name }) => [
      name,
      (Array.isArray(answer) ? answer.map(row => partOf(row, name)) : [partOf(answer, name)]).flat(
        Number.POSITIVE_INFINITY
      )
    ])
  )
}
