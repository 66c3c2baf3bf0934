import t from 'tap'
import { type State, states } from '../../src/lifecycle/state.ts'
import { type Action, type ModelSnapshot, nextAction } from '../../src/lifecycle/transition-policy.ts'
import type { VersionPolicy } from '../../src/repository/manifest.ts'

const latest = (count = 1): VersionPolicy => ({ policy: 'latest', count })
const all: VersionPolicy = { policy: 'all' }
const only = (...versions: number[]): VersionPolicy => ({ policy: 'specific', versions })

const plain = { wanted: true, labelled: new Map<string, number>() }

/** `1 ready changed, 2 failed, 3 ready gone`: the last one is no longer on disk. */
function snapshot(policy: VersionPolicy, rows: string, labels = {}, over = {}): ModelSnapshot {
  const versions = rows.split(', ').map(row => {
    const [version, state, ...more] = row.split(' ')
    const [present, changed] = [!more.includes('gone'), more.includes('changed')]
    return [Number(version), { state: state as State, present, changed }] as const
  })
  return { ...plain, policy, labels, versions: new Map(versions), ...over }
}

/** The version that each label means right now. */
const means = (labels: Readonly<Record<string, number>>) => ({ labelled: new Map(Object.entries(labels)) })
const asleep = { wanted: false }

const load = (version: number): Action => ({ type: 'load', version })
const unload = (version: number): Action => ({ type: 'unload', version })

t.test('the next action', async t => {
  const cases: [name: string, ModelSnapshot, Action | undefined][] = [
    ['nothing is there', { ...plain, policy: latest(), labels: {}, versions: new Map() }, undefined],
    ['the newest first', snapshot(latest(), '1 discovered, 3 discovered, 2 discovered'), load(3)],
    ['the newest failed: the next lower', snapshot(latest(), '1 discovered, 2 failed'), load(1)],
    ['two failed', snapshot(latest(), '1 discovered, 2 failed, 3 failed'), load(1)],
    ['all failed', snapshot(latest(), '1 failed, 2 failed'), undefined],
    ['as it should be', snapshot(latest(), '1 discovered, 2 ready'), undefined],
    ['a new one arrives', snapshot(latest(), '1 ready, 2 discovered'), load(2)],
    ['its predecessor leaves', snapshot(latest(), '1 ready, 2 ready'), unload(1)],
    ['the new one failed: the old one stays', snapshot(latest(), '1 ready, 2 failed'), undefined],
    ['between two steps', snapshot(latest(), '1 ready, 2 ready, 3 loading'), undefined],
    ['an unloaded one comes back', snapshot(latest(), '1 unloaded, 2 failed'), load(1)],
    ['latest 2', snapshot(latest(2), '1 discovered, 2 discovered, 3 ready'), load(2)],
    ['latest 2, one failed', snapshot(latest(2), '1 discovered, 2 failed, 3 ready'), load(1)],
    ['latest 2, a third arrives', snapshot(latest(2), '1 ready, 2 ready, 3 discovered'), load(3)],
    ['latest 2, the lowest leaves', snapshot(latest(2), '1 ready, 2 ready, 3 ready'), unload(1)],
    ['latest 2, one is all there is', snapshot(latest(2), '1 ready'), undefined],
    ['all', snapshot(all, '1 discovered, 2 failed, 3 ready'), load(1)],
    ['all are ready', snapshot(all, '1 ready, 2 failed, 3 ready'), undefined],
    ['specific', snapshot(only(1), '1 discovered, 2 discovered'), load(1)],
    ['specific, others leave', snapshot(only(1), '1 ready, 2 ready'), unload(2)],
    ['specific, missing', snapshot(only(7), '1 discovered'), undefined],
    ['a label wants one more', snapshot(latest(), '1 discovered, 2 ready', { stable: 1 }), load(1)],
    ['a label keeps one', snapshot(latest(), '1 ready, 2 ready', { stable: 1 }), undefined],
    ['a label without a version', snapshot(latest(), '2 ready', { stable: 9 }), undefined],
    ['a label on a failed one', snapshot(latest(), '1 failed, 2 ready', { stable: 1 }), undefined],
    ['gone from disk', snapshot(latest(), '1 ready gone'), unload(1)],
    ['gone, another has to load first', snapshot(latest(), '1 discovered, 2 ready gone'), load(1)],
    ['gone before it was tried', snapshot(latest(), '2 discovered gone'), undefined],
    ['gone does not count as newest', snapshot(latest(), '1 ready, 2 failed gone'), undefined],
    ['gone though labelled', snapshot(latest(), '1 ready gone, 2 ready', { stable: 1 }), unload(1)],
    ['gone and leaving keeps nobody waiting', snapshot(latest(), '1 draining gone, 2 discovered'), load(2)],
    ['wanted again while it leaves: beside it', snapshot(latest(), '1 draining'), load(1)],
    ['specific, what it names failed: what serves stays', snapshot(only(2), '1 ready, 2 failed'), undefined],
    ['specific, what it names is missing', snapshot(only(7), '1 ready'), undefined],
    [
      'specific, what it names failed, what served is gone',
      snapshot(only(2), '1 ready gone, 2 failed'),
      unload(1)
    ]
  ]
  for (const [name, given, action] of cases) t.strictSame(nextAction(given), action, name)
})

