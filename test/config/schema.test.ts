import t from 'tap'
import { parseByteSize } from '../../src/base/byte-size.ts'
import { ConfigError, loadSettings } from '../../src/config/load.ts'
import { type Leaf, type Settings, settingLeaves, settingsSchema } from '../../src/config/schema.ts'

/** A fresh folder to stand in, so that no kedge.yaml of anybody's is read. */
process.chdir(t.testdir({}))

type Flag = string | readonly string[] | boolean

/** Text that cannot be a value of the kind. */
const wrongTexts: Readonly<Partial<Record<Leaf['kind'], readonly string[]>>> = {
  integer: ['', ' ', 'x', '1.5', '1e3', '0x10', '1_000', '1,5', 'NaN', 'Infinity', '9'.repeat(400), 'null'],
  number: ['', ' ', 'x', '1e-1', '0x10', '1_000', '1,5', 'NaN', 'Infinity', '.5', '9'.repeat(400), 'null'],
  bytes: ['', ' ', 'x', '1.5', '16 MB!', '-1', '16Mi', 'NaN', '99999999GiB'],
  switch: ['', 'yes', 'TRUE', '2', 'on', ' true'],
  choice: ['', 'INFO', 'verbose', 'info '],
  text: ['', 'x'.repeat(4097)],
  url: [
    '',
    'x',
    'example.com',
    'ftp://example.com',
    'file:///etc/passwd',
    'https://a:b@example.com',
    'http://'
  ],
  list: ['', 'x'.repeat(4097)]
}

/** Two entries of each kind of list, and what is none. */
const entries = {
  text: { good: ['one', 'two'], bad: [] },
  origin: {
    good: ['https://app.example', 'http://localhost:3000'],
    bad: [
      'app.example',
      'https://app.example/',
      'https://app.example/page',
      'HTTPS://app.example',
      'ftp://a',
      'null'
    ]
  },
  network: {
    good: ['10.0.0.0/8', '::1'],
    bad: ['proxy', '10.0.0.0/33', '10.0.0/8', '10.0.0.0/', '10.0.0.0/8/8', '::1/129', '10.0.0.0/a']
  }
} as const

/** YAML values that cannot be a value of the kind. */
const wrongValues: Readonly<Record<Leaf['kind'], readonly unknown[]>> = {
  integer: ['8', true, null, [1], { a: 1 }, 1.5, Number.NaN, Number.POSITIVE_INFINITY],
  number: ['0.5', true, null, [1], { a: 1 }, Number.NaN, Number.POSITIVE_INFINITY],
  bytes: [true, null, [1], { a: 1 }, 1.5, -1, Number.NaN],
  switch: ['true', 1, 0, null, [], {}],
  choice: [1, null, ['info'], {}],
  text: [1, null, true, ['a'], {}],
  url: [1, null, true, ['https://example.com'], {}],
  list: ['a', 1, null, {}, [1], [null], [['a']], ['a', '']]
}

function load(leaf: Leaf, source: 'flag' | 'env' | 'tree', value: unknown): Settings {
  if (source === 'flag') return loadSettings({ flags: { [leaf.flag]: value as Flag }, env: {} })
  if (source === 'env') return loadSettings({ flags: {}, env: { [leaf.env]: value as string } })
  const tree = leaf.path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), value)
  return settingsSchema.parse(tree)
}

function valueAt(settings: Settings, leaf: Leaf): unknown {
  return leaf.path.reduce<unknown>((branch, key) => (branch as Record<string, unknown>)[key], settings)
}

/** Whether a value is refused with exactly one problem, and that names the setting. */
function refused(leaf: Leaf, source: 'flag' | 'env' | 'tree', value: unknown): boolean {
  try {
    load(leaf, source, value)
    return false
  } catch (error) {
    if (!(error instanceof ConfigError)) return source === 'tree'
    const [first, ...others] = error.problems
    const origin = source === 'flag' ? `--${leaf.flag}` : leaf.env
    return (
      others.length === 0 && first!.startsWith(leaf.path.join('.')) && first!.endsWith(`(from ${origin})`)
    )
  }
}

function goodEntries(leaf: Leaf): readonly string[] {
  return entries[leaf.entries ?? 'text'].good
}

/** Text that cannot be a value of this setting. */
function wrongTextsOf(leaf: Leaf): readonly string[] {
  const wrong = wrongTexts[leaf.kind] ?? []
  if (leaf.kind !== 'list') return wrong
  const [good] = goodEntries(leaf)
  const lists = [`${good},`, `,${good}`, new Array(65).fill(good).join()]
  return [...wrong, ...lists, ...entries[leaf.entries ?? 'text'].bad]
}

/** Some value that the setting takes besides its default, as text and as what it means. */
function another(leaf: Leaf): [text: string, value: unknown] {
  switch (leaf.kind) {
    case 'integer':
    case 'number':
    case 'bytes':
      return [String(leaf.max), leaf.max]
    case 'switch':
      return ['true', true]
    case 'choice':
      return [leaf.choices!.at(-1)!, leaf.choices!.at(-1)]
    case 'text':
      return ['something else', 'something else']
    case 'url':
      return ['https://example.com/events?key=1', 'https://example.com/events?key=1']
    case 'list':
      return [goodEntries(leaf).join(', '), goodEntries(leaf)]
  }
}

