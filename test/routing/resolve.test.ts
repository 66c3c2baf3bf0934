import t from 'tap'
import type { ErrorCode } from '../../src/errors/codes.ts'
import { Holds } from '../../src/lifecycle/handle.ts'
import type { VersionStatus } from '../../src/lifecycle/managed-model.ts'
import type { ServedModel } from '../../src/lifecycle/serving-map.ts'
import { find, resolve, type Served } from '../../src/routing/resolve.ts'
import { FakeClock } from '../helpers/fake-clock.ts'
import { fakeVersion } from '../helpers/fakes.ts'

const holdsOf = (model: string, version: number): Holds =>
  new Holds(fakeVersion(model, version).version, new FakeClock())

type Status = readonly [model: string, version: number | undefined, state: VersionStatus['state']]

/** What the lifecycle would say with these versions; those that are READY can be reached. */
function servedOf(...rows: readonly Status[]): Served {
  const map = new Map<string, ServedModel>()
  for (const [model, version, state] of rows) {
    if (version === undefined || state !== 'READY') continue
    const versions = new Map(map.get(model)?.versions).set(version, holdsOf(model, version))
    map.set(model, { versions, labels: new Map(), standard: versions.get(Math.max(...versions.keys()))! })
  }
  return {
    demand: () => undefined,
    loadsOnDemand: () => false,
    served: model => map.get(model),
    servedModels: () => [...map.keys()],
    statuses: () => rows.map(([model, version, state]) => ({ model, version, state, reason: undefined }))
  }
}

const served = servedOf(
  ['churn', 3, 'LOADING'],
  ['churn', 2, 'READY'],
  ['churn', 1, 'READY'],
  ['churn', 12, 'UNLOADING'],
  ['fraud', 1, 'UNAVAILABLE'],
  ['slow', 1, 'LOADING'],
  ['empty', undefined, 'UNAVAILABLE']
)

t.test('the version that answers: the one that was asked for, else the highest ready one', async t => {
  const cases: [version: string | undefined, expected: number][] = [
    [undefined, 2],
    ['1', 1],
    ['2', 2]
  ]
  for (const [version, expected] of cases)
    t.equal(find(served, { model: 'churn', version }).version.version, expected)
})

t.test('resolve takes a hold, find does not', async t => {
  const target = { model: 'churn', version: undefined }
  const holds = find(served, target)
  t.equal(holds.count, 0)
  const handle = resolve(served, target)
  t.equal(holds.count, 1)
  t.equal(handle.version, holds.version)
  handle.release()
  t.equal(holds.count, 0)
})

t.test('refusals say what is wrong', async t => {
  const many = servedOf(...Array.from({ length: 20 }, (_, index): Status => ['m', 20 - index, 'READY']))
  const listed = Array.from({ length: 16 }, (_, index) => 20 - index).join(', ')
  const cases: [string, string | undefined, ErrorCode, string, Served?][] = [
    ['chrun', undefined, 'MODEL_NOT_FOUND', `unknown model "chrun"; did you mean 'churn'?`],
    ['frau', '1', 'MODEL_NOT_FOUND', 'unknown model "frau"'],
    ['toString', undefined, 'MODEL_NOT_FOUND', 'unknown model "toString"'],
    ['', undefined, 'MODEL_NOT_FOUND', 'unknown model ""'],
    [
      'fraud',
      undefined,
      'MODEL_NOT_READY',
      'model "fraud" has no version that is ready; the repository index has the reason'
    ],
    [
      'slow',
      undefined,
      'MODEL_NOT_READY',
      'model "slow" is still loading; the repository index has the reason'
    ],
    [
      'empty',
      undefined,
      'MODEL_NOT_READY',
      'model "empty" has no version that is ready; the repository index has the reason'
    ],
    ['empty', '1', 'VERSION_NOT_FOUND', 'model "empty" has no version "1"; it has none'],
    [
      'churn',
      '3',
      'MODEL_NOT_READY',
      'model "churn" version 3 is loading; the repository index has the reason'
    ],
    [
      'churn',
      '12',
      'MODEL_NOT_READY',
      'model "churn" version 12 is unloading; the repository index has the reason'
    ],
    [
      'fraud',
      '1',
      'MODEL_NOT_READY',
      'model "fraud" version 1 is unavailable; the repository index has the reason'
    ],
    ['churn', '7', 'VERSION_NOT_FOUND', 'model "churn" has no version "7"; it has 3, 2, 1, 12'],
    ['m', '21', 'VERSION_NOT_FOUND', `model "m" has no version "21"; it has ${listed}`, many],
    ['x'.repeat(200), undefined, 'MODEL_NOT_FOUND', `unknown model "${'x'.repeat(64)}…"`]
  ]
  for (const [model, version, code, message, from = served] of cases) {
    const error = t.throws(() => resolve(from, { model, version }), { code }, `${model}/${version}`)
    // The whole text: a pattern would do with a part of it.
    t.equal((error as Error).message, message)
  }
})

t.test('a version is found by its own spelling only', async t => {
  const others = [
    '01',
    '1.0',
    '1e0',
    '0x1',
    ' 1',
    '1 ',
    '+1',
    '-1',
    '',
    'latest',
    'NaN',
    '1_0',
    '١',
    '99999999999999999999'
  ]
  for (const version of others)
    t.throws(
      () => resolve(served, { model: 'churn', version }),
      { code: 'VERSION_NOT_FOUND' },
      `"${version}"`
    )
})

t.test('when to try again is told only where it helps', async t => {
  const cases: [model: string, version: string | undefined, code: ErrorCode, seconds: number | undefined][] =
    [
      ['slow', undefined, 'MODEL_NOT_READY', 1],
      ['churn', '3', 'MODEL_NOT_READY', 1],
      ['churn', '7', 'VERSION_NOT_FOUND', undefined],
      ['none', undefined, 'MODEL_NOT_FOUND', undefined]
    ]
  for (const [model, version, code, retryAfterSeconds] of cases)
    t.throws(() => resolve(served, { model, version }), { code, retryAfterSeconds })
})
