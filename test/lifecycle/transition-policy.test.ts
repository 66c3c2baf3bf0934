import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import t from 'tap'
import { type State, states } from '../../src/lifecycle/state.ts'
import { type Action, type ModelSnapshot, nextAction } from '../../src/lifecycle/transition-policy.ts'
import type { VersionPolicy } from '../../src/repository/manifest.ts'

const latest = (count = 1): VersionPolicy => ({ policy: 'latest', count })
const all: VersionPolicy = { policy: 'all' }
const only = (...versions: number[]): VersionPolicy => ({ policy: 'specific', versions })

const plain = { wanted: true, labelled: new Map<string, number>() }

/** `1 ready, 2 failed, 3 ready gone`: the last one is no longer on disk. */
function snapshot(policy: VersionPolicy, rows: string, labels = {}): ModelSnapshot {
  const versions = rows.split(', ').map(row => {
    const [version, state, gone] = row.split(' ')
    return [Number(version), { state: state as State, present: gone === undefined, changed: false }] as const
  })
  return { ...plain, policy, labels, versions: new Map(versions) }
}

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
    ['wanted again while it leaves: beside it', snapshot(latest(), '1 draining'), load(1)]
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

interface Model {
  readonly policy: VersionPolicy
  readonly labels: Readonly<Record<string, number>>
  readonly rows: readonly (readonly [version: number, state: State, present: boolean])[]
  /** Versions that fail to load. */
  readonly broken: readonly number[]
}

const policies: fc.Arbitrary<VersionPolicy> = fc.oneof(
  fc.integer({ min: 1, max: 4 }).map(latest),
  fc.constant(all),
  fc.uniqueArray(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 4 }).map(list => only(...list))
)
const lastingState = fc.constantFrom<State>('discovered', 'ready', 'unloaded', 'failed')
const models: fc.Arbitrary<Model> = fc.record({
  policy: policies,
  labels: fc.dictionary(fc.constantFrom('a', 'b'), fc.integer({ min: 1, max: 8 })),
  rows: fc.uniqueArray(fc.tuple(fc.integer({ min: 1, max: 8 }), lastingState, fc.boolean()), {
    selector: ([version]) => version,
    maxLength: 8
  }),
  broken: fc.uniqueArray(fc.integer({ min: 1, max: 8 }))
})

type Versions = Map<number, { state: State; present: boolean; changed: boolean }>

/** Carries out actions until there is none. Calls `before` with each. */
function settle(
  { policy, labels, rows, broken }: Model,
  before: (action: Action, versions: Versions) => void = () => undefined
): { versions: Versions; steps: number } {
  const versions: Versions = new Map(
    rows.map(([version, state, present]) => [version, { state, present, changed: false }])
  )
  for (let steps = 0; ; steps++) {
    const action = nextAction({ ...plain, policy, labels, versions })
    if (action === undefined || steps > 100) return { versions, steps }
    before(action, versions)
    const loaded = broken.includes(action.version) ? 'failed' : 'ready'
    versions.get(action.version)!.state = action.type === 'load' ? loaded : 'unloaded'
  }
}

const ready = (versions: Versions): number[] =>
  [...versions].filter(([, { state }]) => state === 'ready').map(([version]) => version)

t.test('it always comes to an end, after at most one load and one removal of each version', async () => {
  fc.assert(fc.property(models, model => settle(model).steps <= 2 * model.rows.length))
})

t.test('asking twice gives the same answer and changes nothing', async () => {
  fc.assert(
    fc.property(models, model => {
      let same = true
      settle(model, (action, versions) => {
        const before = structuredClone([...versions])
        const again = nextAction({ ...plain, ...model, versions })
        same &&= isDeepStrictEqual([again, [...versions]], [action, before])
      })
      return same
    })
  )
})

t.test(
  'every action makes sense: loads of what is there and untried, removals of what is ready',
  async () => {
    fc.assert(
      fc.property(models, model => {
        let sound = true
        settle(model, ({ type, version }, versions) => {
          const { state, present } = versions.get(version)!
          const fits =
            type === 'load' ? present && ['discovered', 'unloaded'].includes(state) : state === 'ready'
          sound &&= fits
        })
        return sound
      })
    )
  }
)

t.test('at the end: what is wanted and can be ready is ready, nothing else is', async () => {
  fc.assert(
    fc.property(models, model => {
      const { policy, labels, rows, broken } = model
      const { versions } = settle(model)
      // A version that was ready already is not tried again.
      const usable = rows
        .filter(
          ([version, state, present]) =>
            present && state !== 'failed' && (state === 'ready' || !broken.includes(version))
        )
        .map(([version]) => version)
        .sort((a, b) => b - a)
      const chosen =
        policy.policy === 'latest'
          ? usable.slice(0, policy.count)
          : usable.filter(version => policy.policy === 'all' || policy.versions.includes(version))
      const labelled = usable.filter(version => Object.values(labels).includes(version))
      const expected = [...new Set([...chosen, ...labelled])]
      return isDeepStrictEqual(ready(versions).sort(), expected.sort())
    })
  )
})

t.test('with latest, a model that answers goes on answering as long as anything on disk can', async () => {
  fc.assert(
    fc.property(models, model => {
      if (model.policy.policy !== 'latest') return true
      let gap = false
      settle(model, ({ type }, versions) => {
        const last = type === 'unload' && ready(versions).length === 1
        const { versions: after } = settle(model)
        gap ||= last && ready(after).length > 0
      })
      return !gap
    })
  )
})
