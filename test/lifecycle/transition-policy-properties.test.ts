// What holds for the policy whatever versions there are, when its actions are carried out one by one.
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import t from 'tap'
import { resolveLabels } from '../../src/lifecycle/labels.ts'
import type { State } from '../../src/lifecycle/state.ts'
import { type Action, type ModelSnapshot, nextAction } from '../../src/lifecycle/transition-policy.ts'
import type { VersionPolicy } from '../../src/repository/manifest.ts'

type Labels = Readonly<Record<string, number>>

interface Row {
  readonly version: number
  readonly state: State
  readonly present: boolean
  readonly changed: boolean
}

interface Model {
  readonly wanted: boolean
  readonly policy: VersionPolicy
  readonly labels: Labels
  /** What labels meant before. */
  readonly before: Labels
  readonly rows: readonly Row[]
  /** Versions that fail to load. */
  readonly broken: readonly number[]
}

const version = fc.integer({ min: 1, max: 8 })
const policies: fc.Arbitrary<VersionPolicy> = fc.oneof(
  fc.integer({ min: 1, max: 4 }).map(count => ({ policy: 'latest', count }) as const),
  fc.constant({ policy: 'all' } as const),
  fc
    .uniqueArray(version, { minLength: 1, maxLength: 4 })
    .map(versions => ({ policy: 'specific', versions }) as const)
)
const labels = fc.dictionary(fc.constantFrom('a', 'b'), version)
const rows = fc.record({
  version,
  state: fc.constantFrom<State>('discovered', 'ready', 'unloaded', 'failed'),
  present: fc.boolean(),
  changed: fc.boolean()
})
const models: fc.Arbitrary<Model> = fc.record({
  wanted: fc.integer({ min: 0, max: 4 }).map(dice => dice > 0),
  policy: policies,
  labels,
  before: labels,
  // Only what was tried can have changed since.
  rows: fc
    .uniqueArray(rows, { selector: row => row.version, maxLength: 8 })
    .map(list =>
      list.map(row => ({ ...row, changed: row.changed && ['ready', 'failed'].includes(row.state) }))
    ),
  broken: fc.uniqueArray(version)
})

type Versions = Map<number, { state: State; present: boolean; changed: boolean }>

interface World extends ModelSnapshot {
  readonly versions: Versions
  labelled: Map<string, number>
}

function worldOf({ wanted, policy, labels, before, rows }: Model): World {
  const versions: Versions = new Map(rows.map(({ version, ...row }) => [version, { ...row }]))
  const world = { wanted, policy, labels, labelled: new Map(Object.entries(before)), versions }
  moveLabels(world)
  return world
}

/** As the manager does after every step. */
function moveLabels(world: World): void {
  const { labels, labelled, versions } = world
  world.labelled = resolveLabels(labels, labelled, version => versions.get(version)?.state === 'ready')
}

/** Carries out actions until there is none. Calls `before` with each. */
function settle(
  model: Model,
  before: (action: Action, world: World) => void = () => undefined
): { world: World; steps: number } {
  const world = worldOf(model)
  for (let steps = 0; ; steps++) {
    const action = nextAction(world)
    if (action === undefined || steps > 100) return { world, steps }
    before(action, world)
    const row = world.versions.get(action.version)!
    if (action.type === 'unload') row.state = 'unloaded'
    // Files that are refused leave what serves where it is.
    else if (!model.broken.includes(action.version)) row.state = 'ready'
    else if (row.state !== 'ready') row.state = 'failed'
    if (action.type === 'load') row.changed = false
    moveLabels(world)
  }
}

const ready = ({ versions }: World): number[] =>
  [...versions].filter(([, { state }]) => state === 'ready').map(([version]) => version)

t.test('it always comes to an end, after at most one load and one removal of each version', async () => {
  fc.assert(
    fc.property(models, model => {
      const actions: string[] = []
      const { steps } = settle(model, ({ type, version }) => void actions.push(`${type} ${version}`))
      return new Set(actions).size === steps && steps <= 2 * model.rows.length
    })
  )
})

t.test('asking twice gives the same answer and changes nothing', async () => {
  fc.assert(
    fc.property(models, model => {
      let same = true
      settle(model, (action, world) => {
        const before = structuredClone([...world.versions])
        const again = nextAction(world)
        same &&= isDeepStrictEqual([again, [...world.versions]], [action, before])
      })
      return same
    })
  )
})

t.test('every action makes sense: loads of what is new or changed, removals of what is ready', async () => {
  fc.assert(
    fc.property(models, model => {
      let sound = true
      settle(model, ({ type, version }, { versions }) => {
        const { state, present, changed } = versions.get(version)!
        const isNew = ['discovered', 'unloaded'].includes(state)
        const fits = type === 'load' ? model.wanted && present && (isNew || changed) : state === 'ready'
        sound &&= fits
      })
      return sound
    })
  )
})

/** What is to be ready in the end, by the words of the design. */
function expected({ wanted, policy, labels, rows, broken, ...model }: Model): number[] {
  if (!wanted) return []
  // What serves goes on, whatever becomes of its changed files; what failed is tried again only if it changed.
  const usable = rows
    .filter(({ version, state, present, changed }) => {
      if (!present || state === 'ready') return present
      return !broken.includes(version) && (state !== 'failed' || changed)
    })
    .map(row => row.version)
    .sort((a, b) => b - a)
  const chosen =
    policy.policy === 'latest'
      ? usable.slice(0, policy.count)
      : usable.filter(version => policy.policy === 'all' || policy.versions.includes(version))
  const targets = usable.filter(version => Object.values(labels).includes(version))
  const held = worldOf({ wanted, policy, labels, rows, broken, ...model }).labelled
  const kept = Object.entries(labels).flatMap(([label, target]) => {
    const holder = held.get(label)
    return holder === undefined || usable.includes(target) || !usable.includes(holder) ? [] : [holder]
  })
  const all = [...new Set([...chosen, ...targets, ...kept])]
  if (all.length > 0) return all
  // Nothing that is asked for can serve: what serves and lies there still goes on.
  return rows.filter(({ state, present }) => state === 'ready' && present).map(row => row.version)
}

t.test('at the end: what is wanted and can be ready is ready, nothing else is', async () => {
  fc.assert(
    fc.property(models, model =>
      isDeepStrictEqual(ready(settle(model).world).sort(), expected(model).sort())
    ),
    { numRuns: 1000 }
  )
})

t.test('with latest, a model that answers goes on answering as long as anything on disk can', async () => {
  fc.assert(
    fc.property(models, model => {
      if (model.policy.policy !== 'latest') return true
      let gap = false
      settle(model, ({ type }, world) => {
        const last = type === 'unload' && ready(world).length === 1
        const { world: after } = settle(model)
        gap ||= last && ready(after).length > 0
      })
      return !gap
    })
  )
})

t.test('with any policy, the last version that serves and still lies there never leaves', async () => {
  fc.assert(
    fc.property(models, model => {
      if (!model.wanted) return true
      let gap = false
      settle(model, ({ type, version }, world) => {
        gap ||= type === 'unload' && ready(world).length === 1 && world.versions.get(version)!.present
      })
      return !gap
    })
  )
})

t.test('a label never loses a version that lies there, but to its target', async () => {
  fc.assert(
    fc.property(models, model => {
      if (!model.wanted) return true
      const held = worldOf(model).labelled
      const { labelled } = settle(model).world
      return [...held].every(([label, version]) => {
        const isThere = model.rows.some(row => row.version === version && row.present)
        const now = labelled.get(label)
        return now === version || now === model.labels[label] || !isThere
      })
    }),
    { numRuns: 3000 }
  )
})
