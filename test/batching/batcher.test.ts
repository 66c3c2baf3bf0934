import t from 'tap'
import type { RunOutcome } from '../../src/batching/batcher.ts'
import { BatchBench, HeldRunner, instanceLost, jobOf, rowsOfX, runFailed } from '../helpers/batch-bench.ts'

const states = (pushed: readonly { readonly state: string | number[] }[]) => pushed.map(({ state }) => state)

t.test('what came in one turn runs together at its end, and each gets its own rows', async t => {
  const bench = new BatchBench()
  const runner = new HeldRunner()
  bench.batcher.add(runner)
  t.notOk(bench.turnAsked, 'nothing to do yet')
  const pushed = [jobOf([1, 2]), jobOf([3]), jobOf([4, 5])].map(job => bench.push(job))
  t.strictSame([runner.batches, bench.batcher.queuedRows], [[], 5])
  await bench.clock.advance(7)
  await bench.endTurn()
  t.strictSame([runner.batches, bench.batcher.queuedRows], [[[1, 2, 3, 4, 5]], 0])
  t.strictSame(runner.last.outputs, ['y'])
  await bench.clock.advance(3)
  await runner.last.answer(2.5)
  t.strictSame(states(pushed), [[10, 20], [30], [40, 50]])
  t.match(
    pushed.map(({ result }) => result),
    [true, false, false].map(firstOfBatch => ({ queueMs: 7, runMs: 2.5, batchRows: 5, firstOfBatch }))
  )
})

t.test('a batch forms when an instance is free, of whatever waited meanwhile', async t => {
  const bench = new BatchBench()
  const runner = new HeldRunner()
  await bench.begin([runner], jobOf([1]))
  const waiting = [jobOf([2]), jobOf([3, 4])].map(job => bench.push(job))
  await bench.endTurn()
  t.strictSame(runner.batches, [[1]], 'one batch at a time')
  t.equal(bench.batcher.queuedRows, 3)
  await runner.last.answer()
  t.strictSame(runner.batches, [[1], [2, 3, 4]], 'the next begins at once')
  t.equal(bench.batcher.queuedRows, 0)
  await runner.last.answer()
  t.strictSame(states(waiting), [[20], [30, 40]])
  t.notOk(bench.turnAsked)
})

t.test('the next batch begins before the answers of the last are given', async t => {
  const bench = new BatchBench()
  const runner = new HeldRunner()
  bench.batcher.add(runner)
  const order: string[] = []
  void bench.batcher.push(jobOf([1])).then(() => order.push(`answered, ${runner.runs.length} begun`))
  await bench.endTurn()
  bench.push(jobOf([2]))
  await runner.last.answer()
  t.strictSame(order, ['answered, 2 begun'])
})

t.test('several instances share the queue', async t => {
  const bench = new BatchBench({ rowsMax: 2 })
  const [a, b] = [new HeldRunner(), new HeldRunner()]
  const jobs = [1, 2, 3, 4, 5].map(value => jobOf([value]))
  const pushed = await bench.begin([a, b], ...jobs)
  t.strictSame([a.batches, b.batches], [[[1, 2]], [[3, 4]]])
  await b.last.answer()
  t.strictSame(b.batches, [[3, 4], [5]])
  await a.last.answer()
  await b.last.answer()
  t.strictSame(states(pushed), [[10], [20], [30], [40], [50]])
})

t.test('what runs together: equal keys up to rowsMax; a larger request alone', async t => {
  const bench = new BatchBench({ rowsMax: 3 })
  const runner = new HeldRunner()
  const jobs = [
    jobOf([1, 2]),
    jobOf([3], { mergeKey: 'other' }),
    jobOf([4]),
    jobOf([5], { mergeKey: undefined }),
    jobOf([6], { priority: 1, outputs: ['z'], mergeKey: 'z' }),
    jobOf([7, 8, 9, 10])
  ]
  // A millisecond after each other: who comes first is no accident.
  bench.batcher.add(runner)
  for (const job of jobs) {
    bench.push(job)
    await bench.clock.advance(1)
  }
  await bench.endTurn()
  while (runner.runs.length < 5) await runner.last.answer()
  t.strictSame(runner.batches, [[6], [1, 2, 4], [3], [5], [7, 8, 9, 10]])
  t.strictSame(runner.runs[0]!.outputs, ['z'])
})

