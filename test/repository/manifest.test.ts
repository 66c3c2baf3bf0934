import t from 'tap'
import {
  emptySource,
  type Manifest,
  modelManifest,
  parseManifest,
  versionManifest
} from '../../src/repository/manifest.ts'
import { manifestSchema } from '../../src/repository/manifest-schema.ts'

const defaults = manifestSchema.parse({})

/** The problems of a model.yaml, without the name of the file. */
function problemsOf(text: string): string[] {
  const { manifest, problems } = modelManifest(parseManifest(text, 'model.yaml'))
  t.equal(manifest === undefined, problems.length > 0, 'a manifest or problems')
  return problems.map(problem => problem.replace(/^model\.yaml: /, ''))
}

function manifestOf(text: string): Manifest | undefined {
  return modelManifest(parseManifest(text, 'model.yaml')).manifest
}

/** A version's file over its model's. */
const merged = (model: string, version: string) =>
  versionManifest(parseManifest(model, 'm/model.yaml'), parseManifest(version, 'm/1/model.yaml'))

t.test('no file, an empty one and comments mean the defaults', async t => {
  t.strictSame(modelManifest(emptySource), { manifest: defaults, problems: [] })
  for (const text of ['', '\n', '# only a comment', '---', 'null', '{}', '\ufeffschema: 1', 'schema: 1\r\n'])
    t.strictSame(manifestOf(text), defaults, JSON.stringify(text))
})

t.test('the example of the documentation', async t => {
  const manifest = manifestOf(`
schema: 1
description: Probability that a customer leaves within 30 days
card: { owner: growth, licence: internal, trainingData: customers-2026-09, intendedUse: retention }
versions: { policy: latest, count: 2 }
labels:   { stable: 3, candidate: 4 }
inputs:
  x:
    columns:
      - { name: age, type: number, min: 0, max: 120, unit: years, outOfRange: flag }
      - { name: plan, type: category, values: [basic, pro] }
outputs:
  label:         { role: label, classes: [stays, leaves] }
  probabilities: { role: probabilities, classes: [stays, leaves] }
batching:  { enabled: true, axis: 0, rowsMax: 64, delayMaxMs: 0 }
queue:     { rowsMax: 1024, bytesMax: 64MiB }
timeoutMs: 30000
instances: { placement: auto, count: auto, threads: auto }
runtime:   { provider: cpu, graphOptimization: all }
gate:      { required: true }
drift:     { thresholds: { psi: { warning: 0.1, critical: 0.2 } } }
x-team: anything
`)
  t.match(manifest, {
    labels: { stable: 3, candidate: 4 },
    inputs: {
      x: {
        columns: [
          { name: 'age', max: 120 },
          { name: 'plan', values: ['basic', 'pro'] }
        ]
      }
    },
    gate: { required: true },
    drift: { thresholds: { psi: { warning: 0.1, critical: 0.2 } } }
  })
  t.notOk('x-team' in manifest!)
})

t.test("keys of one's own begin with x- and stand at the top", async t => {
  t.strictSame(manifestOf('x-: 1\nx-a: { b: [1] }\nx-__proto__: 1'), defaults)
  t.strictSame(problemsOf('X-team: 1'), ['X-team: no such key; keys of your own begin with x-'])
  t.strictSame(problemsOf('queue: { x-why: 1 }'), ['queue.x-why: no such key'])
  t.match(manifestOf('inputs: { x-ray: { type: tensor } }'), { inputs: { 'x-ray': { type: 'tensor' } } })
})

