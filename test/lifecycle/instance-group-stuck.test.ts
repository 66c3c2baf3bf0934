import t from 'tap'
import { ServingError } from '../../src/errors/serving-error.ts'
import { strikesMax } from '../../src/lifecycle/placement.ts'
import { groupBench, inlineRunMaxMs, runMaxMs, threadRowsMax } from '../helpers/group-bench.ts'
import { turn } from '../helpers/turn.ts'

t.test('a thread that is stuck is reported until its run ends', async t => {
  const { group, instances, run, clock, notices } = groupBench(['thread'])
  const answer = run(1)
  await clock.advance(runMaxMs - 1)
  t.strictSame([group.stuckSinceMs, notices], [undefined, []])
  await clock.advance(1)
  t.equal(group.stuckSinceMs, runMaxMs)
  t.strictSame(notices, [`a run takes longer than ${runMaxMs} ms: its thread is stuck`])
  await clock.advance(10 * runMaxMs)
  t.strictSame([group.stuckSinceMs, notices.length, group.size], [runMaxMs, 1, 1], 'said once')
  instances[0]!.answer(0, 9)
  t.equal(await answer, 9)
  t.equal(group.stuckSinceMs, undefined)
})

t.test('a run that ends in time is forgotten, and the next has the whole time', async t => {
  const { group, instances, run, clock, notices } = groupBench(['thread'])
  for (let index = 0; index < 3; index++) {
    const answer = run(index)
    await clock.advance(runMaxMs - 1)
    instances[0]!.answer(index, index)
    t.equal(await answer, index)
  }
  const refused = t.rejects(run(9), { code: 'RUN_FAILED' })
  await turn()
  instances[0]!.runs[3]!.reject(new ServingError('RUN_FAILED', 'no'))
  await refused
  await clock.advance(10 * runMaxMs)
  t.strictSame([group.stuckSinceMs, notices], [undefined, []])
})

t.test('the longest of several stuck runs counts', async t => {
  const { group, instances, run, clock } = groupBench(['thread', 'thread'])
  const answers = [run(1)]
  await clock.advance(10)
  answers.push(run(2))
  await clock.advance(runMaxMs)
  t.equal(group.stuckSinceMs, runMaxMs)
  instances[0]!.answer(0, 1)
  await answers[0]
  t.equal(group.stuckSinceMs, runMaxMs + 10)
  instances[1]!.answer(0, 1)
  await answers[1]
  t.equal(group.stuckSinceMs, undefined)
})

t.test('a process that is stuck is killed, and replaced', async t => {
  const { group, instances, started, run, clock, notices } = groupBench(['process'])
  const hit = t.rejects(run(1), { code: 'INSTANCE_LOST' })
  await clock.advance(runMaxMs)
  t.equal(instances[0]!.kills, 1)
  t.match(notices, [/its process is killed$/])
  t.equal(group.stuckSinceMs, runMaxMs, 'until it is gone')
  instances[0]!.runs[0]!.reject(new ServingError('INSTANCE_LOST', 'gone'))
  instances[0]!.lose(new Error('its process was ended by SIGKILL'))
  await hit
  await turn()
  t.equal(group.stuckSinceMs, undefined)
  await clock.advance(0)
  await started[0]!.succeed()
  t.equal(group.size, 1)
})

t.test('an instance that ends while it is stuck is stuck no more', async t => {
  const { group, instances, run, clock } = groupBench(['thread'])
  run(1).catch(() => undefined)
  await clock.advance(runMaxMs)
  t.equal(group.stuckSinceMs, runMaxMs)
  instances[0]!.lose(new Error('crash'))
  await turn()
  t.equal(group.stuckSinceMs, undefined)
})

t.test('slow runs on the HTTP thread move it off, with no failed request', async t => {
  const { group, instances, started, run, clock, notices } = groupBench(['inline'])
  const [inline] = instances
  inline!.takes(inlineRunMaxMs + 1)
  for (let index = 1; index < strikesMax; index++) t.equal(await run(index), index)
  await turn()
  t.equal(started.length, 0)
  t.equal(await run(100), 100, 'the one that is too many is answered as well')
  t.strictSame([started.length, started[0]?.placement], [1, 'thread'])
  t.equal(await run(101), 101, 'the HTTP thread goes on until a thread is there')
  t.equal(group.choice.placement, 'inline')
  const thread = await started[0]!.succeed()
  t.strictSame(group.choice, {
    placement: 'thread',
    reason: `runs took longer than ${inlineRunMaxMs} ms on the HTTP thread`
  })
  t.strictSame([group.size, inline!.closes], [1, 1])
  t.match(notices, [/^moved to a thread: runs took longer/])

  const first = run(1)
  await turn()
  t.equal(thread.runs.length, 1)
  const others = Array.from({ length: threadRowsMax }, (_, index) => run(index))
  thread.answer(0, 7)
  t.equal(await first, 7)
  await turn()
  t.equal(thread.runs[1]!.inputs[0]!.shape[0], threadRowsMax, 'batches have the size of a thread now')
  thread.answer(1, 8)
  t.strictSame(await Promise.all(others), new Array(threadRowsMax).fill(8))
  thread.lose(new Error('crash'))
  await turn()
  await clock.advance(0)
  t.equal(started[1]?.placement, 'thread', 'and stays there')
})

t.test('quick runs stay on the HTTP thread', async t => {
  const { instances, started, run } = groupBench(['inline'])
  instances[0]!.takes(inlineRunMaxMs)
  for (let index = 0; index < 3 * strikesMax; index++) await run(index)
  instances[0]!.takes(inlineRunMaxMs + 1)
  for (let index = 1; index < strikesMax; index++) await run(index)
  t.equal(started.length, 0)
})

t.test('where no thread is to be had it stays, says so, and asks again after as many strikes', async t => {
  const { group, instances, started, run, notices } = groupBench(['inline'])
  instances[0]!.takes(inlineRunMaxMs + 1)
  for (let index = 0; index < strikesMax; index++) await run(index)
  t.equal(started.length, 1)
  for (let index = 0; index < 3 * strikesMax; index++) await run(index)
  t.equal(started.length, 1, 'one at a time')
  await started[0]!.fail(new Error('all 4 instances are in use'))
  t.strictSame(notices, ['could not move to a thread: all 4 instances are in use'])
  for (let index = 1; index < strikesMax; index++) await run(index)
  t.strictSame([started.length, notices.length], [1, 1], 'not at every request')
  await run(0)
  t.equal(started.length, 2)
  await started[1]!.succeed()
  t.equal(group.choice.placement, 'thread')
})

t.test('closing while it moves: what starts is closed when it comes', async t => {
  const { group, instances, started, run } = groupBench(['inline'])
  instances[0]!.takes(inlineRunMaxMs + 1)
  for (let index = 0; index < strikesMax; index++) await run(index)
  await group.close()
  const late = await started[0]!.succeed()
  t.strictSame([late.closes, group.size, group.choice.placement], [1, 0, 'inline'])
})