t.test('a job that runs alone hands its own tensors on', async t => {
  const bench = new BatchBench()
  const inputs = [rowsOfX(1, 2)]
  let handed: unknown
  bench.batcher.add({
    run(given): RunOutcome {
      handed = given
      return { outputs: [], runMs: 0 }
    }
  })
  await bench.begin([], jobOf([1, 2], { inputs }))
  t.equal(handed, inputs, 'nothing was copied')
})

t.test('another rowsMax holds from the next batch on', async t => {
  const bench = new BatchBench({ rowsMax: 1 })
  const runner = new HeldRunner()
  await bench.begin([runner], ...[1, 2, 3, 4].map(value => jobOf([value])))
  bench.batcher.rowsMax = 2
  await runner.last.answer()
  bench.batcher.rowsMax = 10
  await runner.last.answer()
  t.strictSame(runner.batches, [[1], [2, 3], [4]])
})

t.test('a failed batch runs again one by one, each exactly once', async t => {
  const bench = new BatchBench()
  const runner = new HeldRunner()
  const pushed = await bench.begin([runner], jobOf([1]), jobOf([2]), jobOf([3]))
  await runner.last.fail()
  t.strictSame(states(pushed), ['waits', 'waits', 'waits'])
  await bench.endTurn()
  await runner.last.answer()
  await runner.last.fail()
  await runner.last.answer()
  t.strictSame(runner.batches, [[1, 2, 3], [1], [2], [3]])
  t.strictSame(states(pushed), [[10], 'RUN_FAILED', [30]])
  t.notOk(bench.turnAsked, 'no third time')
  t.match(pushed[0]!.result, { batchRows: 1, firstOfBatch: true })
  t.equal(bench.batcher.queuedRows, 0)
})

t.test('those who came meanwhile do not mend a failed batch, nor does a run alone get company', async t => {
  const bench = new BatchBench()
  const runner = new HeldRunner()
  await bench.begin([runner], jobOf([1]), jobOf([2]))
  bench.push(jobOf([3]))
  bench.push(jobOf([4]))
  await runner.last.fail()
  t.strictSame(runner.batches.at(-1), [3, 4], 'the instance was free first')
  await runner.last.answer()
  await runner.last.answer()
  await runner.last.answer()
  t.strictSame(runner.batches.slice(2), [[1], [2]])
})

t.test('a failed batch goes on with another instance where its own is gone', async t => {
  const bench = new BatchBench()
  const [a, b] = [new HeldRunner(), new HeldRunner()]
  const pushed = await bench.begin([a, b], jobOf([1]), jobOf([2]))
  bench.batcher.remove(a)
  await a.last.fail()
  await bench.endTurn()
  await b.last.answer()
  await b.last.answer()
  t.strictSame(b.batches, [[1], [2]])
  t.strictSame(states(pushed), [[10], [20]])
})

t.test('a single job that fails gets the error itself', async t => {
  const bench = new BatchBench()
  const runner = new HeldRunner()
  const error = runFailed()
  const [pushed] = await bench.begin([runner], jobOf([1]))
  await runner.last.fail(error)
  t.equal(pushed!.error, error)
  t.notOk(bench.turnAsked)
  const [next] = await bench.begin([], jobOf([2]))
  await runner.last.answer()
  t.strictSame(next!.state, [20], 'the next one works')
})

