import t from 'tap'
import { Holds } from '../../src/lifecycle/handle.ts'
import { type ReadinessFacts, unreadyReason } from '../../src/lifecycle/readiness.ts'
import { fakeVersion } from '../helpers/fakes.ts'

const standard = new Holds(fakeVersion().version)
const served: ReadinessFacts['served'] = {
  served: model => (model === 'here' ? { standard, versions: new Map([[1, standard]]) } : undefined)
}

t.test('ready, or the reason why not', async t => {
  const fine: ReadinessFacts = { settled: true, draining: false, required: [], served }
  const cases: [name: string, Partial<ReadinessFacts>, string | undefined][] = [
    ['settled', {}, undefined],
    ['loading', { settled: false }, 'models are still loading'],
    ['the required model serves', { required: ['here'] }, undefined],
    ['it does not', { required: ['gone'] }, 'required models are not ready: gone'],
    [
      'all that are missing',
      { required: ['gone', 'here', 'lost'] },
      'required models are not ready: gone, lost'
    ],
    ['draining', { draining: true }, 'the server is shutting down'],
    [
      'draining says so first',
      { draining: true, settled: false, required: ['gone'] },
      'the server is shutting down'
    ],
    ['loading comes before requirements', { settled: false, required: ['gone'] }, 'models are still loading']
  ]
  for (const [name, over, reason] of cases) t.equal(unreadyReason({ ...fine, ...over }), reason, name)
})
