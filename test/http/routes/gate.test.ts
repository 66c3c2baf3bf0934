import t from 'tap'
import { ServingError } from '../../../src/errors/serving-error.ts'
import type { Target } from '../../../src/routing/resolve.ts'
import type { VersionVerdict } from '../../../src/routing/verdict.ts'
import { verdict } from '../../helpers/fakes.ts'
import { fakeServer } from '../../helpers/server.ts'

const files = [
  {
    file: 'gate/held-out.yaml',
    kind: 'scored',
    passed: false,
    rows: 100,
    rowsLeftOut: 20,
    metric: { name: 'accuracy', value: 0.8, atLeast: 0.9 },
    failures: [
      { row: undefined, output: undefined, problem: 'accuracy is too low', expected: 0.9, got: 0.8 }
    ],
    failuresLeftOut: 0
  },
  {
    file: 'gate/case.yaml',
    kind: 'case',
    passed: false,
    rows: 1,
    rowsLeftOut: 0,
    failures: [{ row: 0, output: 'y', problem: 'differs', expected: 2n ** 60n, got: Number.NaN }],
    failuresLeftOut: 3
  }
] as const

const failed = verdict({
  passed: false,
  summary: 'accuracy 0.8, at least 0.9',
  files,
  runMs: { median: 2, max: 1, passed: false },
  warnings: ['runs take longer than 1 ms']
})

t.test('the verdict with every failing row, whatever the state of the version', async t => {
  const asked: Target[] = []
  const { ask } = await fakeServer(t, {
    verdict: target => {
      asked.push({ ...target })
      return { model: 'm', version: 3, state: 'UNAVAILABLE', verdict: failed }
    }
  })
  for (const url of ['/v2/models/m/gate', '/v2/models/m/versions/3/gate']) {
    const { status, body } = await ask('GET', url)
    t.equal(status, 200)
    t.strictSame(body, {
      name: 'm',
      version: '3',
      state: 'UNAVAILABLE',
      gate: {
        passed: false,
        summary: 'accuracy 0.8, at least 0.9',
        files: [
          { ...files[0], failures: [{ problem: 'accuracy is too low', expected: 0.9, got: 0.8 }] },
          {
            ...files[1],
            failures: [
              { row: 0, output: 'y', problem: 'differs', expected: '1152921504606846976', got: 'NaN' }
            ]
          }
        ],
        runMs: { median: 2, max: 1, passed: false },
        warnings: ['runs take longer than 1 ms'],
        durationMs: 1
      }
    })
  }
  t.same(asked, [{ model: 'm' }, { model: 'm', version: '3' }])
})

t.test('a version without a gate says so; one that nobody knows is an error', async t => {
  const answers: Record<string, () => VersionVerdict> = {
    m: () => ({ model: 'm', version: 1, state: 'READY', verdict: undefined }),
    n: () => {
      throw new ServingError('VERSION_NOT_FOUND', 'no such version')
    }
  }
  const { ask } = await fakeServer(t, { verdict: ({ model }) => answers[model]!() })
  const none = await ask('GET', '/v2/models/m/gate')
  t.strictSame([none.status, none.body], [200, { name: 'm', version: '1', state: 'READY', gate: null }])
  const unknown = await ask('GET', '/v2/models/n/versions/7/gate')
  t.match([unknown.status, unknown.body], [404, { error: 'no such version', code: 'VERSION_NOT_FOUND' }])
})