t.test(
  'an instance that is lost fails its whole batch, which is not tried again; what waits goes on',
  async t => {
    const bench = new BatchBench({ rowsMax: 2 })
    const [a, b] = [new HeldRunner(), new HeldRunner()]
    const pushed = await bench.begin([a], jobOf([1]), jobOf([2]), jobOf([3]))
    await a.last.fail(instanceLost())
    t.strictSame(states(pushed), ['INSTANCE_LOST', 'INSTANCE_LOST', 'waits'])
    await bench.endTurn()
    t.strictSame(a.batches, [[1, 2]], 'nothing for those that are gone')
    await bench.begin([b])
    await b.last.answer()
    t.strictSame(pushed[2]!.state, [30])
  }
)

t.test('a batch whose outputs have not its rows has failed: each runs alone, once', async t => {
  const bench = new BatchBench()
  const runner = new HeldRunner()
  const pushed = await bench.begin([runner], jobOf([1]), jobOf([2]))
  const wrong = { outputs: [rowsOfX(1, 2, 3)], runMs: 1 }
  runner.last.resolve(wrong)
  await bench.clock.advance(0)
  t.strictSame([states(pushed), bench.batcher.queuedRows], [['waits', 'waits'], 2])
  await bench.endTurn()
  await runner.last.answer()
  runner.last.resolve(wrong)
  await bench.endTurn()
  t.strictSame(runner.batches, [[1, 2], [1], [2]])
  t.strictSame(states(pushed), [[10], [1, 2, 3]], 'alone, whatever comes is its own')
  t.notOk(bench.turnAsked)

  const inline = new BatchBench()
  const batches: number[] = []
  inline.batcher.add({
    run([x]): RunOutcome {
      batches.push(x!.shape[0]!)
      return { outputs: [rowsOfX(7)], runMs: 1 }
    }
  })
  const others = await inline.begin([], jobOf([1]), jobOf([2]))
  while (inline.turnAsked) await inline.endTurn()
  t.strictSame(
    [batches, states(others)],
    [
      [2, 1, 1],
      [[7], [7]]
    ],
    'on this thread too'
  )
})

t.test('something thrown that is no error is told as text', async t => {
  const bench = new BatchBench()
  const runner = new HeldRunner()
  const [pushed] = await bench.begin([runner], jobOf([1]))
  await runner.last.fail('text' as unknown as Error)
  t.equal(pushed!.error.message, 'text')
})

t.test('instances come and go', async t => {
  const bench = new BatchBench()
  const [a, b] = [new HeldRunner(), new HeldRunner()]
  const early = bench.push(jobOf([1]))
  t.notOk(bench.turnAsked, 'nobody could run it')
  await bench.begin([a])
  t.strictSame(a.batches, [[1]], 'a new instance finds what waits')
  bench.batcher.remove(a)
  const late = bench.push(jobOf([2]))
  await a.last.answer()
  await bench.endTurn()
  t.strictSame(early.state, [10], 'a run in progress is settled after its instance was taken away')
  t.strictSame(a.batches, [[1]], 'which gets no more')
  await bench.begin([b])
  await b.last.answer()
  t.strictSame(late.state, [20])
  bench.batcher.remove(b)
  const none = bench.push(jobOf([3]))
  await bench.endTurn()
  t.equal(none.state, 'waits', 'nor does one that was free')
  bench.batcher.remove(new HeldRunner())
})

t.test('failing all fails what waits, not what runs', async t => {
  const bench = new BatchBench()
  const runner = new HeldRunner()
  const [running] = await bench.begin([runner], jobOf([1]))
  const waiting = [jobOf([2]), jobOf([3], { mergeKey: undefined, priority: 1 })].map(job => bench.push(job))
  const reason = instanceLost()
  bench.batcher.failAll(reason)
  await bench.endTurn()
  t.strictSame(
    waiting.map(({ error }) => error),
    [reason, reason]
  )
  t.equal(bench.batcher.queuedRows, 0)
  t.equal(bench.clock.pending, 0)
  await runner.last.answer()
  t.strictSame(running!.state, [10])
  t.strictSame(runner.batches, [[1]])
})
