import t from 'tap'
import { type Deferred, deferred } from '../../src/base/deferred.ts'
import { Limiter } from '../../src/base/limiter.ts'
import { turn } from '../helpers/turn.ts'

function jobs(limiter: Limiter, count: number) {
  const gates: Deferred<string>[] = Array.from({ length: count }, () => deferred<string>())
  const started: number[] = []
  const results = gates.map((gate, index) =>
    limiter.run(() => {
      started.push(index)
      return gate.promise
    })
  )
  return { gates, started, results }
}

t.test('no more than the limit run at once, the rest in the order they came', async t => {
  const { gates, started, results } = jobs(new Limiter(2), 4)
  t.same(started, [0, 1])
  gates[1]!.resolve('one')
  t.equal(await results[1], 'one')
  t.same(started, [0, 1, 2])
  gates[0]!.resolve('zero')
  t.equal(await results[0], 'zero')
  t.same(started, [0, 1, 2, 3])
  gates[2]!.resolve('two')
  gates[3]!.resolve('three')
  t.same(await Promise.all(results), ['zero', 'one', 'two', 'three'])
})

t.test('work that fails or throws gives its place back', async t => {
  const limiter = new Limiter(1)
  const { gates, started, results } = jobs(limiter, 2)
  gates[0]!.reject(new Error('lost'))
  await t.rejects(results[0]!, { message: 'lost' })
  t.same(started, [0, 1])
  gates[1]!.resolve('fine')
  t.equal(await results[1], 'fine')
  const thrower = (): Promise<never> => {
    throw new Error('at once')
  }
  await t.rejects(limiter.run(thrower), { message: 'at once' })
  t.equal(await limiter.run(() => Promise.resolve('next')), 'next')
})

t.test(
  'a place that falls free goes to the one that waits, not to a newcomer of the same moment',
  async t => {
    const limiter = new Limiter(1)
    const { gates, started, results } = jobs(limiter, 2)
    gates[0]!.resolve('zero')
    const newcomer = results[0]!.then(() => limiter.run(() => Promise.resolve(started.push(2))))
    await turn()
    t.same(started, [0, 1], 'the newcomer waits in turn')
    gates[1]!.resolve('one')
    await newcomer
    t.same(started, [0, 1, 2])
  }
)
