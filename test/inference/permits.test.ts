import t from 'tap'
import { Permits } from '../../src/inference/permits.ts'

t.test('as many as there are, then OVERLOADED until one comes back', async t => {
  const permits = new Permits(2)
  permits.take()
  permits.take()
  t.throws(() => permits.take(), {
    code: 'OVERLOADED',
    message: '2 predictions are in progress already; try again',
    retryAfterSeconds: 1
  })
  t.equal(permits.taken, 2, 'a refusal takes none')
  permits.giveBack()
  permits.take()
  t.throws(() => permits.take(), { code: 'OVERLOADED' })
  permits.giveBack()
  permits.giveBack()
  t.equal(permits.taken, 0)
})

t.test('giving back what was never taken is a programming error', async t => {
  const permits = new Permits(1)
  const broken = { message: 'invariant broken: a permit is taken before it is given back' }
  t.throws(() => permits.giveBack(), broken)
  permits.take()
  permits.giveBack()
  t.throws(() => permits.giveBack(), broken)
  t.equal(permits.taken, 0)
})
