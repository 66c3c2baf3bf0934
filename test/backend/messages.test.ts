import t from 'tap'
import { failure } from '../../src/backend/messages.ts'

t.test('a failure carries the text of whatever was thrown', async t => {
  t.same(failure(new TypeError('bad')), { type: 'failed', message: 'bad' })
  t.same(failure('text'), { type: 'failed', message: 'text' })
  t.same(failure(undefined), { type: 'failed', message: 'undefined' })
})
