// Versions by label, and models that load when they are asked for.
import t from 'tap'
import type { ErrorCode } from '../../src/errors/codes.ts'
import { Holds } from '../../src/lifecycle/handle.ts'
import type { ServedModel } from '../../src/lifecycle/serving-map.ts'
import { demanded, find, resolve, type Served, type Target } from '../../src/routing/resolve.ts'
import { FakeClock } from '../helpers/fake-clock.ts'
import { fakeVersion, manifestOf } from '../helpers/fakes.ts'

/** `churn` with versions 1 to 3: `stable` is 1, `candidate` wants 4 and has 3, `late` wants 4 and has none. `plain` has no labels. */
function servedOf(demand: Served['demand'] = () => undefined): Served {
  const labels = { stable: 1, candidate: 4, late: 4 }
  const clock = new FakeClock()
  const model = (name: string, numbers: readonly number[], tree: object): ServedModel => {
    const manifest = manifestOf({ ...tree })
    const versions = new Map(
      numbers.map(version => [version, new Holds(fakeVersion(name, version, { manifest }).version, clock)])
    )
    return { versions, labels: new Map(), standard: versions.get(numbers[0]!)! }
  }
  const churn = model('churn', [1, 2, 3], { labels })
  const held = new Map([
    ['stable', churn.versions.get(1)!],
    ['candidate', churn.versions.get(3)!]
  ])
  const models = new Map([
    ['churn', { ...churn, labels: held }],
    ['plain', model('plain', [2], {})]
  ])
  const states = [
    ['churn', 'READY'],
    ['plain', 'READY'],
    ['slow', 'LOADING']
  ] as const
  return {
    demand,
    served: name => models.get(name),
    loadsOnDemand: () => false,
    servedModels: () => [...models.keys()],
    statuses: () => states.map(([name, state]) => ({ model: name, version: 1, state, reason: undefined }))
  }
}

const served = servedOf()

t.test('a label finds the version that it means', async t => {
  const cases: [target: Partial<Target>, version: number][] = [
    [{ label: 'stable' }, 1],
    [{ label: 'candidate' }, 3],
    [{ label: undefined }, 1],
    [{ version: '2' }, 2],
    [{ version: '2', label: undefined }, 2],
    [{ version: '3', label: 'candidate' }, 3]
  ]
  for (const [target, version] of cases)
    t.equal(find(served, { model: 'churn', version: undefined, ...target }).version.version, version)
  const handle = resolve(served, { model: 'churn', version: undefined, label: 'candidate' })
  const held = served.served('churn')!.labels.get('candidate')!
  t.strictSame([held.count, handle.version === held.version], [1, true])
  handle.release()
})

t.test('labels that mean nothing, or something else, are refused with what there is', async t => {
  const contradiction = 'label "stable" of model "churn" means version 1, the request asks for version'
  const known = "it has 'stable', 'candidate', 'late'"
  const cases: [model: string, version: string | undefined, label: string, ErrorCode, string][] = [
    ['churn', undefined, 'beta', 'LABEL_NOT_FOUND', `model "churn" has no label "beta"; ${known}`],
    ['churn', '1', 'beta', 'LABEL_NOT_FOUND', `model "churn" has no label "beta"; ${known}`],
    ['churn', undefined, 'Stable', 'LABEL_NOT_FOUND', `model "churn" has no label "Stable"; ${known}`],
    ['churn', undefined, 'toString', 'LABEL_NOT_FOUND', `model "churn" has no label "toString"; ${known}`],
    [
      'plain',
      undefined,
      'stable',
      'LABEL_NOT_FOUND',
      'model "plain" has no label "stable"; it has no labels'
    ],
    [
      'plain',
      undefined,
      'x'.repeat(200),
      'LABEL_NOT_FOUND',
      `model "plain" has no label "${'x'.repeat(64)}…"; it has no labels`
    ],
    [
      'churn',
      undefined,
      'late',
      'MODEL_NOT_READY',
      'label "late" of model "churn" means version 4, which is not ready; the repository index has the reason'
    ],
    ['churn', '2', 'stable', 'INVALID_REQUEST', `${contradiction} "2"`],
    ['churn', '9', 'stable', 'INVALID_REQUEST', `${contradiction} "9"`],
    ['churn', '01', 'stable', 'INVALID_REQUEST', `${contradiction} "01"`],
    ['chrun', undefined, 'stable', 'MODEL_NOT_FOUND', `unknown model "chrun"; did you mean 'churn'?`],
    [
      'slow',
      undefined,
      'stable',
      'MODEL_NOT_READY',
      'model "slow" is still loading; the repository index has the reason'
    ]
  ]
  for (const [model, version, label, code, message] of cases) {
    const retryAfterSeconds = code === 'MODEL_NOT_READY' ? 1 : undefined
    const error = t.throws(
      () => resolve(served, { model, version, label }),
      { code, retryAfterSeconds },
      label
    )
    t.equal((error as Error).message, message)
  }
  t.strictSame(
    [...served.served('churn')!.versions.values()].map(({ count }) => count),
    [0, 0, 0],
    'nothing is held'
  )
})

t.test('a model is demanded only where none of its versions answers', async t => {
  const asked: string[] = []
  const onItsWay = { arrived: Promise.resolve(), timeoutMs: 5 }
  const lazy = servedOf(model => {
    asked.push(model)
    return model === 'slow' ? onItsWay : undefined
  })
  const target = { version: undefined }
  t.equal(demanded(lazy, { ...target, model: 'slow' }), onItsWay)
  t.equal(demanded(lazy, { ...target, model: 'nobody' }), undefined)
  t.equal(demanded(lazy, { ...target, model: 'churn' }), undefined)
  t.equal(demanded(lazy, { model: 'churn', version: '9', label: 'late' }), undefined)
  t.strictSame(asked, ['slow', 'nobody'])
})
