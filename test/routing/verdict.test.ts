import t from 'tap'
import type { ErrorCode } from '../../src/errors/codes.ts'
import type { VersionStatus } from '../../src/lifecycle/managed-model.ts'
import { verdictOn } from '../../src/routing/verdict.ts'
import { verdict } from '../helpers/fakes.ts'
import { Bench, scan } from '../helpers/manager-bench.ts'

const passed = verdict()
const failed = verdict({ passed: false, summary: 'no' })

/** Versions 2 (ready) and 3 (kept out) of `churn`, one that failed of `fraud`, one without versions. */
async function gated() {
  const bench = new Bench()
  await bench.reconcile(scan({ churn: [3, 2], fraud: [4, 1], empty: [] }, { versions: { policy: 'all' } }))
  for (const name of ['churn/3', 'fraud/4', 'fraud/1']) await bench.fail(name)
  await bench.ready('churn/2')
  const { manager } = bench
  return {
    served: (model: string) => manager.served(model),
    servedModels: () => manager.servedModels(),
    statuses: (): readonly VersionStatus[] => manager.statuses(),
    demand: () => undefined,
    loadsOnDemand: () => false,
    entry: (model: string, version: number) =>
      model === 'churn' ? { verdict: version === 2 ? passed : failed } : { verdict: undefined }
  }
}

t.test('the version asked for, else the one that answers, else the highest', async t => {
  const source = await gated()
  const cases: [model: string, version: string | undefined, expected: object][] = [
    ['churn', undefined, { version: 2, state: 'READY', verdict: passed }],
    ['churn', '2', { version: 2, state: 'READY', verdict: passed }],
    ['churn', '3', { version: 3, state: 'UNAVAILABLE', verdict: failed }],
    ['fraud', undefined, { version: 4, state: 'UNAVAILABLE', verdict: undefined }],
    ['fraud', '1', { version: 1, state: 'UNAVAILABLE', verdict: undefined }]
  ]
  for (const [model, version, expected] of cases)
    t.strictSame(verdictOn(source, { model, version }), { model, ...expected }, `${model} ${version}`)
})

t.test('what nobody knows is an error', async t => {
  const source = await gated()
  const cases: [model: string, version: string | undefined, code: ErrorCode][] = [
    ['chrun', undefined, 'MODEL_NOT_FOUND'],
    ['chrun', '2', 'MODEL_NOT_FOUND'],
    ['churn', '7', 'VERSION_NOT_FOUND'],
    ['churn', '02', 'VERSION_NOT_FOUND'],
    ['fraud', 'x', 'VERSION_NOT_FOUND'],
    ['empty', undefined, 'VERSION_NOT_FOUND'],
    ['empty', '1', 'VERSION_NOT_FOUND']
  ]
  for (const [model, version, code] of cases)
    t.throws(() => verdictOn(source, { model, version }), { code }, `${model} ${version}`)
})
