import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { FeatureFacts, ModelFacts } from '../../src/client/facts.ts'
import { generateClient } from '../../src/client/generate.ts'
import { repository } from '../helpers/app.ts'
import { compile } from '../helpers/compile.ts'

const feature = (name: string, more: Partial<FeatureFacts> = {}): FeatureFacts => ({
  name,
  type: 'number',
  optional: false,
  notes: [],
  ...more
})

const model = (name: string, more: Partial<ModelFacts> = {}): ModelFacts => ({
  model: name,
  version: '1',
  description: undefined,
  features: [feature('a')],
  prediction: { classes: false, outputs: [{ name: undefined, type: 'number', notFinite: true }] },
  ...more
})

const served = (...facts: readonly ModelFacts[]) => facts.map(own => ({ facts: own, pinned: false }))

const hostile = [
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'class',
  'then',
  '',
  ' ',
  "'",
  '`',
  '"',
  '\\',
  "\\'",
  '*/ }; process.exit(9) /*',
  '// comment',
  '\n}\nexport const stolen = 1\n',
  '\u2028',
  '\u202eturned',
  '\ud800',
  '日本語',
  'ﬀ',
  '5',
  '-5',
  '1e3',
  'a b',
  'a-b',
  'a_b',
  '$' + '{process.exit(9)}',
  '@ts-nocheck',
  '<script>',
  'x'.repeat(200)
]

t.test('the types of a model', async t => {
  const facts = model('churn', {
    version: '7',
    description: 'Who leaves',
    features: [
      feature('age', { notes: ['Unit: years.'] }),
      feature('plan', { type: "'a' | 'b'", optional: true })
    ],
    prediction: {
      classes: true,
      outputs: [
        { name: 'label', type: "'yes' | 'no'", notFinite: false },
        { name: 'probabilities', type: "Readonly<Record<'yes' | 'no', number>>", notFinite: true }
      ]
    }
  })
  const text = generateClient([{ facts, pinned: true }])
  t.equal(
    text.slice(0, text.indexOf('/** Codes of')),
    `// A typed client for models on a Kedge server, written by \`kedge client\`: generate it anew instead of changing it.
// Made from: churn 7.

/** Who leaves. A row of churn, as version 7 takes it. */
export interface ChurnRecord {
  /** Unit: years. */
  readonly age: number
  readonly plan?: 'a' | 'b' | null
}

/** What churn answers for a row. */
export interface ChurnPrediction {
  readonly label: 'yes' | 'no'
  readonly probabilities: Readonly<Record<'yes' | 'no', number>>
}

/** By the names that the server has for them. */
export interface Models {
  readonly churn: { readonly record: ChurnRecord; readonly prediction: ChurnPrediction }
}

export type ModelName = keyof Models & string

const models = new Map<string, ModelFacts>([
  ['churn', { version: '7', classes: true, numbers: ['probabilities'] }]
])

`
  )
  t.equal(generateClient([{ facts, pinned: true }]), text, 'the same each time')
  t.notMatch(text, /\b20\d\d\b/, 'no date')
})

t.test('nothing that a repository says becomes code', async t => {
  const features = hostile.map(name => feature(name, { notes: [name, 'Unit.'] }))
  const outputs = hostile.map(name => ({ name, type: 'number', notFinite: true }))
  const models = hostile.map(name =>
    model(name, { version: name, description: name, features, prediction: { classes: true, outputs } })
  )
  const text = generateClient(models.map((facts, index) => ({ facts, pinned: index % 2 === 0 })))
  const folder = repository(t, { 'client.ts': text })
  const file = join(folder, 'client.ts')
  t.strictSame(compile([file], 'browser'), [])
  t.strictSame(compile([file], 'node', folder), [])
  t.notMatch(text.replaceAll('\n', ''), /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u)
  const client = (await import(join(folder, 'client.js'))) as Record<string, unknown>
  t.strictSame(Object.keys(client).sort(), ['KedgeClient', 'KedgeError'], 'only this is exported')
})

t.test('names that are taken from objects still ask for their model', async t => {
  const folder = repository(t, { 'client.ts': generateClient(served(...hostile.map(name => model(name)))) })
  t.strictSame(compile([join(folder, 'client.ts')], 'node', folder), [])
  const { KedgeClient } = (await import(join(folder, 'client.js'))) as {
    KedgeClient: new (options: object) => { predict(model: string, rows: unknown[]): Promise<unknown[]> }
  }
  const asked: string[] = []
  const answer = (address: string): Promise<Response> => {
    asked.push(address)
    return Promise.resolve(new Response('{"predictions":["NaN"]}'))
  }
  const client = new KedgeClient({ fetch: answer })
  const proper = hostile.filter(name => name.isWellFormed())
  for (const name of proper) t.strictSame(await client.predict(name, [{ a: 1 }]), [Number.NaN], name)
  t.strictSame(
    asked.map(address => decodeURIComponent(address.replace(/^.*\/v1\/models\/|:predict$/gs, ''))),
    proper
  )
  await t.rejects(client.predict('valueOf', [{ a: 1 }]), { message: /knows no model "valueOf"/ })
})

t.test('a model without features, and rows that hold wide integers', async t => {
  const text = generateClient(
    served(
      model('none', { features: [] }),
      model('5'),
      model('__proto__'),
      model('wide', { features: [feature('id', { type: 'number | bigint', optional: true })] })
    )
  )
  const folder = repository(t, {
    'client.ts': text,
    'good.ts': `import { KedgeClient, type WideRecord } from './client.ts'
const row: WideRecord = { id: 2n ** 63n - 1n }
const client = new KedgeClient()
export const one: number[] = await client.predict('wide', [row, { id: null }, {}])
export const none: number[] = await client.predict('none', [{}])
export const five: number[] = await client.predict('5', [{ a: 1 }])
export const proto: number[] = await client.predict('__proto__', [{ a: 1 }])
`,
    'bad.ts': `import { KedgeClient } from './client.ts'
const client = new KedgeClient()
await client.predict('wid', [])
await client.predict('wide', [{ id: 'x' }])
await client.predict('wide', [{ ide: 1 }])
await client.predict('none', [{ a: 1 }])
await client.predict('5', [{ a: 'x' }])
await client.predict('constructor', [])
export {}
`
  })
  t.strictSame(compile([join(folder, 'good.ts')], 'node'), [])
  const wrong = compile([join(folder, 'bad.ts')], 'node').map(line => Number(line.split(':')[0]))
  t.strictSame(wrong, [3, 4, 5, 6, 7, 8])
  t.equal(readFileSync(join(folder, 'client.ts'), 'utf8'), text)
})
