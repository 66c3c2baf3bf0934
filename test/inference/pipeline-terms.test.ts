// When the caller has to be answered, and whether anybody still waits.
import t from 'tap'
import { deferred } from '../../src/base/deferred.ts'
import { manifestOf } from '../helpers/fakes.ts'
import { pipelineBench, ran, request } from '../helpers/pipeline-bench.ts'
import { turn } from '../helpers/turn.ts'

t.test('a reader may take its time, which is told apart and counts against the deadline', async t => {
  const { call, instance, clock, reports, holds } = pipelineBench()
  const reading = deferred<typeof request>()
  const answer = call({ read: () => reading.promise, timeoutMs: 20 })
  await clock.advance(15)
  t.strictSame([instance.runs.length, holds.count], [0, 1], 'the version is held meanwhile')
  reading.resolve(request)
  await turn()
  await clock.advance(4)
  t.equal(instance.runs.length, 1)
  instance.runs[0]!.resolve(ran)
  await answer
  t.match(reports, [{ outcome: 'success', durationMs: 19, ran: { readMs: 15, result: { queueMs: 0 } } }])

  const late = deferred<typeof request>()
  const expired = t.rejects(call({ read: () => late.promise, timeoutMs: 20 }), { code: 'DEADLINE_EXCEEDED' })
  await clock.advance(15)
  late.resolve(request)
  await clock.advance(5)
  await expired
  t.match(reports[1], { outcome: 'expired', durationMs: 20, ran: undefined })
})

const waits: [model: number, header: number | undefined, body: number | undefined, deadlineMs: number][] = [
  [50, undefined, undefined, 50],
  [50, 30, undefined, 30],
  [50, undefined, 20, 20],
  [50, 30, 20, 20],
  [50, 20, 30, 20],
  [10, 30, 20, 10],
  [50, 1e9, 1e9, 50],
  [50, undefined, 0.5, 1]
]

for (const [model, header, body, deadlineMs] of waits) {
  t.test(`the model grants ${model} ms, the transport says ${header}, the request ${body}`, async t => {
    const { call, instance, clock, reports, holds } = pipelineBench(manifestOf({ timeoutMs: model }))
    const timed = body === undefined ? request : { ...request, timeoutMs: body }
    let settled = false
    const expired = t.rejects(call({ timeoutMs: header, read: () => timed }), { code: 'DEADLINE_EXCEEDED' })
    void expired.then(() => {
      settled = true
    })
    await clock.advance(deadlineMs - 1)
    t.notOk(settled)
    await clock.advance(1)
    await expired
    t.match(reports, [{ outcome: 'expired', durationMs: deadlineMs, ran: undefined, left: 0 }])
    instance.runs[0]!.resolve(ran)
    await turn()
    t.equal(reports.length, 1, 'the late answer is dropped')
    t.equal(holds.count, 0)
  })
}

t.test('whoever goes away while waiting is counted as cancelled, and its run never begins', async t => {
  const { call, instance, reports, holds } = pipelineBench()
  const first = call()
  await turn()
  const cancellation = { cancelled: false }
  const gone = t.rejects(call({ cancellation }), { code: 'CANCELLED' })
  cancellation.cancelled = true
  instance.runs[0]!.resolve(ran)
  await first
  await gone
  await turn()
  t.equal(instance.runs.length, 1)
  t.strictSame(reports.map(({ outcome }) => outcome).sort(), ['cancelled', 'success'])
  t.equal(holds.count, 0)
})
