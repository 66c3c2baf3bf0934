import t from 'tap'
import { ServingError } from '../../src/errors/serving-error.ts'
import { delayMaxMs, lossesMax } from '../../src/lifecycle/restart-policy.ts'
import { groupBench } from '../helpers/group-bench.ts'
import { turn } from '../helpers/turn.ts'

const lost = new ServingError('INSTANCE_LOST', 'gone')

t.test('as many instances as it was given, and where they are', async t => {
  const { group, instances, run } = groupBench(['thread', 'thread'])
  t.equal(group.size, 2)
  t.strictSame(group.choice, { placement: 'thread', reason: 'the test says so' })
  t.equal(group.stuckSinceMs, undefined)
  const answers = [run(1), run(2)]
  await turn()
  t.strictSame(
    instances.map(instance => instance.runs.length),
    [1, 1],
    'both work at the same time'
  )
  for (const [index, instance] of instances.entries()) instance.answer(0, index + 10)
  t.strictSame(await Promise.all(answers), [10, 11])
})

t.test('a lost instance is replaced at once, and what waits is answered by the next', async t => {
  const { group, instances, started, run, clock, notices } = groupBench(['thread'])
  const hit = t.rejects(run(1), { code: 'INSTANCE_LOST' })
  await turn()
  const waiting = run(2)
  instances[0]!.runs[0]!.reject(lost)
  instances[0]!.lose(new Error('code 7'))
  await hit
  await turn()
  t.equal(group.size, 0)
  t.match(notices, [/^an instance was lost \(code 7\); another starts in 0 ms$/])
  await clock.advance(0)
  t.strictSame([started.length, started[0]?.placement], [1, 'thread'])
  const next = await started[0]!.succeed()
  t.equal(group.size, 1)
  await turn()
  next.answer(0, 5)
  t.equal(await waiting, 5)
})

t.test('losses in a row: later and later, then the end', async t => {
  const { group, instances, started, clock, ended } = groupBench(['process'])
  let current = instances[0]!
  const delays = [0, 100, 200, 400, 800]
  for (const [index, delayMs] of delays.entries()) {
    current.lose(new Error(`loss ${index + 1}`))
    await turn()
    await clock.advance(Math.max(0, delayMs - 1))
    if (delayMs > 0) t.equal(started.length, index, `not before ${delayMs} ms are over`)
    await clock.advance(1)
    t.equal(started.length, index + 1)
    t.equal(started[index]!.placement, 'process')
    current = await started[index]!.succeed()
    t.equal(group.size, 1)
  }
  t.strictSame([ended(), delays.length + 1], [undefined, lossesMax])
  current.lose(new Error('loss 6'))
  await turn()
  t.match(ended(), { reason: { message: 'loss 6' } })
  await clock.advance(100_000)
  t.strictSame([started.length, group.size], [delays.length, 0])
})

t.test('given up, it fails everything that waits', async t => {
  const { instances, started, run, clock, ended } = groupBench(['thread'])
  instances[0]!.lose(new Error('crash'))
  await turn()
  const waiting = [run(1), run(2)].map(work =>
    t.rejects(work, {
      code: 'INSTANCE_LOST',
      message: 'the model instance ended and could not be started again',
      cause: { message: 'no more' }
    })
  )
  for (const index of Array.from({ length: lossesMax - 1 }, (_, i) => i)) {
    await clock.advance(1000)
    await started[index]!.fail(new Error(index === lossesMax - 2 ? 'no more' : 'not yet'))
  }
  await Promise.all(waiting)
  t.match(ended(), { reason: { message: 'no more' } })
})

t.test('an answered run, or one that the model refused, begins the count anew', async t => {
  for (const outcome of ['answered', 'refused'] as const) {
    const { instances, started, run, clock, ended } = groupBench(['thread'])
    let current = instances[0]!
    for (let index = 0; index < 3 * lossesMax; index++) {
      const work = run(1)
      await turn()
      if (outcome === 'answered') current.answer(0, 1)
      else current.runs[0]!.reject(new ServingError('RUN_FAILED', 'no'))
      await work.catch(() => undefined)
      current.lose(new Error('crash'))
      await turn()
      await clock.advance(0)
      t.equal(started.length, index + 1, 'at once')
      current = await started[index]!.succeed()
    }
    t.equal(ended(), undefined)
  }
})

t.test('a restart that fails is a loss as well', async t => {
  const { instances, started, clock, notices } = groupBench(['thread'])
  instances[0]!.lose(new Error('crash'))
  await turn()
  await clock.advance(0)
  await started[0]!.fail(new Error('no place'))
  t.match(notices, [/another starts in 0 ms/, /no place.*another starts in 100 ms/])
  await clock.advance(99)
  t.equal(started.length, 1)
  await clock.advance(1)
  t.equal(started.length, 2)
})

