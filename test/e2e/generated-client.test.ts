// Clients as users get them: generated, compiled strictly, and used against a server.
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { projectFolder } from '../../scripts/source-files.ts'
import { readFacts } from '../../src/client/facts.ts'
import { generateClient } from '../../src/client/generate.ts'
import { loadSettings } from '../../src/config/load.ts'
import { readContracts } from '../../src/contracts.ts'
import { addressOf, repository, startApp } from '../helpers/app.ts'
import { compile } from '../helpers/compile.ts'
import { identity } from '../helpers/models.ts'
import { onnxModel } from '../helpers/onnx-model.ts'

interface Client {
  predict(model: string, rows: readonly unknown[], options?: object): Promise<unknown[]>
}

interface Made {
  readonly KedgeClient: new (options: object) => Client
  readonly KedgeError: new () => Error
}

/** The client of some models in a repository, compiled for both places that it is for. */
async function clientOf(
  t: Test,
  models: string,
  names: readonly string[]
): Promise<Made & { readonly text: string }> {
  const settings = loadSettings({ flags: { models: [models] }, env: {} })
  const contracts = await readContracts(
    settings,
    names.map(model => ({ model, version: undefined }))
  )
  const text = generateClient(
    contracts.map(({ document, description }) => ({ facts: readFacts(document, description), pinned: false }))
  )
  const folder = repository(t, { 'client.ts': text })
  t.strictSame(compile([join(folder, 'client.ts')], 'browser'), [], 'it compiles for browsers')
  t.strictSame(compile([join(folder, 'client.ts')], 'node', folder), [], 'it compiles for Node')
  return { ...((await import(join(folder, 'client.js'))) as Made), text }
}

const shipped = join(projectFolder, 'models')

/** Rows that each shipped model takes; checked against the generated types as well. */
const rows = `{
  iris: { sepal_length: 5.1, sepal_width: 3.5, petal_length: 1.4, petal_width: 0.2 },
  penguins: { bill_length_mm: 39.1, bill_depth_mm: null, flipper_length_mm: 181, island: 'Torgersen', sex: 'male' },
  'wine-anomaly': {
    alcohol: 13, malic_acid: 2, ash: 2.4, alcalinity_of_ash: 19, magnesium: 100, total_phenols: 2.3, flavanoids: 2,
    nonflavanoid_phenols: 0.4, proanthocyanins: 1.6, color_intensity: 5, hue: 1, od280_od315: 2.6, proline: 750
  },
  digits: { image: Array.from({ length: 8 }, (_, row) => Array.from({ length: 8 }, () => row)) },
  diabetes: { age: 59, sex: 2, bmi: 32.1, bp: 101, s1: 157, s2: 93.2, s3: 38, s4: 4, s5: 4.8598, s6: 87 }
}`

t.test('every shipped model predicts through its client', async t => {
  const names = ['iris', 'penguins', 'wine-anomaly', 'digits', 'diabetes']
  const { KedgeClient, KedgeError, text } = await clientOf(t, shipped, names)
  const folder = repository(t, {
    'client.ts': text,
    'use.ts': `import { KedgeClient, type Models } from './client.ts'
export const rows = ${rows} satisfies { [M in keyof Models]: Models[M]['record'] }
export async function predictAll(baseUrl: string) {
  const client = new KedgeClient({ baseUrl })
  const [iris] = await client.predict('iris', [rows.iris])
  const share: number | undefined = iris?.probabilities[iris.label]
  const [penguin] = await client.predict('penguins', [rows.penguins])
  const species: 'Adelie' | 'Chinstrap' | 'Gentoo' | undefined = penguin?.label
  const [wine] = await client.predict('wine-anomaly', [rows['wine-anomaly']])
  const odd: -1 | 1 | undefined = wine?.label[0]
  const [digit] = await client.predict('digits', [rows.digits])
  const figure: 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | undefined = digit?.label
  const [diabetes] = await client.predict('diabetes', [rows.diabetes])
  const progression: number | undefined = diabetes?.[0]
  return { share, species, odd, figure, progression }
}
`,
    'slips.ts': `import { KedgeClient } from './client.ts'
const client = new KedgeClient()
await client.predict('iris', [{ sepal_length: 1, sepal_width: 1, petal_length: 1 }])
await client.predict('penguins', [{ island: 'Madeira' }])
await client.predict('penguins', [{ sexe: 'male' }])
await client.predict('digits', [{ image: [['x']] }])
await client.predict('rose', [])
const [iris] = await client.predict('iris', [])
export const wrong = iris?.label === 'rose'
`
  })
  t.strictSame(compile([join(folder, 'use.ts')], 'node', folder), [], 'the types say what the models take')
  const slips = compile([join(folder, 'slips.ts')], 'node')
  t.strictSame(
    slips.map(line => Number(line.split(':')[0])),
    [3, 4, 5, 6, 7, 9],
    'and not what they do not'
  )
  const app = await startApp(t, shipped, { 'state-dir': join(folder, 'state') })
  const baseUrl = addressOf(app)
  const { predictAll } = (await import(join(folder, 'use.js'))) as {
    predictAll: (url: string) => Promise<Record<string, unknown>>
  }
  const all = await predictAll(baseUrl)
  t.match(all, { species: 'Adelie', share: Number, odd: Number, figure: Number, progression: Number })
  const client = new KedgeClient({ baseUrl })
  const wrong = await client.predict('iris', [{ sepal_length: 'x' }]).catch((error: unknown) => error)
  t.ok(wrong instanceof KedgeError)
  t.match(wrong, { status: 400, code: 'INVALID_INPUT', requestId: /./, retryable: false })
  t.match(wrong, { details: [{ path: 'instances[0].sepal_length', expected: /number/, got: '"x"' }] })
  await t.rejects(client.predict('iris', [{}], { version: 7 }), { status: 404, code: 'VERSION_NOT_FOUND' })
  await t.rejects(client.predict('iris', [{}], { label: 'no' }), { status: 404, code: 'LABEL_NOT_FOUND' })
})

