import { gunzipSync } from 'node:zlib'
import type { FastifyReply, FastifyRequest } from 'fastify'
import t from 'tap'
import { answerWith, isMuch, type PredictionServices, timeoutOf } from '../../src/http/prediction.ts'
import { all } from '../helpers/all.ts'

const asked = (headers: Record<string, unknown>) => ({ headers }) as unknown as FastifyRequest

t.test('the time that a caller gives', async t => {
  t.equal(timeoutOf(asked({})), undefined)
  t.equal(timeoutOf(asked({ 'x-kedge-timeout-ms': '250' })), 250)
  for (const header of ['0', '-1', '1.5', '1e3', '', 'soon', '1234567890', ['1', '2']])
    t.throws(() => timeoutOf(asked({ 'x-kedge-timeout-ms': header })), {
      code: 'INVALID_REQUEST',
      message: /^header x-kedge-timeout-ms: expected a whole number of milliseconds/
    })
})

t.test('much is what takes long to write', async t => {
  const services = { jsonOffloadBytes: 100 } as PredictionServices
  t.notOk(isMuch(10, services))
  t.ok(isMuch(11, services))
})

/** What is sent, with the headers that were set. */
async function answer(headers: Record<string, unknown>, body: string | Uint8Array[], bytesMin: number) {
  const set: Record<string, unknown> = { 'content-length': '5' }
  const reply = {
    header: (name: string, value: unknown) => {
      set[name] = value
      return reply
    },
    removeHeader: (name: string) => {
      delete set[name]
      return reply
    }
  }
  const sent = await answerWith(asked(headers), reply as unknown as FastifyReply, body, bytesMin)
  return { set, sent }
}

t.test('text and pieces are sent as they are, or compressed where it is worth it', async t => {
  const pieces = [Buffer.from('ab'), Buffer.from('cd')]
  t.equal((await answer({}, 'abcd', 0)).sent, 'abcd')
  t.strictSame((await answer({}, [pieces[0]!], 0)).sent, pieces[0])
  t.strictSame(
    Buffer.concat(await all((await answer({}, pieces, 0)).sent as AsyncIterable<Buffer>)).toString(),
    'abcd'
  )
  for (const body of ['abcd', pieces]) {
    const { sent, set } = await answer({ 'accept-encoding': 'gzip' }, body, 4)
    t.equal(gunzipSync(sent as Buffer).toString(), 'abcd')
    t.strictSame(set, { 'content-encoding': 'gzip', vary: 'accept-encoding' })
    const small = await answer({ 'accept-encoding': 'gzip' }, body, 5)
    t.equal(String(small.sent), 'abcd')
    t.strictSame(small.set, { 'content-length': '5' })
  }
})
