import t from 'tap'
import type { ErrorCode } from '../../src/errors/codes.ts'
import { type ControlMode, chosenAtStart, repositoryControl } from '../../src/lifecycle/control.ts'
import { scan } from '../helpers/manager-bench.ts'

const found = scan({ m: [1], broken: [1] })

/** A manager that knows `m`, which serves, and `broken`, which fails, once it was told of them; and what it was told. */
function controlled(mode: ControlMode) {
  const calls: unknown[] = []
  let known: string[] = []
  const manager = {
    async reconcile(given: unknown, cause: string) {
      calls.push(['reconcile', given === found, cause])
      known = ['m', 'broken']
    },
    async load(model: string, cause: string) {
      calls.push(['load', model, cause])
    },
    async unload(model: string, cause: string) {
      calls.push(['unload', model, cause])
    },
    forgive: (model: string) => void calls.push(['forgive', model]),
    statuses: () => known.map(model => ({ model, version: 1, state: 'READY', reason: undefined }) as const),
    failures: (model: string) => (model === 'broken' ? ['version 2: no graph', 'version 1: gate'] : [])
  }
  const look = async (model: string, cause: string) => {
    calls.push(['look', model, cause])
    return found
  }
  return {
    control: repositoryControl({ mode, look, manager }),
    calls,
    learn: () => (known = ['m', 'broken'])
  }
}

const loads = (model: string) => [
  ['forgive', model],
  ['look', model, 'api:ann'],
  ['reconcile', true, 'api:ann']
]

t.test('who may load what, and what becomes of it', async t => {
  type Case = [model: string, code: ErrorCode | undefined, message: string, calls: unknown[]]
  const open: Case[] = [
    ['m', undefined, '', [...loads('m'), ['load', 'm', 'api:ann']]],
    ['gone', 'MODEL_NOT_FOUND', "the repositories hold no model 'gone'", loads('gone')],
    [
      'broken',
      'LOAD_FAILED',
      'version 2: no graph; version 1: gate',
      [...loads('broken'), ['load', 'broken', 'api:ann']]
    ]
  ]
  const closed = 'no model is loaded or unloaded while the server runs (repository.control is none)'
  const cases: Record<ControlMode, Case[]> = {
    poll: open,
    explicit: open,
    none: ['m', 'gone', 'broken'].map(model => [model, 'CONTROL_REFUSED', closed, []])
  }
  for (const [mode, rows] of Object.entries(cases)) {
    for (const [model, code, message, expected] of rows) {
      const { control, calls } = controlled(mode as ControlMode)
      const loading = control.load(model, 'ann')
      if (code === undefined) await loading
      else await t.rejects(loading, { code, message }, `${mode}: ${model}`)
      t.strictSame(calls, expected, `${mode}: ${model}`)
    }
  }
})

t.test('who may unload what', async t => {
  const closed = 'no model is loaded or unloaded while the server runs (repository.control is none)'
  const polled =
    'what lies in the repository is served; to unload a model, remove its folder, or choose versions in its model.yaml (repository.control is poll)'
  const models = ['m', 'gone', 'broken']
  type Case = [model: string, code: ErrorCode | undefined, message: string]
  const cases: Record<ControlMode, Case[]> = {
    poll: models.map(model => [model, 'CONTROL_REFUSED', polled]),
    none: models.map(model => [model, 'CONTROL_REFUSED', closed]),
    explicit: [
      ['m', undefined, ''],
      ['gone', 'MODEL_NOT_FOUND', "the repositories hold no model 'gone'"],
      ['broken', undefined, '']
    ]
  }
  for (const [mode, rows] of Object.entries(cases)) {
    for (const [model, code, message] of rows) {
      const { control, calls, learn } = controlled(mode as ControlMode)
      learn()
      const unloading = control.unload(model, 'ann')
      if (code === undefined) await unloading
      else await t.rejects(unloading, { code, message }, `${mode}: ${model}`)
      t.strictSame(calls, code === undefined ? [['unload', model, 'api:ann']] : [], `${mode}: ${model}`)
    }
  }
})

t.test('a repository that cannot be read is the answer, and nothing is touched', async t => {
  const control = repositoryControl({
    mode: 'poll',
    look: () => Promise.reject(new Error('unreadable')),
    manager: {
      reconcile: () => Promise.reject(new Error('reconciled')),
      load: () => Promise.reject(new Error('loaded')),
      unload: () => Promise.reject(new Error('unloaded')),
      forgive: () => {},
      statuses: () => [],
      failures: () => []
    }
  })
  await t.rejects(control.load('m', 'ann'), { message: 'unreadable' })
})

t.test('which models serve without being asked for', async t => {
  const cases: [ControlMode, loadModels: string[], chosen: string[]][] = [
    ['poll', [], ['a', 'b', '*']],
    ['poll', ['a'], ['a', 'b', '*']],
    ['none', [], ['a', 'b', '*']],
    ['none', ['a'], ['a', 'b', '*']],
    ['explicit', [], []],
    ['explicit', ['b', 'c'], ['b']],
    ['explicit', ['*'], ['a', 'b', '*']],
    ['explicit', ['a', '*'], ['a', 'b', '*']]
  ]
  for (const [mode, loadModels, chosen] of cases)
    t.strictSame(
      ['a', 'b', '*'].filter(chosenAtStart(mode, loadModels)),
      chosen,
      `${mode}: ${loadModels.join()}`
    )
})
