import fc from 'fast-check'
import t from 'tap'
import {
  choosePlacement,
  inlineOpenMaxMs,
  inlineRowsMax,
  instancePlan,
  type PlacementFacts,
  Strikes,
  strikesMax
} from '../../src/lifecycle/placement.ts'

const limits = { inlineRunMaxMs: 0.15 }
const small: PlacementFacts = {
  wanted: 'auto',
  count: 1,
  runMs: 0.05,
  openMs: 2,
  hasFreeSizes: false,
  suppliedRequest: false
}

/** What speaks against the HTTP thread, and the words for it. */
const against: [name: string, over: Partial<PlacementFacts>, reason: string][] = [
  [
    'a slow run',
    { runMs: 0.1501 },
    'a run takes 0.15 ms, more than the 0.15 ms that the HTTP thread may be held up'
  ],
  [
    'a very slow run',
    { runMs: 123.4 },
    'a run takes 1.2e+2 ms, more than the 0.15 ms that the HTTP thread may be held up'
  ],
  ['no run at all', { runMs: undefined }, 'no run could be measured'],
  [
    'a session that takes long to create',
    { openMs: 5.01 },
    'its session takes 5.0 ms to create, more than the 5 ms that the HTTP thread may be held up'
  ],
  [
    'sizes that nobody knows',
    { hasFreeSizes: true },
    'sizes besides the batch are free, and no warm-up request says which are typical'
  ],
  ['several instances', { count: 2 }, '2 instances are asked for, and there is one HTTP thread']
]

const fine: [name: string, over: Partial<PlacementFacts>][] = [
  ['a small model', {}],
  ['a run at the limit', { runMs: 0.15 }],
  ['no time at all', { runMs: 0, openMs: 0 }],
  ['a session at the limit', { openMs: inlineOpenMaxMs }],
  ['free sizes that a supplied request fixes', { hasFreeSizes: true, suppliedRequest: true }],
  ['a supplied request', { suppliedRequest: true }]
]

t.test(
  'auto: on the HTTP thread where nothing speaks against it, else on a thread, with the reason',
  async t => {
    for (const [name, over] of fine) {
      const choice = choosePlacement({ ...small, ...over }, limits)
      t.equal(choice.placement, 'inline', name)
      t.match(choice.reason, /^a run takes 0(\.\d+)? ms, less than the way to a thread$/, name)
    }
    for (const [name, over, reason] of against)
      t.strictSame(choosePlacement({ ...small, ...over }, limits), { placement: 'thread', reason }, name)
  }
)

t.test('what model.yaml asks for is honoured, with a word where it is unwise', async t => {
  for (const [name, over] of [...fine, ...against]) {
    for (const wanted of ['thread', 'process'] as const) {
      const choice = choosePlacement({ ...small, ...over, wanted }, limits)
      t.strictSame(choice, { placement: wanted, reason: 'model.yaml asks for it' }, `${wanted}, ${name}`)
    }
  }
  for (const [name, over] of fine) {
    const choice = choosePlacement({ ...small, ...over, wanted: 'inline' }, limits)
    t.strictSame(choice, { placement: 'inline', reason: 'model.yaml asks for it' }, name)
  }
  for (const [name, over, reason] of against) {
    const choice = choosePlacement({ ...small, ...over, wanted: 'inline' }, limits)
    t.strictSame(choice, { placement: 'inline', reason: `model.yaml asks for it, unwisely: ${reason}` }, name)
  }
})

t.test('the limit of a run is the setting', async t => {
  t.equal(choosePlacement({ ...small, runMs: 3 }, { inlineRunMaxMs: 3 }).placement, 'inline')
  t.match(choosePlacement({ ...small, runMs: 3.1 }, { inlineRunMaxMs: 3 }), {
    placement: 'thread',
    reason: /3 ms/
  })
})

t.test('rows of an inline batch fit into a turn', async t => {
  const cases: [rows: number, runMs: number, turnMaxMs: number, expected: number][] = [
    [64, 0, 1, 64],
    [64, 1, 1, 64],
    [64, 2, 1, 32],
    [64, 3, 1, 21],
    [64, 64, 1, 1],
    [64, 1e6, 1, 1],
    [1, 50, 1, 1],
    [10, 1, 0.25, 2]
  ]
  for (const [rows, runMs, turnMaxMs, expected] of cases)
    t.equal(
      inlineRowsMax(rows, runMs, turnMaxMs),
      expected,
      `${rows} rows in ${runMs} ms, ${turnMaxMs} ms a turn`
    )
})

t.test('strikes: slow runs have to outweigh quick ones', async t => {
  const strikes = new Strikes(1)
  for (let i = 1; i < strikesMax; i++) t.notOk(strikes.add(1.5))
  t.notOk(strikes.add(1), 'a run at the limit is none, and takes one back')
  t.notOk(strikes.add(1.1))
  t.ok(strikes.add(1.1))
  t.notOk(strikes.add(9), 'counted from none again')
  for (let i = 2; i < strikesMax; i++) t.notOk(strikes.add(9))
  t.ok(strikes.add(9))

  const calm = new Strikes(1)
  for (let i = 0; i < 100; i++) calm.add(0.5)
  for (let i = 1; i < strikesMax; i++) t.notOk(calm.add(2), 'quick runs are not saved up')
  t.ok(calm.add(2))

  const even = new Strikes(1)
  for (let i = 0; i < 1000; i++) t.notOk(even.add(i % 2 === 0 ? 2 : 0.5))
})

t.test('instances and threads come to what was asked for, or to the CPUs', async t => {
  const cases: [
    count: number | 'auto',
    threads: number | 'auto',
    cpus: number,
    expected: [number, number]
  ][] = [
    ['auto', 'auto', 8, [1, 8]],
    ['auto', 'auto', 1, [1, 1]],
    [2, 'auto', 8, [2, 4]],
    [3, 'auto', 8, [3, 2]],
    [16, 'auto', 8, [16, 1]],
    ['auto', 3, 8, [1, 3]],
    [4, 5, 2, [4, 5]]
  ]
  for (const [count, threads, cpus, [instances, each]] of cases)
    t.strictSame(
      instancePlan({ count, threads }, cpus),
      { count: instances, threads: each },
      `${count} × ${threads}`
    )
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 256 }), fc.integer({ min: 1, max: 128 }), (count, cpus) => {
      const plan = instancePlan({ count, threads: 'auto' }, cpus)
      return plan.threads >= 1 && (plan.count * plan.threads <= cpus || plan.threads === 1)
    })
  )
})
