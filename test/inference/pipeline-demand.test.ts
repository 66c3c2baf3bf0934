// A request to a model that loads on demand waits for it, within its deadline.
import t from 'tap'
import { deferred } from '../../src/base/deferred.ts'
import { manifestOf } from '../helpers/fakes.ts'
import { pipelineBench, ran, request } from '../helpers/pipeline-bench.ts'
import { settling, turn } from '../helpers/turn.ts'

/** A pipeline before a model that grants `timeoutMs` and is on its way. */
function onItsWay(timeoutMs: number) {
  const loading = deferred<void>()
  const asked: unknown[] = []
  let isServed = false
  const bench = pipelineBench(manifestOf({ timeoutMs }), {
    demand: target => {
      asked.push(target)
      return isServed ? undefined : { arrived: loading.promise, timeoutMs }
    },
    isServed: () => isServed
  })
  const arrive = async (served = true): Promise<void> => {
    isServed = served
    loading.resolve()
    await turn()
  }
  return { ...bench, asked, arrive, loading }
}

t.test('it is resolved once it has arrived, and the wait counts against the deadline', async t => {
  const { call, clock, targets, asked, arrive, instance, holds, reports } = onItsWay(50)
  const target = { model: 'churn', version: undefined }
  const answer = call({ target })
  await clock.advance(30)
  t.strictSame(
    [asked, targets, holds.count, clock.pending],
    [[target], [], 0, 1],
    'nothing is held meanwhile'
  )
  await arrive()
  t.strictSame([targets, holds.count], [[target], 1])
  await clock.advance(19)
  instance.runs[0]!.resolve(ran)
  t.match(await answer, { model: 'churn', version: 7 })
  t.match(reports, [{ outcome: 'success', durationMs: 49, ran: { readMs: 30 }, left: 0 }])

  const next = onItsWay(50)
  const late = t.rejects(next.call(), { code: 'DEADLINE_EXCEEDED' })
  await next.clock.advance(30)
  await next.arrive()
  await next.clock.advance(20)
  await late
  t.match(next.reports, [{ outcome: 'expired', durationMs: 50, ran: undefined, left: 0 }])
})

const waits: [model: number, header: number | undefined, deadlineMs: number][] = [
  [50, undefined, 50],
  [50, 30, 30],
  [50, 1e9, 50]
]
for (const [model, header, deadlineMs] of waits) {
  t.test(
    `the model grants ${model} ms, the transport says ${header}: no longer than ${deadlineMs} ms`,
    async t => {
      const { call, clock, targets, reports, arrive } = onItsWay(model)
      const message = `the model, which loads on demand, was not ready within ${deadlineMs} ms`
      const waiting = call({ timeoutMs: header })
      const refused = t.rejects(waiting, { code: 'DEADLINE_EXCEEDED', message, retryAfterSeconds: 1 })
      const settled = settling(waiting)
      await clock.advance(deadlineMs - 1)
      t.notOk(settled())
      await clock.advance(1)
      t.ok(settled())
      await refused
      const expired = {
        version: undefined,
        protocol: 'v2',
        outcome: 'expired',
        ran: undefined,
        key: undefined
      }
      t.match(reports, [
        { ...expired, durationMs: deadlineMs, error: { code: 'DEADLINE_EXCEEDED' }, left: 0 }
      ])
      t.equal(reports.length, 1)
      await arrive()
      t.strictSame([targets, reports.length, clock.pending], [[], 1, 0], 'what comes later is nobody’s')
    }
  )
}

t.test('what the body grants counts from the beginning', async t => {
  const { call, clock, arrive, instance, holds, reports } = onItsWay(50)
  const message = 'no answer within 20 ms: they were over before the request could run'
  const refused = t.rejects(call({ read: () => ({ ...request, timeoutMs: 20 }) }), {
    code: 'DEADLINE_EXCEEDED',
    message
  })
  await clock.advance(20)
  await arrive()
  await refused
  t.strictSame([instance.runs.length, holds.count], [0, 0], 'no instance is kept busy for it')
  t.match(reports, [{ outcome: 'expired', durationMs: 20, ran: undefined, left: 0 }])
})

t.test('a model that does not come is refused as any that is not ready', async t => {
  const { call, arrive, reports, clock } = onItsWay(50)
  const refused = t.rejects(call(), { code: 'MODEL_NOT_READY' })
  await arrive(false)
  await refused
  t.match(reports, [{ version: undefined, outcome: 'failed', left: 0 }])
  t.equal(clock.pending, 0)
})

t.test('whoever went away while it loaded is counted as cancelled', async t => {
  const { call, arrive, reports, instance } = onItsWay(50)
  const cancellation = { cancelled: false }
  const gone = t.rejects(call({ cancellation }), { code: 'CANCELLED' })
  await turn()
  cancellation.cancelled = true
  await arrive()
  await gone
  t.match(reports, [{ outcome: 'cancelled', left: 0 }])
  t.equal(instance.runs.length, 0)
})
