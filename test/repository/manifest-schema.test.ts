import t from 'tap'
import {
  type Manifest,
  manifestSchema,
  reservedKeys,
  versionManifestSchema
} from '../../src/repository/manifest-schema.ts'

/** The value at a path such as `queue.rowsMax`, as a tree that holds nothing else. */
const treeOf = (path: string, value: unknown): object =>
  path.split('.').reduceRight<unknown>((inner, key) => ({ [key]: inner }), value) as object

/** What a setting becomes, or `path: words` for each problem. */
function read(path: string, value: unknown): unknown {
  const result = manifestSchema.safeParse(treeOf(path, value))
  if (!result.success)
    return result.error.issues.map(issue => `${issue.path.join('.')}: ${issue.message}`).join('; ')
  return path
    .split('.')
    .reduce<unknown>((branch, key) => (branch as Record<string, unknown>)[key], result.data)
}

const defaults: Manifest = {
  schema: 1,
  inputs: {},
  outputs: {},
  batching: { enabled: true, rowsMax: 64, delayMaxMs: 0, oversized: 'run' },
  queue: { rowsMax: 1024, bytesMax: 64 * 2 ** 20 },
  timeoutMs: 30_000,
  instances: { placement: 'auto', count: 'auto', threads: 'auto' },
  runtime: { provider: 'cpu', graphOptimization: 'all' },
  gate: { required: false, slowRun: 'warn' },
  drift: { enabled: true, thresholds: {} },
  predictionLog: { enabled: true, features: {}, standard: 'keep' },
  versions: { policy: 'latest', count: 1 },
  labels: {},
  load: 'eager',
  pinned: false
}

t.test('every default', async t => {
  t.strictSame(manifestSchema.parse({}), defaults)
  t.strictSame(manifestSchema.parse({ versions: { policy: 'latest' }, drift: {}, queue: {} }), defaults)
  const { versions, labels, load, pinned, ...shared } = defaults
  t.strictSame(versionManifestSchema.parse({}), shared)
  t.strictSame([versions.policy, labels, load, pinned], ['latest', {}, 'eager', false])
})

/** Whole numbers, with their bounds. */
const wholeNumbers: [path: string, min: number, max: number][] = [
  ['unloadIdleMs', 100, 31_536_000_000],
  ['batching.rowsMax', 1, 65_536],
  ['queue.rowsMax', 1, 10_000_000],
  ['timeoutMs', 1, 86_400_000],
  ['instances.count', 1, 256],
  ['instances.threads', 1, 256],
  ['labels.stable', 1, Number.MAX_SAFE_INTEGER]
]

for (const [path, min, max] of wholeNumbers) {
  t.test(`${path} is a whole number from ${min} to ${max}`, async t => {
    for (const good of [min, max]) t.equal(read(path, good), good)
    const words = new RegExp(`^${path}: expected (auto or )?a whole number from ${min} to ${max}$`)
    for (const bad of [min - 1, max + 1, min + 0.5, '5', true, null, [], Number.NaN, Infinity])
      t.match(read(path, bad), words, String(bad))
  })
}

t.test('numbers that need not be whole', async t => {
  for (const good of [0, 0.5, 10_000]) t.equal(read('batching.delayMaxMs', good), good)
  for (const bad of [-0.1, 10_000.1, '1', null, Number.NaN, Infinity])
    t.equal(read('batching.delayMaxMs', bad), 'batching.delayMaxMs: expected a number from 0 to 10000')
  for (const bound of ['warning', 'critical']) {
    const path = `drift.thresholds.psi.${bound}`
    for (const good of [0, 0.2, 1e6]) t.equal(read(path, good), good)
    for (const bad of [-1, 1e6 + 1, '0.1', null])
      t.equal(read(path, bad), `${path}: expected a number from 0 to 1000000`)
  }
})

