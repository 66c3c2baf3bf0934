import type { FastifyRequest } from 'fastify'
import t from 'tap'
import { callerOf } from '../../src/http/caller.ts'

t.test('nobody has a name before there are keys, whatever they send', async t => {
  const request = { headers: { authorization: 'Bearer secret', 'x-forwarded-user': 'root' } }
  t.equal(callerOf(request as unknown as FastifyRequest), 'anonymous')
})