t.test('every setting has a kind, words, and bounds where it is a quantity', async t => {
  t.ok(settingLeaves.length >= 20)
  for (const leaf of settingLeaves) {
    const name = leaf.path.join('.')
    t.match(leaf.description, /^\S.{8,}[^.]$/, `${name} is described`)
    if (leaf.kind === 'integer' || leaf.kind === 'bytes' || leaf.kind === 'number') {
      const isQuantity = leaf.kind === 'number' ? Number.isFinite : Number.isSafeInteger
      t.ok(isQuantity(leaf.min), `${name} has a lower bound`)
      t.ok(isQuantity(leaf.max) && leaf.max! > leaf.min!, `${name} has an upper bound`)
      t.ok(isQuantity(leaf.standard), `${name} has a default`)
    }
    if (leaf.kind === 'choice') t.ok(leaf.choices!.includes(leaf.standard as string), name)
    if (leaf.kind === 'integer' && !/(^|\.)port$/.test(name))
      t.match(name, /(Max|Ms|Us)$/, `${name} says its unit`)
    if (leaf.kind === 'number') t.match(name, /(Ms|PerWeek|Ratio)$/, `${name} says its unit`)
    if (leaf.kind === 'bytes') t.match(name, /Bytes(InFlight)?(Max|Min)?$/, `${name} says its unit`)
  }
})

t.test('flags and variables are derived from the path, each its own', async t => {
  const names = settingLeaves.map(({ path, flag, env }) => [path.join('.'), flag, env])
  const expected = [
    ['models', 'models', 'KEDGE_MODELS'],
    ['modelName', 'model-name', 'KEDGE_MODEL_NAME'],
    ['log.level', 'log-level', 'KEDGE_LOG_LEVEL'],
    ['limits.jsonBytesMax', 'limits-json-bytes-max', 'KEDGE_LIMITS_JSON_BYTES_MAX'],
    ['shutdown.readinessDelayMs', 'shutdown-readiness-delay-ms', 'KEDGE_SHUTDOWN_READINESS_DELAY_MS']
  ]
  for (const entry of expected)
    t.strictSame(
      names.find(([path]) => path === entry[0]),
      entry
    )
  t.equal(new Set(settingLeaves.map(leaf => leaf.flag)).size, settingLeaves.length)
  t.equal(new Set(settingLeaves.map(leaf => leaf.env)).size, settingLeaves.length)
  t.notOk(settingLeaves.some(leaf => leaf.flag === 'config' || leaf.env === 'KEDGE_CONFIG'))
})

t.test('the defaults are what people are told', async t => {
  const settings = settingsSchema.parse({})
  t.match(settings, { models: ['./models'], host: '127.0.0.1', port: 8080, stateDir: './.kedge' })
  t.equal(settings.limits.jsonBytesMax, 16 * 2 ** 20)
  t.match(settings.limits, {
    bodyBytesMax: 64 * 2 ** 20,
    bodyBytesInFlightMax: 512 * 2 ** 20,
    compressBytesMin: 4096
  })
  t.strictSame(settings.engine, {
    inlineRunMaxMs: 0.15,
    inlineTurnMaxMs: 1,
    runMaxMs: 60_000,
    stuckLiveMaxMs: 60_000
  })
  t.equal(settings.requireAuth, false)
  t.equal(settings.predictionLog.enabled, false)
  t.equal(settings.driftWebhook.url, undefined)
  t.notOk('modelName' in settings)
  for (const leaf of settingLeaves) t.strictSame(valueAt(settings, leaf), leaf.standard, leaf.path.join('.'))
})

for (const leaf of settingLeaves) {
  const { min, max, kind } = leaf
  const name = leaf.path.join('.')

  if (min !== undefined && max !== undefined) {
    t.test(`${name} takes ${min} to ${max} and nothing beyond`, async t => {
      for (const source of ['flag', 'env'] as const) {
        for (const bound of [min, max]) t.equal(valueAt(load(leaf, source, `${bound}`), leaf), bound, source)
        for (const beyond of [min - 1, max + 1, -max]) t.ok(refused(leaf, source, `${beyond}`), `${beyond}`)
      }
      for (const bound of [min, max]) t.equal(valueAt(load(leaf, 'tree', bound), leaf), bound)
      for (const beyond of [min - 1, max + 1, -max]) t.ok(refused(leaf, 'tree', beyond), `${beyond}`)
    })
  }

  t.test(`${name} takes another ${kind} by flag, variable and file`, async t => {
    const [text, value] = another(leaf)
    const flag = kind === 'switch' ? true : kind === 'list' ? value : text
    t.strictSame(valueAt(load(leaf, 'flag', flag), leaf), value)
    t.strictSame(valueAt(load(leaf, 'env', text), leaf), value)
    t.strictSame(valueAt(load(leaf, 'tree', value), leaf), value)
  })

  t.test(`${name} refuses what is no ${kind}`, async t => {
    for (const text of wrongTextsOf(leaf)) {
      for (const source of ['flag', 'env'] as const)
        t.ok(refused(leaf, source, text), `${source} ${JSON.stringify(text.slice(0, 16))}`)
    }
    for (const value of wrongValues[kind]) t.ok(refused(leaf, 'tree', value), JSON.stringify(value))
  })
}

t.test('every choice of a choice is taken', async t => {
  for (const leaf of settingLeaves) {
    for (const choice of leaf.choices ?? []) t.equal(valueAt(load(leaf, 'env', choice), leaf), choice)
  }
})

t.test('sizes are read as people write them', async t => {
  for (const leaf of settingLeaves.filter(leaf => leaf.kind === 'bytes')) {
    for (const text of ['1MiB', '1 mib', '1048576', '1024 KiB'])
      t.equal(valueAt(load(leaf, 'env', text), leaf), parseByteSize(text), `${leaf.env}=${text}`)
  }
})

t.test('a list that is needed cannot be emptied, another can', async t => {
  t.throws(() => settingsSchema.parse({ models: [] }), /expected at least one entry/)
  t.strictSame(settingsSchema.parse({ readiness: { require: [] } }).readiness.require, [])
})
