import t from 'tap'
import { mayFollow, type PublicState, publicState, type State, states } from '../../src/lifecycle/state.ts'

// The whole truth, written down a second time.
const successors: Record<State, readonly State[]> = {
  discovered: ['validating', 'failed'],
  validating: ['probing', 'loading', 'failed'],
  probing: ['loading', 'failed'],
  loading: ['warming', 'failed'],
  warming: ['gating', 'ready', 'failed'],
  gating: ['ready', 'failed'],
  ready: ['draining', 'failed'],
  draining: ['unloading', 'failed'],
  unloading: ['unloaded', 'failed'],
  unloaded: ['validating', 'failed'],
  failed: ['validating']
}

for (const from of states) {
  t.test(`what may follow ${from}`, async t => {
    t.strictSame(
      states.filter(to => mayFollow(from, to)),
      states.filter(to => successors[from].includes(to))
    )
  })
}

t.test(
  'every state can be reached from the first, and the way to ready can be taken without the optional steps',
  async t => {
    const reached = new Set<State>(['discovered'])
    for (const from of reached) for (const to of states) if (mayFollow(from, to)) reached.add(to)
    t.strictSame([...reached].sort(), [...states].sort())
    const shortest: readonly State[] = ['discovered', 'validating', 'loading', 'warming', 'ready']
    for (const [index, to] of shortest.slice(1).entries()) t.ok(mayFollow(shortest[index]!, to), `→ ${to}`)
    t.notOk(mayFollow('discovered', 'ready'), 'nothing gets ready without being tried')
  }
)

t.test('what the outside is told', async t => {
  const table: Record<State, PublicState> = {
    discovered: 'LOADING',
    validating: 'LOADING',
    probing: 'LOADING',
    loading: 'LOADING',
    warming: 'LOADING',
    gating: 'LOADING',
    ready: 'READY',
    draining: 'UNLOADING',
    unloading: 'UNLOADING',
    unloaded: 'UNAVAILABLE',
    failed: 'UNAVAILABLE'
  }
  t.strictSame(Object.fromEntries(states.map(state => [state, publicState(state)])), table)
})
