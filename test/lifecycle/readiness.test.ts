import t from 'tap'
import { Holds } from '../../src/lifecycle/handle.ts'
import { isLive, type ReadinessFacts, unreadyReason } from '../../src/lifecycle/readiness.ts'
import { FakeClock } from '../helpers/fake-clock.ts'
import { fakeVersion } from '../helpers/fakes.ts'

const standard = new Holds(fakeVersion().version, new FakeClock())
const served: ReadinessFacts['served'] = {
  served: model =>
    model === 'here' ? { standard, labels: new Map(), versions: new Map([[1, standard]]) } : undefined
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

t.test('live until an instance has been stuck for longer than it may be', async t => {
  const stuck = (stuckSinceMs?: number) =>
    new Holds(
      fakeVersion('m', 1, stuckSinceMs === undefined ? {} : { stuckSinceMs }).version,
      new FakeClock()
    )
  const clock = new FakeClock()
  await clock.advance(1000)
  const cases: [name: string, served: Holds[], maxMs: number, live: boolean][] = [
    ['nothing is served', [], 0, true],
    ['nothing is stuck', [stuck(), stuck()], 0, true],
    ['just now', [stuck(1000)], 0, true],
    ['a little too long', [stuck(999)], 0, false],
    ['up to the limit', [stuck(900)], 100, true],
    ['beyond it', [stuck(899)], 100, false],
    ['from the beginning', [stuck(0)], 1000, true],
    ['one of several', [stuck(), stuck(500), stuck(999)], 100, false]
  ]
  for (const [name, served, maxMs, live] of cases) t.equal(isLive(served, clock, maxMs), live, name)
})
