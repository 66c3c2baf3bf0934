// The batcher's queue limits, deadlines, cancellations, delay and instances that answer at once.
import t from 'tap'
import {
  BatchBench,
  HeldRunner,
  InlineRunner,
  instanceLost,
  jobOf,
  runFailed
} from '../helpers/batch-bench.ts'

const states = (pushed: readonly { readonly state: string | number[] }[]) => pushed.map(({ state }) => state)

/** A cancellation in the hands of the test. */
const cancellable = () => ({ cancelled: false })

t.test('a full queue refuses, and says how full it is', async t => {
  const bench = new BatchBench({ limits: { rowsMax: 3, bytesMax: 100 } })
  const runner = new HeldRunner()
  await bench.begin([runner], jobOf([1, 2, 3, 4, 5]))
  const waits = bench.push(jobOf([6, 7, 8]))
  const refused = bench.push(jobOf([9]))
  await bench.endTurn()
  t.match(refused.error, {
    name: 'ServingError',
    code: 'QUEUE_FULL',
    retryAfterSeconds: 1,
    message: "the model's queue is full (3 rows wait, at most 3 rows or 100 bytes may)"
  })
  await runner.last.answer()
  await runner.last.answer()
  t.strictSame(waits.state, [60, 70, 80])
  t.strictSame(runner.batches.flat().includes(9), false, 'what was refused never runs')
  const bytes = new BatchBench({ limits: { rowsMax: 3, bytesMax: 100 } })
  bytes.push(jobOf([1], { bytes: 60 }))
  const over = bytes.push(jobOf([2], { bytes: 41 }))
  await bytes.endTurn()
  t.equal(over.state, 'QUEUE_FULL')
})

t.test('before anybody is refused the dead make room', async t => {
  const bench = new BatchBench({ limits: { rowsMax: 3, bytesMax: 100 } })
  const runner = new HeldRunner()
  const cancellation = cancellable()
  const gone = bench.push(jobOf([1], { cancellation }))
  const over = bench.push(jobOf([2], { deadlineMs: 5, mergeKey: 'k' }))
  const waits = bench.push(jobOf([3]))
  cancellation.cancelled = true
  await bench.clock.advance(5)
  t.equal(bench.batcher.queuedRows, 2, 'who was answered is not there any more')
  t.equal(gone.state, 'waits', 'nobody looked yet')
  const next = bench.push(jobOf([4, 5]))
  await bench.endTurn()
  t.strictSame(states([gone, over, waits, next]), ['CANCELLED', 'DEADLINE_EXCEEDED', 'waits', 'waits'])
  t.equal(bench.batcher.queuedRows, 3)
  await bench.begin([runner])
  t.strictSame(runner.batches, [[3, 4, 5]])
})

t.test(
  'whose time is over makes room at once, in rows and in bytes, and no batch is formed for them',
  async t => {
    const bench = new BatchBench({ limits: { rowsMax: 3, bytesMax: 100 }, delayMaxMs: 50 })
    const runner = new HeldRunner()
    await bench.begin([runner], jobOf([1]))
    await bench.clock.advance(50)
    await bench.endTurn()
    const over = ['', 'k', undefined].map(mergeKey =>
      bench.push(jobOf([2], { deadlineMs: 60, mergeKey, bytes: 30 }))
    )
    t.equal(bench.batcher.queuedRows, 3)
    await bench.clock.advance(10)
    t.strictSame(states(over), new Array(3).fill('DEADLINE_EXCEEDED'))
    t.equal(bench.batcher.queuedRows, 0)
    const large = bench.push(jobOf([3, 4], { bytes: 90 }))
    await runner.last.answer()
    await bench.endTurn()
    t.strictSame(runner.batches, [[1]], 'the delay counts from who still waits')
    await bench.clock.advance(49)
    await bench.endTurn()
    t.strictSame([runner.batches, large.state], [[[1]], 'waits'])
    await bench.clock.advance(1)
    await bench.endTurn()
    t.strictSame(runner.batches, [[1], [3, 4]])
  }
)