/** A group of two whose first instance was lost so often that it is tried as rarely as may be. */
async function withoutFirst() {
  const bench = groupBench(['thread', 'thread'])
  const { instances, started, clock } = bench
  instances[0]!.lose(new Error('crash'))
  await turn()
  for (let index = 0; index < lossesMax - 1; index++) {
    await clock.advance(1000)
    await started[index]!.fail(new Error('no'))
  }
  const answered = async (value: number): Promise<number> => {
    const answer = bench.run(value)
    await turn()
    instances[1]!.answer(instances[1]!.runs.length - 1, value)
    return answer
  }
  return { ...bench, answered }
}

t.test('with others alive it goes on with those, and tries the lost one ever again', async t => {
  const { group, started, clock, notices, ended, answered } = await withoutFirst()
  t.equal(notices.length, lossesMax)
  t.equal(
    notices.at(-1),
    'an instance was lost 6 times in a row (no); from now on another is tried every 5000 ms'
  )
  for (let index = lossesMax - 1; index < 3 * lossesMax; index++) {
    t.equal(await answered(index), index)
    await clock.advance(delayMaxMs - 1)
    t.equal(started.length, index, 'what the others answer does not hurry it')
    await clock.advance(1)
    await started[index]!.fail(new Error('no'))
  }
  t.equal(notices.length, lossesMax, 'which is said once')
  t.strictSame([group.size, ended()], [1, undefined])
  await clock.advance(delayMaxMs)
  const back = await started.at(-1)!.succeed()
  t.equal(group.size, 2)
  back.lose(new Error('crash'))
  await turn()
  t.equal(notices.length, lossesMax, 'it answered nothing in between')
})

t.test('a lost one that is back and answers is replaced at once again', async t => {
  const { instances, started, run, clock, notices } = await withoutFirst()
  await clock.advance(delayMaxMs)
  const back = await started.at(-1)!.succeed()
  const answers = [run(1), run(2)]
  await turn()
  instances[1]!.answer(0, 1)
  back.answer(0, 2)
  await Promise.all(answers)
  back.lose(new Error('crash'))
  await turn()
  t.match(notices.at(-1), /crash.*another starts in 0 ms/)
  const before = started.length
  await clock.advance(0)
  t.equal(started.length, before + 1)
})

t.test('once the others are gone as well, it is given up', async t => {
  const { group, instances, started, clock, ended } = await withoutFirst()
  instances[1]!.lose(new Error('the last'))
  await turn()
  t.match(ended(), { reason: { message: 'the last' } })
  const before = started.length
  await clock.advance(100_000)
  t.strictSame([started.length, group.size], [before, 0])
})

t.test('given up means given up: a restart that was still to come does not come', async t => {
  const { group, instances, started, clock, ended } = groupBench([
    'thread',
    'thread',
    'thread',
    'thread',
    'thread',
    'thread'
  ])
  for (const instance of instances) instance.lose(new Error('all at once'))
  await turn()
  t.match(ended(), { reason: { message: 'all at once' } })
  await clock.advance(100_000)
  t.strictSame([started.length, group.size], [0, 0])
})

t.test('closing asks every instance to end and waits for it; nobody is replaced', async t => {
  const { group, instances, started, clock, ended } = groupBench(['thread', 'thread'])
  await group.close()
  t.strictSame(
    instances.map(instance => instance.closes),
    [1, 1]
  )
  await turn()
  t.match(ended(), { reason: undefined })
  t.equal(group.size, 0)
  await clock.advance(100_000)
  t.equal(started.length, 0)
})

t.test('an instance that crashes while it closes is not replaced', async t => {
  const { group, instances, started, clock, ended } = groupBench(['thread'])
  const [instance] = instances
  instance!.close = async () => instance!.lose(new Error('crash'))
  await group.close()
  await turn()
  await clock.advance(100_000)
  t.strictSame([started.length, group.size], [0, 0])
  t.match(ended(), { reason: undefined })
})

t.test('closing before a restart is due', async t => {
  const { group, instances, started, clock, ended } = groupBench(['thread', 'thread'])
  for (const instance of instances) instance.lose(new Error('crash'))
  await turn()
  await group.close()
  await turn()
  t.match(ended(), { reason: undefined })
  await clock.advance(100_000)
  t.equal(started.length, 0, 'neither of the two')
})

t.test('closing during a restart: what starts is closed when it comes', async t => {
  const { group, instances, started, clock } = groupBench(['thread'])
  instances[0]!.lose(new Error('crash'))
  await turn()
  await clock.advance(0)
  await group.close()
  const late = await started[0]!.succeed()
  t.equal(late.closes, 1)
  t.equal(group.size, 0)

  const other = groupBench(['thread'])
  other.instances[0]!.lose(new Error('crash'))
  await turn()
  await other.clock.advance(0)
  await other.group.close()
  await other.started[0]!.fail(new Error('no'))
  await other.clock.advance(100_000)
  t.equal(other.started.length, 1, 'nor is a failed restart repeated')
})