t.test('the next action where files changed', async t => {
  const cases: [name: string, ModelSnapshot, Action | undefined][] = [
    ['what serves', snapshot(latest(), '1 ready changed'), load(1)],
    ['what failed', snapshot(latest(), '1 ready, 2 failed changed'), load(2)],
    ['what failed, below what serves', snapshot(latest(), '1 failed changed, 2 ready'), undefined],
    ['what nobody wants', snapshot(latest(), '1 ready changed, 2 ready'), unload(1)],
    ['what nobody wants, yet', snapshot(latest(), '1 ready changed, 2 discovered'), load(2)],
    ['what a label wants', snapshot(latest(), '1 ready changed, 2 ready', { stable: 1 }), load(1)],
    ['two, the highest first', snapshot(all, '1 ready changed, 2 ready changed'), load(2)],
    ['one, and a new one', snapshot(all, '1 ready changed, 2 discovered'), load(2)],
    ['gone', snapshot(latest(), '1 ready changed gone'), unload(1)],
    ['while it leaves', snapshot(latest(), '1 draining changed'), load(1)],
    ['while another arrives', snapshot(all, '1 ready changed, 2 gating'), undefined],
    ['of a model that sleeps', snapshot(latest(), '1 ready changed', {}, asleep), unload(1)]
  ]
  for (const [name, given, action] of cases) t.strictSame(nextAction(given), action, name)
})

t.test('the next action of a model that nobody wants', async t => {
  const cases: [name: string, ModelSnapshot, Action | undefined][] = [
    ['nothing is loaded', snapshot(all, '1 discovered, 2 failed', {}, asleep), undefined],
    ['what serves leaves', snapshot(all, '1 ready, 2 discovered', {}, asleep), unload(1)],
    [
      'labelled or not',
      snapshot(latest(), '1 ready', { a: 1 }, { ...asleep, ...means({ a: 1 }) }),
      unload(1)
    ],
    ['what arrives arrives first', snapshot(latest(), '1 ready, 2 loading', {}, asleep), undefined],
    ['it is gone', snapshot(all, '1 unloaded, 2 draining', {}, asleep), undefined]
  ]
  for (const [name, given, action] of cases) t.strictSame(nextAction(given), action, name)
})

t.test('the next action while labels move', async t => {
  const cases: [name: string, ModelSnapshot, Action | undefined][] = [
    [
      'its target loads',
      snapshot(latest(), '1 ready, 2 discovered, 3 ready', { a: 2 }, means({ a: 1 })),
      load(2)
    ],
    [
      'its target failed: it stays',
      snapshot(latest(), '1 ready, 2 failed, 3 ready', { a: 2 }, means({ a: 1 })),
      undefined
    ],
    [
      'its target is missing: it stays',
      snapshot(latest(), '1 ready, 3 ready', { a: 2 }, means({ a: 1 })),
      undefined
    ],
    ['it moved', snapshot(latest(), '1 ready, 2 ready, 3 ready', { a: 2 }, means({ a: 2 })), unload(1)],
    [
      'it is about to move',
      snapshot(latest(), '1 ready, 2 ready, 3 ready', { a: 2 }, means({ a: 1 })),
      unload(1)
    ],
    ['it is removed', snapshot(latest(), '1 ready, 3 ready', {}, means({ a: 1 })), unload(1)],
    [
      'another keeps it',
      snapshot(latest(), '1 ready, 2 ready, 3 ready', { a: 2, b: 1 }, means({ a: 2 })),
      undefined
    ],
    [
      'what it has is gone',
      snapshot(latest(), '1 ready gone, 2 failed, 3 ready', { a: 2 }, means({ a: 1 })),
      unload(1)
    ],
    [
      'what it has changed',
      snapshot(latest(), '1 ready changed, 2 failed, 3 ready', { a: 2 }, means({ a: 1 })),
      load(1)
    ]
  ]
  for (const [name, given, action] of cases) t.strictSame(nextAction(given), action, name)
})

t.test('a version on its way has to arrive first', async t => {
  const arriving: readonly State[] = ['validating', 'probing', 'loading', 'warming', 'gating']
  for (const state of states) {
    const action = nextAction(snapshot(all, `1 discovered, 2 ${state}`))
    t.equal(action === undefined, arriving.includes(state), state)
  }
})
