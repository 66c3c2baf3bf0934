import t from 'tap'
import type { RunResult } from '../../src/backend/backend.ts'
import { ServingError } from '../../src/errors/serving-error.ts'
import type { RequestReport } from '../../src/inference/observer.ts'
import { Permits } from '../../src/inference/permits.ts'
import { type InferenceCall, makePipeline } from '../../src/inference/pipeline.ts'
import { Holds } from '../../src/lifecycle/handle.ts'
import type { Target } from '../../src/routing/resolve.ts'
import { FakeClock } from '../helpers/fake-clock.ts'
import { column, type FakeInstance, fakeVersion, manifestOf, signature } from '../helpers/fakes.ts'
import { turn } from '../helpers/turn.ts'

const request = { inputs: [column('x', 1, 2, 3)], parameters: {} }
const ran: RunResult = { outputs: [column('y', 4, 5, 6)], runMs: 7 }

function bench(permitsMax = 2) {
  const manifest = manifestOf({ queue: { rowsMax: 3 } })
  const { version, instance } = fakeVersion('churn', 7, { manifest })
  const holds = new Holds(version)
  const permits = new Permits(permitsMax)
  const clock = new FakeClock()
  const reports: RequestReport[] = []
  const targets: Target[] = []
  const infer = makePipeline({
    resolve: target => {
      targets.push(target)
      if (target.model !== 'churn') throw new ServingError('MODEL_NOT_FOUND', 'unknown')
      return holds.acquire()
    },
    permits,
    // What is still taken when the report comes would be counted as in progress.
    observer: {
      finished: report => reports.push(Object.assign(report, { left: [holds.count, permits.taken] }))
    },
    clock
  })
  const call = (over: Partial<InferenceCall> = {}) =>
    infer({ target: { model: 'churn', version: undefined }, protocol: 'v2', read: () => request, ...over })
  return { call, version, instance, holds, permits, clock, reports, targets }
}

t.test('a prediction: the read request is run on the version that was asked for, and answered', async t => {
  const { call, instance, version, clock, reports, targets } = bench()
  let given: unknown
  const target = { model: 'churn', version: '7' }
  const read = (asked: unknown) => {
    given = asked
    return { ...request, id: 'mine', outputs: ['y'] }
  }
  const answer = call({ target, protocol: 'v1', read })
  t.strictSame([targets, given], [[target], signature])
  t.match(instance.runs, [{ inputs: request.inputs, outputs: ['y'] }])
  await clock.advance(12)
  instance.runs[0]!.resolve(ran)
  t.strictSame(await answer, { id: 'mine', model: 'churn', version: 7, outputs: ran.outputs })
  t.strictSame(reports, [
    {
      version,
      protocol: 'v1',
      outcome: 'success',
      durationMs: 12,
      ran: { rows: 3, queueMs: 0, runMs: 7 },
      left: [0, 0]
    }
  ])
})

t.test('an id is given back only where one came', async t => {
  const { call, instance } = bench()
  const answer = call()
  instance.runs[0]!.resolve(ran)
  t.notOk('id' in (await answer))
})

t.test('handle and permit are held while the request waits and runs', async t => {
  const { call, instance, holds, permits, reports } = bench()
  const answers = [call(), call()]
  t.strictSame([holds.count, permits.taken, reports.length], [2, 2, 0])
  instance.runs[0]!.resolve(ran)
  await answers[0]
  t.strictSame([holds.count, permits.taken, reports.length], [1, 1, 1])
  await turn()
  instance.runs[1]!.resolve(ran)
  await answers[1]
  t.strictSame([holds.count, permits.taken, reports.length], [0, 0, 2])
})

type Bench = ReturnType<typeof bench>

const refuse = (error: unknown) => (): never => {
  throw error
}
const failRun =
  (error: Error) =>
  ({ instance }: { instance: FakeInstance }): void =>
    instance.runs[0]!.reject(error)
const other = { model: 'other', version: undefined }

const waysOut: {
  name: string
  call?: Partial<InferenceCall>
  permits?: number
  act?: (bench: Bench) => void
  code: string
  outcome: string
  reached: boolean
}[] = [
  { name: 'no permit', permits: 0, code: 'OVERLOADED', outcome: 'rejected', reached: false },
  {
    name: 'no such model',
    call: { target: other },
    code: 'MODEL_NOT_FOUND',
    outcome: 'invalid',
    reached: false
  },
  {
    name: 'a body that cannot be read',
    call: { read: refuse(new ServingError('INVALID_INPUT', 'no')) },
    code: 'INVALID_INPUT',
    outcome: 'invalid',
    reached: true
  },
  {
    name: 'a reader with a bug',
    call: { read: refuse(new TypeError('secret')) },
    code: 'INTERNAL',
    outcome: 'failed',
    reached: true
  },
  {
    name: 'a reader that throws nothing',
    call: { read: refuse(undefined) },
    code: 'INTERNAL',
    outcome: 'failed',
    reached: true
  },
  {
    name: 'a run that fails',
    act: failRun(new ServingError('RUN_FAILED', 'no')),
    code: 'RUN_FAILED',
    outcome: 'failed',
    reached: true
  },
  {
    name: 'a lost instance',
    act: failRun(new ServingError('INSTANCE_LOST', 'no')),
    code: 'INSTANCE_LOST',
    outcome: 'failed',
    reached: true
  },
  {
    name: 'a run with a bug',
    act: failRun(new Error('secret')),
    code: 'INTERNAL',
    outcome: 'failed',
    reached: true
  }
]

for (const { name, call, permits, act, code, outcome, reached } of waysOut) {
  t.test(`way out: ${name}`, async t => {
    const setup = bench(permits)
    const failing = t.rejects(setup.call(call), { name: 'ServingError', code, message: /^(?!.*secret)/ })
    await setup.clock.advance(5)
    act?.(setup)
    await failing
    const version = reached ? setup.version : undefined
    const left = [0, 0]
    t.strictSame(setup.reports, [
      { version, protocol: 'v2', outcome, durationMs: act === undefined ? 0 : 5, ran: undefined, left }
    ])
    t.strictSame([setup.holds.count, setup.permits.taken], [0, 0])
  })
}

t.test('a full queue is a rejection, and leaves those who wait alone', async t => {
  const { call, instance, holds, permits, reports } = bench(4)
  const answers = [call(), call()]
  await t.rejects(call(), { code: 'QUEUE_FULL' })
  t.match(reports, [{ outcome: 'rejected', ran: undefined }])
  t.strictSame([holds.count, permits.taken], [2, 2])
  for (const [index, answer] of answers.entries()) {
    instance.runs[index]!.resolve(ran)
    t.match(await answer, { model: 'churn' })
    await turn()
  }
  t.strictSame([holds.count, permits.taken], [0, 0])
  t.match(reports.slice(1), [{ outcome: 'success' }, { outcome: 'success' }])
})

t.test('without a permit nothing is looked up or read', async t => {
  const { call, targets } = bench(0)
  let reads = 0
  const read = () => {
    reads++
    return request
  }
  await t.rejects(call({ read }), { code: 'OVERLOADED' })
  t.strictSame([targets, reads], [[], 0])
})