t.test('the size of a queue is bytes', async t => {
  const good: [unknown, number][] = [
    ['64MiB', 64 * 2 ** 20],
    [1024, 1024],
    ['1KiB', 1024],
    [2 ** 40, 2 ** 40],
    ['1024GiB', 2 ** 40]
  ]
  for (const [value, bytes] of good) t.equal(read('queue.bytesMax', value), bytes)
  for (const bad of [1023, 2 ** 40 + 1, '1MB/s', '', 1.5, -1])
    t.equal(
      read('queue.bytesMax', bad),
      'queue.bytesMax: expected a size from 1024 to 1099511627776 bytes, such as 64MiB'
    )
  for (const bad of [true, null, [1]])
    t.equal(read('queue.bytesMax', bad), 'queue.bytesMax: expected a size such as 64MiB')
})

t.test('words out of a set', async t => {
  const sets: [path: string, good: unknown[], words: string][] = [
    ['schema', [1], 'expected 1'],
    ['batching.axis', [0], 'expected 0: only the first axis can be a batch axis'],
    ['batching.oversized', ['run', 'refuse'], 'expected run or refuse'],
    ['batching.enabled', [true, false], 'expected true or false'],
    ['gate.required', [true, false], 'expected true or false'],
    ['drift.enabled', [true, false], 'expected true or false'],
    ['predictionLog.enabled', [true, false], 'expected true or false'],
    ['predictionLog.standard', ['keep', 'redact', 'hash'], 'expected keep, redact or hash'],
    ['predictionLog.features.age', ['keep', 'redact', 'hash'], 'expected keep, redact or hash'],
    [
      'instances.placement',
      ['auto', 'inline', 'thread', 'process'],
      'expected auto, inline, thread or process'
    ],
    ['runtime.provider', ['cpu'], 'expected cpu'],
    [
      'runtime.graphOptimization',
      ['disabled', 'basic', 'extended', 'all'],
      'expected disabled, basic, extended or all'
    ],
    [
      'inputs.x.type',
      ['number', 'integer', 'boolean', 'category', 'string', 'tensor'],
      'expected number, integer, boolean, category, string or tensor'
    ],
    ['inputs.x.outOfRange', ['reject', 'clip', 'flag'], 'expected reject, clip or flag'],
    ['inputs.x.nullable', [true, false], 'expected true or false'],
    [
      'outputs.y.role',
      ['label', 'probabilities', 'score', 'value', 'embedding'],
      'expected label, probabilities, score, value or embedding'
    ]
  ]
  for (const [path, good, words] of sets) {
    for (const value of good) t.equal(read(path, value), value, `${path} ${value}`)
    for (const bad of ['other', '', -2, null, ['auto'], {}])
      t.equal(read(path, bad), `${path}: ${words}`, `${path} ${bad}`)
  }
})

t.test('counts of instances and threads may be left to the server', async t => {
  for (const path of ['instances.count', 'instances.threads']) {
    t.equal(read(path, 'auto'), 'auto')
    t.equal(read(path, 'all'), `${path}: expected auto or a whole number from 1 to 256`)
  }
})

t.test('version policies', async t => {
  const good = [
    { policy: 'latest', count: 1000 },
    { policy: 'all' },
    { policy: 'specific', versions: [1, 3, Number.MAX_SAFE_INTEGER] }
  ]
  for (const policy of good) t.strictSame(read('versions', policy), policy)
  const bad: [value: unknown, problem: RegExp][] = [
    ['latest', /^versions: /],
    [{}, /^versions(\.policy)?: expected policy: latest, all or specific$/],
    [{ policy: 'newest' }, /^versions(\.policy)?: expected policy: latest, all or specific$/],
    [{ policy: 'latest', count: 0 }, /^versions\.count: expected a whole number from 1 to 1000$/],
    [{ policy: 'latest', count: 1001 }, /^versions\.count: /],
    [{ policy: 'latest', versions: [1] }, /^versions: /],
    [{ policy: 'all', count: 1 }, /^versions: /],
    [{ policy: 'specific' }, /^versions\.versions: /],
    [{ policy: 'specific', versions: [] }, /^versions\.versions: expected at least one version$/],
    [{ policy: 'specific', versions: [0] }, /^versions\.versions\.0: expected a whole number/],
    [{ policy: 'specific', versions: new Array(1001).fill(1) }, /^versions\.versions: /]
  ]
  for (const [value, problem] of bad)
    t.match(read('versions', value), problem, JSON.stringify(value).slice(0, 60))
})