t.test('names that are no names in code predict all the same', async t => {
  // The server takes no __proto__ in bodies.
  const columns = [
    'toString',
    'constructor',
    '*/ } process.exit(9) /*',
    "it's",
    '`$' + '{1}`',
    'a\nb',
    '日本',
    ''
  ]
  const [output, proto] = ['*/ } y /*', '__proto__']
  const named = columns.map((name, index) => ({
    name: name || 'plain',
    description: `*/ ${name}`,
    min: index
  }))
  const manifest = JSON.stringify({
    description: '*/ export const stolen = 1 /*\n}',
    inputs: { x: { columns: named } },
    outputs: { [output]: { role: 'probabilities', classes: columns.map(name => name || '*/') } }
  })
  const shape = ['batch', columns.length]
  const model = onnxModel({
    inputs: [{ name: 'x', datatype: 'FP32', shape }],
    outputs: [output, proto].map(name => ({ name, datatype: 'FP32', shape })),
    nodes: [output, proto].map(name => ({ op: 'Identity', inputs: ['x'], outputs: [name] }))
  })
  const names = ['constructor', 'a-b', 'a_b', 'class', 'toString']
  const files = names.flatMap(name => [
    [`${name}/1/model.onnx`, model] as const,
    [`${name}/model.yaml`, manifest] as const
  ])
  const folder = repository(t, Object.fromEntries<string | Uint8Array>(files))
  const { KedgeClient } = await clientOf(t, folder, names)
  const client = new KedgeClient({ baseUrl: addressOf(await startApp(t, folder)) })
  const row = Object.fromEntries(named.map(({ name }, index) => [name, index === 0 ? Number.NaN : index]))
  const values = columns.map((_, index) => (index === 0 ? Number.NaN : index))
  for (const name of names) {
    const [prediction] = await client.predict(name, [row])
    const entries = Object.entries(prediction as object) as [string, Record<string, number>][]
    t.strictSame(new Set(entries.map(([key]) => key)), new Set(['probabilities', proto]), name)
    const byName = new Map(entries)
    t.strictSame(Object.values(byName.get(proto)!), values)
    t.strictSame(Object.entries(byName.get('probabilities')!).length, columns.length)
    t.equal(byName.get('probabilities')!["it's"], 3)
  }
})

t.test('64 bits go out whole, texts and booleans come back', async t => {
  const kinds = { INT64: 2n ** 53n + 2n, BYTES: 'é', BOOL: true, FP64: Number.NEGATIVE_INFINITY } as const
  const files = Object.keys(kinds).map(kind => [
    `${kind}/1/model.onnx`,
    identity(kind as keyof typeof kinds, ['batch'])
  ])
  const folder = repository(t, Object.fromEntries(files) as Record<string, Uint8Array>)
  const { KedgeClient, text } = await clientOf(t, folder, Object.keys(kinds))
  const client = new KedgeClient({ baseUrl: addressOf(await startApp(t, folder)) })
  for (const [kind, value] of Object.entries(kinds)) {
    const wanted = typeof value === 'bigint' ? Number(value) : value
    t.strictSame(await client.predict(kind, [{ x: value }]), [wanted], kind)
  }
  t.match(text, 'readonly x: number | bigint')
})