t.test('unknown keys are refused with the nearest name of their place', async t => {
  const cases: [text: string, problem: string][] = [
    ['imputs: {}', "imputs: no such key; did you mean 'inputs'?"],
    ['Labels: {}', "Labels: no such key; did you mean 'labels'?"],
    ['foo: 1', 'foo: no such key; keys of your own begin with x-'],
    ['traffic: {}', 'traffic: reserved for later use'],
    ['preprocess: []', 'preprocess: reserved for later use'],
    ['queue: { rowMax: 1 }', "queue.rowMax: no such key; did you mean 'rowsMax'?"],
    ['queue: { foo: 1 }', 'queue.foo: no such key'],
    ['batching: { rowsmax: 1 }', "batching.rowsmax: no such key; did you mean 'rowsMax'?"],
    ['instances: { thread: 1 }', "instances.thread: no such key; did you mean 'threads'?"],
    ['runtime: { providers: cpu }', "runtime.providers: no such key; did you mean 'provider'?"],
    ['gate: { require: true }', "gate.require: no such key; did you mean 'required'?"],
    ['predictionLog: { feature: {} }', "predictionLog.feature: no such key; did you mean 'features'?"],
    ['drift: { treshold: {} }', "drift.treshold: no such key; did you mean 'thresholds'?"],
    [
      'drift: { thresholds: { psi: { warnin: 1 } } }',
      "drift.thresholds.psi.warnin: no such key; did you mean 'warning'?"
    ],
    ['versions: { policy: latest, cuont: 1 }', "versions.cuont: no such key; did you mean 'count'?"],
    ['inputs: { x: { colums: [] } }', "inputs.x.colums: no such key; did you mean 'columns'?"],
    [
      'inputs: { x: { columns: [{ name: a, typ: number }] } }',
      "inputs.x.columns.0.typ: no such key; did you mean 'type'?"
    ],
    ['outputs: { y: { rolle: label } }', "outputs.y.rolle: no such key; did you mean 'role'?"],
    ['__proto__: { gate: { required: true } }', '__proto__: no such key; keys of your own begin with x-'],
    ['constructor: 1', 'constructor: no such key; keys of your own begin with x-'],
    ['queue: { __proto__: { rowsMax: 1 } }', 'queue.__proto__: no such key'],
    ['5: 1', '5: no such key; keys of your own begin with x-']
  ]
  for (const [text, problem] of cases) t.equal(problemsOf(text)[0], problem, text)
})

t.test('ten mistakes are ten problems', async t => {
  const text = `
schema: 2
descripton: Typo in a key
versions: { policy: newest }
labels: { 1st: 3, stable: zero }
inputs: { x: { columns: [{ type: number }, { name: plan, type: enum }] } }
queue: { bytesMax: 1 }
timeoutMs: soon
gate: true
`
  t.strictSame(problemsOf(text).sort(), [
    "descripton: no such key; did you mean 'description'?",
    'gate: Invalid input: expected object, received boolean, got true',
    'inputs.x.columns.0.name: expected a name, got nothing',
    'inputs.x.columns.1.type: expected number, integer, boolean, category, string or tensor, got "enum"',
    'labels.1st: labels are letters, digits and _, not beginning with a digit, got 3',
    'labels.stable: expected a whole number from 1 to 9007199254740991, got "zero"',
    'queue.bytesMax: expected a size from 1024 to 1099511627776 bytes, such as 64MiB, got 1',
    'schema: expected 1, got 2',
    'timeoutMs: expected a whole number from 1 to 86400000, got "soon"',
    'versions.policy: expected policy: latest, all or specific, got "newest"'
  ])
})

t.test('more mistakes than anybody reads are counted', async t => {
  const text = Array.from({ length: 70 }, (_, index) => `key${index}: 1`).join('\n')
  const problems = problemsOf(text)
  t.equal(problems.length, 65)
  t.equal(problems.at(-1), '6 more problems')
})

t.test('text that is not YAML, or not a map', async t => {
  const cases: [text: string, problem: RegExp][] = [
    ['just text', /^expected `key: value` lines, got "just text"$/],
    ['- a\n- b', /got an array of 2$/],
    ['42', /got 42$/],
    ['schema: [', / at line 1, column \d+$/],
    ['a: b: c', /^Nested mappings are not allowed .* at line 1, column \d+$/],
    ['gate: {}\nschema: 1\ngate: {}', /^key "gate" is given twice at line 3, column 1$/],
    ['queue: { rowsMax: 1, rowsMax: 2 }', /^key "rowsMax" is given twice at line 1, column 22$/],
    ['labels: { 1: 1, "1": 2 }', /^key "1" is given twice/],
    ['a: 1\n---\nb: 2', /multiple documents/],
    ['a: *b', /^Unresolved alias/],
    ['\ta: 1', /[Tt]ab/],
    ['"\\q": 1', /Invalid escape/],
    ['\u0000', /./]
  ]
  for (const [text, problem] of cases) t.match(problemsOf(text)[0], problem, JSON.stringify(text))
  t.strictSame(
    parseManifest('a: [', 'm/1/model.yaml').problems.map(problem => problem.slice(0, 16)),
    ['m/1/model.yaml: ']
  )
})