t.test('labels are names that stand in a path, for versions', async t => {
  for (const name of ['stable', 'A', '_x', 'a1', 'x'.repeat(64)]) t.equal(read(`labels.${name}`, 3), 3, name)
  for (const name of ['1st', 'a-b', 'a b', 'ä', 'x'.repeat(65)])
    t.type(read(`labels.${name}`, 3), 'string', name)
})

t.test('rules of inputs and columns', async t => {
  const column = (rules: object): unknown => read('inputs.x', { columns: [{ name: 'age', ...rules }] })
  const problem = (rules: object): string => String(column(rules)).replace(/^inputs\.x\.columns\.0\./, '')
  const full = {
    type: 'number',
    unit: 'years',
    description: 'of the customer',
    min: 0,
    max: 120,
    values: [1, 'two', true],
    nullable: true,
    default: 3,
    outOfRange: 'clip'
  }
  t.strictSame(read('inputs.x', full), full)
  t.strictSame(column(full), { columns: [{ name: 'age', ...full }] })
  t.equal(problem({ name: '' }), 'name: expected a name')
  t.equal(problem({ name: 5 }), 'name: expected a name')
  t.equal(problem({ min: 2, max: 1 }), 'min: min is above max')
  t.strictSame(column({ min: 1, max: 1 }), { columns: [{ name: 'age', min: 1, max: 1 }] })
  t.equal(read('inputs.x', { min: 2, max: 1 }), 'inputs.x.min: min is above max')
  t.equal(problem({ min: '0' }), 'min: expected a number')
  t.equal(problem({ values: [] }), 'values: expected at least one value')
  t.equal(problem({ values: [[1]] }), 'values.0: expected text, a number, true or false')
  t.equal(problem({ default: null }), 'default: expected text, a number, true or false')
  t.equal(read('inputs.x', { columns: [] }), 'inputs.x.columns: expected at least one column')
  t.match(column({ columns: [] }), /^inputs\.x\.columns\.0: Unrecognized key/)
})

t.test('lists and texts have limits', async t => {
  const list = (length: number): number[] => new Array<number>(length).fill(1)
  t.type(read('inputs.x.values', list(10_000)), Array)
  t.type(read('inputs.x.values', list(10_001)), 'string')
  t.type(read('outputs.y.classes', list(100_000)), Array)
  t.type(read('outputs.y.classes', list(100_001)), 'string')
  t.type(read('outputs.y.classes', []), 'string')
  for (const path of ['description', 'card.owner', 'inputs.x.unit', 'outputs.y.description']) {
    t.equal(read(path, 'x'.repeat(4096)), 'x'.repeat(4096))
    t.equal(read(path, 'x'.repeat(4097)), `${path}: expected at most 4096 characters`)
    t.equal(read(path, 5), `${path}: expected text`)
  }
  const columns = Array.from({ length: 100_001 }, (_, index) => ({ name: String(index) }))
  t.type(read('inputs.x', { columns }), 'string')
})

t.test('a card takes keys of its own, nothing else does', async t => {
  const card = { owner: 'growth', licence: 'internal', reviewedBy: ['a', 'b'] }
  t.strictSame(read('card', card), card)
  for (const path of [
    'batching',
    'queue',
    'instances',
    'runtime',
    'gate',
    'drift',
    'predictionLog',
    'inputs.x',
    'outputs.y',
    'drift.thresholds.psi'
  ])
    t.match(read(path, { other: 1 }), new RegExp(`^${path}: Unrecognized key`), path)
  t.match(read('other', 1), /^: Unrecognized key/)
})

t.test('versions, labels and reserved words have no place in a version', async t => {
  for (const key of ['versions', 'labels', ...reservedKeys])
    t.notOk(
      versionManifestSchema.safeParse({ [key]: (defaults as Partial<Record<string, unknown>>)[key] ?? {} })
        .success,
      key
    )
  for (const key of reservedKeys) t.notOk(manifestSchema.safeParse({ [key]: {} }).success, key)
})