t.test('a deadline answers at once, whether the job waits or runs, and the result is dropped', async t => {
  const bench = new BatchBench()
  const runner = new HeldRunner()
  await bench.clock.advance(100)
  const [short, long] = await bench.begin([runner], jobOf([1], { deadlineMs: 110 }), jobOf([2]))
  await bench.clock.advance(4)
  const waiting = bench.push(jobOf([3], { deadlineMs: 106 }))
  await bench.clock.advance(2)
  t.strictSame(states([short!, long!, waiting]), ['waits', 'waits', 'DEADLINE_EXCEEDED'])
  t.match(waiting.error.message, /\(2 ms since it was queued\)/)
  await bench.clock.advance(4)
  t.strictSame(states([short!, long!]), ['DEADLINE_EXCEEDED', 'waits'])
  t.match(short!.error, { name: 'ServingError', message: /^no answer within the time .*\(10 ms since/ })
  await runner.last.answer()
  t.strictSame(long!.state, [20], 'the others of the batch get theirs')
  t.match(long!.result, { batchRows: 2, firstOfBatch: true }, 'the batch is counted by who is left')
  t.equal(short!.endings.length, 1)
  t.strictSame(runner.batches, [[1, 2]], 'what expired while it waited never ran')
  t.equal(bench.batcher.queuedRows, 0)
})

t.test('one that was answered leaves nothing to wait for, and is not tried again', async t => {
  const bench = new BatchBench()
  const runner = new HeldRunner()
  const [a, b] = await bench.begin([runner], jobOf([1], { deadlineMs: 5 }), jobOf([2], { deadlineMs: 50 }))
  await bench.clock.advance(5)
  await runner.last.fail()
  t.equal(bench.batcher.queuedRows, 1)
  await bench.endTurn()
  t.strictSame(runner.batches, [[1, 2], [2]])
  await runner.last.answer()
  const more = await bench.begin([], jobOf([3], { deadlineMs: 20 }), jobOf([4], { deadlineMs: 30 }))
  await runner.last.answer()
  t.equal(bench.clock.pending, 1)
  await bench.clock.advance(15)
  t.equal(bench.clock.pending, 0, 'the next timer was the last')
  t.strictSame(states([a!, b!, ...more]), ['DEADLINE_EXCEEDED', [20], [30], [40]])
  t.strictSame([a!.endings.length, b!.endings.length], [1, 1])
})

t.test('who went away is dropped when the batch forms', async t => {
  const bench = new BatchBench({ rowsMax: 2 })
  const runner = new HeldRunner()
  const [first, second, third] = [cancellable(), cancellable(), cancellable()]
  bench.batcher.add(runner)
  const pushed = [
    bench.push(jobOf([1], { cancellation: first })),
    bench.push(jobOf([2], { cancellation: second })),
    bench.push(jobOf([3], { cancellation: third })),
    bench.push(jobOf([4]))
  ]
  first.cancelled = true
  third.cancelled = true
  await bench.endTurn()
  t.strictSame(runner.batches, [[2, 4]])
  t.strictSame(states(pushed), ['CANCELLED', 'waits', 'CANCELLED', 'waits'])
  t.match(pushed[0]!.error, { name: 'ServingError', code: 'CANCELLED', message: /client went away/ })
  second.cancelled = true
  await runner.last.answer()
  t.strictSame(pushed[1]!.state, [20], 'one that runs is answered: who reads the answer is not our business')
})

t.test('who went away before its time was over was cancelled, not late', async t => {
  const bench = new BatchBench()
  const cancellation = { cancelled: false }
  const gone = bench.push(jobOf([1], { deadlineMs: 5, cancellation }))
  cancellation.cancelled = true
  await bench.clock.advance(5)
  t.equal(gone.state, 'CANCELLED')
  t.equal(bench.batcher.queuedRows, 0)
})

t.test('who went away is not tried alone after the batch failed', async t => {
  const bench = new BatchBench()
  const runner = new HeldRunner()
  const cancellation = cancellable()
  const [gone, stays] = await bench.begin([runner], jobOf([1], { cancellation }), jobOf([2]))
  cancellation.cancelled = true
  await runner.last.fail()
  await bench.endTurn()
  await runner.last.answer()
  t.strictSame(runner.batches, [[1, 2], [2]])
  t.strictSame(states([gone!, stays!]), ['CANCELLED', [20]])
})

t.test('where all are dead nothing runs', async t => {
  const bench = new BatchBench()
  const runner = new HeldRunner()
  const [gone] = await bench.begin([runner], jobOf([1], { cancellation: { cancelled: true } }))
  t.strictSame([runner.batches, gone!.state, bench.batcher.queuedRows], [[], 'CANCELLED', 0])
  const [next] = await bench.begin([], jobOf([2]))
  await runner.last.answer()
  t.strictSame(next!.state, [20])
})

t.test('delayMaxMs: an instance that is free waits for more rows, so long and no longer', async t => {
  const bench = new BatchBench({ delayMaxMs: 10, rowsMax: 3 })
  const runner = new HeldRunner()
  await bench.begin([runner], jobOf([1]))
  t.strictSame(runner.batches, [])
  await bench.clock.advance(9.5)
  bench.push(jobOf([2]))
  await bench.endTurn()
  t.strictSame([runner.batches, bench.clock.pending], [[], 1], 'one timer')
  await bench.clock.advance(0.5)
  await bench.endTurn()
  t.strictSame(runner.batches, [[1, 2]], 'since the first one came')
  await runner.last.answer()
  t.equal(bench.clock.pending, 0)
  await bench.begin([], jobOf([3, 4]), jobOf([5]))
  t.strictSame(runner.last.values, [3, 4, 5], 'a full batch does not wait')
  bench.push(jobOf([6]))
  await bench.clock.advance(10)
  t.strictSame(runner.runs.length, 2, 'no instance is free')
  await runner.last.answer()
  t.strictSame(runner.last.values, [6], 'it has waited long enough')
  await runner.last.answer()
  await bench.begin([], jobOf([7], { mergeKey: undefined }))
  t.strictSame(runner.last.values, [7], 'for whom nobody can join, waiting gains nothing')
})

t.test('delayMaxMs: what is full before its time leaves a timer behind that does no harm', async t => {
  const bench = new BatchBench({ delayMaxMs: 10, rowsMax: 2 })
  const runner = new HeldRunner()
  await bench.begin([runner], jobOf([1]))
  await bench.clock.advance(4)
  await bench.begin([], jobOf([2]))
  t.strictSame(runner.batches, [[1, 2]])
  await runner.last.answer()
  await bench.clock.advance(4)
  await bench.begin([], jobOf([3]))
  await bench.clock.advance(2)
  await bench.endTurn()
  t.strictSame(runner.runs.length, 1, 'the old timer is not its')
  await bench.clock.advance(8)
  await bench.endTurn()
  t.strictSame(runner.batches, [[1, 2], [3]])
})

t.test('delayMaxMs: nobody waits longer because somebody more urgent came later', async t => {
  const bench = new BatchBench({ delayMaxMs: 10 })
  const runner = new HeldRunner()
  await bench.begin([runner], jobOf([1]))
  await bench.clock.advance(9)
  await bench.begin([], jobOf([2], { priority: 1 }))
  await bench.clock.advance(1)
  await bench.endTurn()
  t.strictSame(runner.batches, [[2, 1]])
})

t.test('delayMaxMs: a failed batch is tried again without waiting', async t => {
  const bench = new BatchBench({ delayMaxMs: 10, rowsMax: 2 })
  const runner = new HeldRunner()
  const pushed = await bench.begin([runner], jobOf([1]), jobOf([2]))
  await runner.last.fail()
  await bench.endTurn()
  await runner.last.answer()
  await runner.last.answer()
  t.strictSame(states(pushed), [[10], [20]])
})

t.test('an instance that answers at once: a batch a step, in turns that have an end', async t => {
  const bench = new BatchBench({ rowsMax: 2 })
  const runner = new InlineRunner()
  const pushed = await bench.begin([runner], ...[1, 2, 3, 4, 5].map(value => jobOf([value])))
  t.strictSame(runner.batches, [[1, 2], [3, 4], [5]])
  t.strictSame(states(pushed), [[10], [20], [30], [40], [50]])
  t.match(
    pushed.map(({ result }) => result.firstOfBatch),
    [true, false, true, false, true]
  )
  t.notOk(bench.turnAsked)
})

t.test('an instance that answers at once and fails', async t => {
  const bench = new BatchBench()
  const runner = new InlineRunner()
  runner.poison.set(2, runFailed())
  const pushed = await bench.begin([runner], jobOf([1]), jobOf([2]), jobOf([3]))
  await bench.endTurn()
  t.strictSame(runner.batches, [[1, 2, 3], [1], [2], [3]])
  t.strictSame(states(pushed), [[10], 'RUN_FAILED', [30]])
  runner.poison.set(5, instanceLost())
  const lost = await bench.begin([], jobOf([4]), jobOf([5]))
  await bench.endTurn()
  t.strictSame(states(lost), ['INSTANCE_LOST', 'INSTANCE_LOST'])
  const [next] = await bench.begin([], jobOf([6]))
  t.strictSame([next!.state, runner.batches.length], ['waits', 5], 'what is lost gets no more')
  await bench.begin([new InlineRunner()])
  t.strictSame(next!.state, [60])
})

t.test('an inline instance gives way to a thread', async t => {
  const bench = new BatchBench({ rowsMax: 1 })
  const [inline, thread] = [new InlineRunner(), new HeldRunner()]
  await bench.begin([inline], jobOf([1]))
  bench.batcher.remove(inline)
  bench.batcher.rowsMax = 4
  const pushed = await bench.begin([thread], jobOf([2]), jobOf([3]))
  await thread.last.answer()
  t.strictSame([inline.batches, thread.batches], [[[1]], [[2, 3]]])
  t.strictSame(states(pushed), [[20], [30]])
})
