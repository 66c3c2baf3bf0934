import t from 'tap'
import { invariant, unreachable } from '../../src/base/invariant.ts'

t.test('a broken invariant throws, a kept one does not', async t => {
  t.doesNotThrow(() => invariant(true, 'holds'))
  t.throws(() => invariant(false, 'the sky is up'), { message: 'invariant broken: the sky is up' })
})

t.test('an unreachable branch throws when it is reached after all', async t => {
  t.throws(() => unreachable('surprise' as never), { message: 'invariant broken: unexpected surprise' })
})
