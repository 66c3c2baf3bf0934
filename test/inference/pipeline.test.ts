import t from 'tap'
import { ServingError } from '../../src/errors/serving-error.ts'
import type { InferenceCall } from '../../src/inference/pipeline.ts'
import { column, type FakeInstance } from '../helpers/fakes.ts'
import { pipelineBench, ran, request } from '../helpers/pipeline-bench.ts'
import { turn } from '../helpers/turn.ts'

t.test('a prediction: the read request is run on the version that was asked for, and answered', async t => {
  const { call, instance, version, clock, reports, targets } = pipelineBench()
  let given: unknown
  const decoded = { ...request, id: 'mine', outputs: ['y'] }
  const target = { model: 'churn', version: '7' }
  const read = (asked: unknown) => {
    given = asked
    return decoded
  }
  const answer = call({ target, protocol: 'v1', read })
  t.strictSame([targets, given], [[target], version.contract])
  await clock.advance(12)
  t.match(instance.runs, [{ inputs: request.inputs, outputs: ['y'] }])
  instance.runs[0]!.resolve(ran)
  const { from, ...plain } = await answer
  t.strictSame(plain, { id: 'mine', model: 'churn', version: 7, outputs: ran.outputs })
  t.equal(from, version)
  t.strictSame(reports, [
    {
      version,
      protocol: 'v1',
      outcome: 'success',
      durationMs: 12,
      ran: {
        rows: 3,
        readMs: 0,
        result: { outputs: ran.outputs, queueMs: 0, runMs: 7, batchRows: 3, firstOfBatch: true }
      },
      error: undefined,
      key: decoded,
      left: 0
    }
  ])
})

t.test('a reader that fails later is as good as one that fails at once', async t => {
  const { call, reports, holds } = pipelineBench()
  const failed = new ServingError('INVALID_INPUT', 'no')
  await t.rejects(call({ read: () => Promise.reject(failed) }), { code: 'INVALID_INPUT' })
  t.match(reports, [{ outcome: 'invalid', ran: undefined, left: 0 }])
  t.equal(holds.count, 0)
})

t.test('an id is given back only where one came', async t => {
  const { call, instance } = pipelineBench()
  const answer = call()
  await turn()
  instance.runs[0]!.resolve(ran)
  t.equal((await answer).id, undefined)
})

t.test('the handle is held while the request waits and runs', async t => {
  const { call, instance, holds, reports } = pipelineBench()
  // Unequal outputs: two runs.
  const answers = [call(), call({ read: () => ({ ...request, outputs: ['y'] }) })]
  await turn()
  t.strictSame([holds.count, reports.length, instance.runs.length], [2, 0, 1])
  instance.runs[0]!.resolve(ran)
  await answers[0]
  t.strictSame([holds.count, reports.length], [1, 1])
  await turn()
  instance.runs[1]!.resolve(ran)
  await answers[1]
  t.strictSame([holds.count, reports.length], [0, 2])
})

t.test('requests that share a run are one batch, which the first of them stands for', async t => {
  const { call, instance, reports } = pipelineBench()
  const answers = [call(), call({ read: () => ({ ...request, inputs: [column('x', 9)] }) })]
  await turn()
  t.equal(instance.runs.length, 1)
  instance.runs[0]!.resolve({ outputs: [column('y', 4, 5, 6, 7)], runMs: 7 })
  t.match(
    (await Promise.all(answers)).map(({ outputs }) => [...outputs[0]!.data]),
    [[4, 5, 6], [7]]
  )
  t.match(reports, [
    { ran: { rows: 3, result: { batchRows: 4, firstOfBatch: true } } },
    { ran: { rows: 1, result: { batchRows: 4, firstOfBatch: false } } }
  ])
})

type Bench = ReturnType<typeof pipelineBench>

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
  act?: (bench: Bench) => void
  code: string
  outcome: string
  reached: boolean
}[] = [
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
    name: 'a run on nothing that fails',
    call: { read: () => ({ ...request, inputs: [column('x')] }) },
    act: failRun(new ServingError('RUN_FAILED', 'no')),
    code: 'INVALID_INPUT',
    outcome: 'invalid',
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

for (const { name, call, act, code, outcome, reached } of waysOut) {
  t.test(`way out: ${name}`, async t => {
    const setup = pipelineBench()
    const failing = setup.call(call).then(
      () => t.fail('there was an answer'),
      (error: unknown) => error
    )
    await setup.clock.advance(5)
    act?.(setup)
    t.match(await failing, { name: 'ServingError', code, message: /^(?!.*secret)/ })
    const version = reached ? setup.version : undefined
    t.strictSame(setup.reports, [
      {
        version,
        protocol: 'v2',
        outcome,
        durationMs: act === undefined ? 0 : 5,
        ran: undefined,
        error: await failing,
        key: setup.read.at(-1)?.key,
        left: 0
      }
    ])
    t.equal(setup.holds.count, 0)
  })
}

t.test('a full queue is a rejection, and leaves those who wait alone', async t => {
  const { call, instance, holds, reports } = pipelineBench()
  const answers = [call()]
  await turn()
  answers.push(call(), call())
  await t.rejects(call(), { code: 'QUEUE_FULL' })
  t.match(reports, [{ outcome: 'rejected', ran: undefined }])
  t.equal(holds.count, 3)
  instance.runs[0]!.resolve(ran)
  await turn()
  instance.runs[1]!.resolve({ outputs: [column('y', 1, 2, 3, 4, 5, 6)], runMs: 1 })
  for (const answer of answers) t.match(await answer, { model: 'churn' })
  t.equal(holds.count, 0)
  t.strictSame(
    reports.map(({ outcome }) => outcome),
    ['rejected', 'success', 'success', 'success']
  )
})

t.test('leave is asked for by protocol and bytes; a refusal is counted as a rejection', async t => {
  const { admit, permits, reports, targets } = pipelineBench()
  const permit = admit('v2', 5)
  t.strictSame([permits.requests, permits.bytes, reports], [1, 5, []])
  t.throws(() => admit('v1', 1), { code: 'OVERLOADED', retryAfterSeconds: 1 })
  const nothing = { version: undefined, ran: undefined, key: undefined, left: 0 }
  t.match(reports, [
    { ...nothing, protocol: 'v1', outcome: 'rejected', durationMs: 0, error: { code: 'OVERLOADED' } }
  ])
  t.strictSame(targets, [], 'nothing is looked up')
  permit.release()
  t.strictSame([permits.requests, permits.bytes], [0, 0])
})

t.test(
  'observers see the inputs while they are whole, once, and only of requests that are about to run',
  async t => {
    const { call, instance, read, reports, clock, version } = pipelineBench()
    const late = call({ read: () => clock.advance(20).then(() => request), timeoutMs: 20 })
    await t.rejects(late, { code: 'DEADLINE_EXCEEDED' })
    await t.rejects(call({ read: () => Promise.reject(new ServingError('INVALID_INPUT', 'no')) }))
    t.strictSame(read, [])
    t.match(reports, [{ key: request }, { key: undefined, error: { code: 'INVALID_INPUT' } }])
    const mine = { ...request, id: 'mine' }
    const answer = call({ read: () => mine })
    t.strictSame(read, [{ version, request: mine, rows: 3, key: mine }])
    t.equal(instance.runs.length, 0, 'before the run')
    await turn()
    instance.runs[0]!.resolve(ran)
    await answer
    t.equal(reports.at(-1)!.key, read[0]!.key)
    t.equal(read.length, 1)
  }
)