t.test('texts that are made to hurt end soon, with a problem', async t => {
  const levels = Array.from(
    { length: 9 },
    (_, level) => `a${level + 1}: &a${level + 1} [${Array(9).fill(`*a${level}`).join()}]`
  )
  const hurtful: Record<string, string> = {
    'a billion laughs': `a0: &a0 [x]\n${levels.join('\n')}`,
    'aliases one by one': Array.from({ length: 5000 }, (_, index) => `- &a${index} 1\n- *a${index}`).join(
      '\n'
    ),
    'deep flow': '['.repeat(20_000),
    'deep lists': '- '.repeat(20_000),
    'deep maps': `${'{a: '.repeat(5000)}${'}'.repeat(5000)}`,
    'errors without end': '{a: @}\n'.repeat(10_000),
    'keys without end': Array.from({ length: 20_000 }, (_, index) => `key${index}: 1`).join('\n')
  }
  for (const [name, text] of Object.entries(hurtful)) {
    const problems = problemsOf(text)
    t.ok(problems.length >= 1 && problems.length <= 65, `${name}: ${problems[0]}`)
    t.ok(
      problems.every(problem => problem.length < 400),
      name
    )
  }
})

t.test('a version is merged over its model, map by map; lists and scalars are replaced', async t => {
  const model = `
inputs: { x: { columns: [{ name: a }, { name: b }] }, y: { min: 0, max: 1 } }
batching: { rowsMax: 8, delayMaxMs: 2 }
labels: { stable: 1 }
versions: { policy: all }
timeoutMs: 5
x-team: growth
`
  const { manifest, problems } = merged(
    model,
    'inputs: { x: { columns: [{ name: c }] }, y: { max: 2 } }\nbatching: { rowsMax: 4 }\ntimeoutMs: 6\nx-team: other'
  )
  t.strictSame(problems, [])
  t.strictSame(manifest, {
    ...defaults,
    inputs: { x: { columns: [{ name: 'c' }] }, y: { min: 0, max: 2 } },
    batching: { ...defaults.batching, rowsMax: 4, delayMaxMs: 2 },
    labels: { stable: 1 },
    versions: { policy: 'all' },
    timeoutMs: 6
  })
  t.strictSame(merged(model, '').manifest, manifestOf(model), 'nothing of its own')
  t.strictSame(merged('', 'timeoutMs: 6').manifest, { ...defaults, timeoutMs: 6 })
})

t.test('defaults of a version do not hide what its model says', async t => {
  t.match(merged('gate: { required: true }\nqueue: { rowsMax: 7 }', 'queue: { bytesMax: 1MiB }').manifest, {
    gate: { required: true },
    queue: { rowsMax: 7, bytesMax: 2 ** 20 }
  })
})

t.test('what a version may not say', async t => {
  const cases: [text: string, problem: string][] = [
    ['versions: { policy: all }', "versions: belongs into the model's own file, not into a version's"],
    ['labels: {}', "labels: belongs into the model's own file, not into a version's"],
    ['traffic: {}', 'traffic: reserved for later use'],
    ['version: {}', "version: no such key; did you mean 'versions'?"],
    ['__proto__: { labels: { a: 1 } }', '__proto__: no such key; keys of your own begin with x-'],
    ['queue: 5', 'queue: Invalid input: expected object, received number, got 5'],
    ['- a', 'expected `key: value` lines, got an array of 1']
  ]
  for (const [text, problem] of cases)
    t.strictSame(merged('', text), { manifest: undefined, problems: [`m/1/model.yaml: ${problem}`] }, text)
})

t.test('a problem names the file that has to be mended', async t => {
  t.match(merged('timeoutMs: 0', ''), { problems: [/^m\/model\.yaml: timeoutMs: /] })
  t.match(merged('timeoutMs: 0', 'timeoutMs: 5'), { manifest: { timeoutMs: 5 }, problems: [] })
  const both = merged('inputs: { x: { min: 5, max: 9 } }', 'inputs: { x: { max: 1 } }')
  t.strictSame(both.problems, ['m/1/model.yaml: inputs.x.min: min is above max, got 5'])
  t.match(merged('a: [', ''), { problems: [/^m\/model\.yaml: /] })
})

t.test('merging changes neither file', async t => {
  const model = parseManifest('queue: { rowsMax: 7 }', 'm/model.yaml')
  const own = parseManifest('queue: { rowsMax: 8 }', 'm/1/model.yaml')
  versionManifest(model, own)
  t.strictSame([model.tree, own.tree], [{ queue: { rowsMax: 7 } }, { queue: { rowsMax: 8 } }])
})
