import t from 'tap'
import { Permits } from '../../src/inference/permits.ts'

const MiB = 2 ** 20

function permits(requestsInFlightMax = 2, bodyBytesInFlightMax = 4 * MiB): Permits {
  return new Permits({ requestsInFlightMax, bodyBytesInFlightMax })
}

const state = ({ requests, bytes }: Permits) => [requests, bytes]

t.test('as many predictions as there are, then OVERLOADED until one comes back', async t => {
  const all = permits()
  const first = all.take(10)
  all.take(20)
  t.throws(() => all.take(0), {
    code: 'OVERLOADED',
    message: '2 predictions are in progress already; try again',
    retryAfterSeconds: 1
  })
  t.strictSame(state(all), [2, 30], 'a refusal takes nothing')
  first.release()
  t.strictSame(state(all), [1, 20])
  all.take(1)
  t.throws(() => all.take(1), { code: 'OVERLOADED' })
})

t.test('bytes up to the limit and not one beyond', async t => {
  const all = permits(9)
  const first = all.take(3 * MiB)
  t.throws(() => all.take(MiB + 1), {
    code: 'OVERLOADED',
    message: 'bodies of 3 MiB are in progress already, at most 4 MiB may be; try again',
    retryAfterSeconds: 1
  })
  t.strictSame(state(all), [1, 3 * MiB], 'a refusal takes nothing')
  const second = all.take(MiB)
  t.strictSame(state(all), [2, 4 * MiB])
  t.doesNotThrow(() => all.take(0), 'a body without bytes finds its place')
  first.release()
  second.release()
  t.strictSame(state(all), [1, 0])
})

t.test('what grows is counted, and given back as a whole', async t => {
  const all = permits(9)
  const one = all.take(0)
  const other = all.take(MiB)
  one.grow(MiB)
  one.grow(2 * MiB)
  t.strictSame(state(all), [2, 4 * MiB])
  t.throws(() => one.grow(1), { code: 'OVERLOADED' })
  t.throws(() => other.grow(1), { code: 'OVERLOADED' })
  t.strictSame(state(all), [2, 4 * MiB], 'what was taken before stays taken, no more')
  one.release()
  t.strictSame(state(all), [1, MiB])
  other.grow(3 * MiB)
  other.release()
  t.strictSame(state(all), [0, 0])
})

t.test('alone, a body beyond the limit is let in, announced or not', async t => {
  const all = permits(9)
  const announced = all.take(5 * MiB)
  t.throws(() => all.take(1), { code: 'OVERLOADED' }, 'nobody else beside it')
  announced.release()
  const growing = all.take(0)
  growing.grow(MiB)
  t.doesNotThrow(() => growing.grow(4 * MiB))
  growing.release()
  t.strictSame(state(all), [0, 0])
})

t.test('a permit is given back once, however often that is said', async t => {
  const all = permits()
  const first = all.take(7)
  all.take(5)
  first.release()
  first.release()
  t.strictSame(state(all), [1, 5])
  t.throws(() => first.grow(1), { message: 'invariant broken: a permit grows before it is released' })
  t.strictSame(state(all), [1, 5])
})
