import { once } from 'node:events'
import type { FastifyRequest } from 'fastify'
import t from 'tap'
import { addressOf, makeApp, repository } from '../helpers/app.ts'
import { identity } from '../helpers/models.ts'
import { binaryBody, outputsOf } from '../helpers/v2-bodies.ts'

const numbers = Float32Array.from({ length: 100_000 }, (_, index) => index)

const { body, headerLength } = binaryBody(
  {
    inputs: [
      {
        name: 'x',
        shape: [1, numbers.length],
        datatype: 'FP32',
        parameters: { binary_data_size: numbers.byteLength }
      }
    ],
    outputs: [{ name: 'y', parameters: { binary_data: true } }]
  },
  [new Uint8Array(numbers.buffer)]
)

const headers = {
  'content-type': 'application/octet-stream',
  'inference-header-content-length': headerLength!
}

t.test('the memory of an answer is given back once it is sent or given up', async t => {
  const placed = (placement: string) => `schema: 1\ninstances: { placement: ${placement} }\n`
  const models = repository(t, {
    'inline/1/model.onnx': identity('FP32', ['batch', 'n']),
    'inline/model.yaml': placed('inline'),
    'thread/1/model.onnx': identity('FP32', ['batch', 'n']),
    'thread/model.yaml': placed('thread')
  })
  const app = await makeApp(t, models)
  const ends: Promise<FastifyRequest>[] = []
  app.http.addHook('onRequest', (request, reply, done) => {
    ends.push(once(reply.raw, 'close').then(() => request))
    done()
  })
  app.http.addHook('onSend', (request, reply, payload, done) => {
    if (request.headers['x-request-id'] === 'lost') reply.raw.destroy()
    done(null, payload)
  })
  await app.start()
  const ask = (model: string, more = {}) =>
    fetch(`${addressOf(app)}/v2/models/${model}/infer`, {
      method: 'POST',
      headers: { ...headers, ...more },
      body: Buffer.from(body)
    })

  for (const model of ['inline', 'thread']) {
    const answer = await ask(model)
    const bytes = new Uint8Array(await answer.arrayBuffer())
    const about = Object.fromEntries(answer.headers)
    const [output] = outputsOf({ headers: about, body: [bytes] })
    t.equal(Buffer.compare(output!.bytes!, Buffer.from(numbers.buffer)), 0, `${model}: the whole answer`)
    const request = await ends.at(-1)!
    t.same(
      request.spent?.map(({ data }) => data.length),
      [0],
      model
    )
  }

  await t.rejects(ask('thread', { 'x-request-id': 'lost' }))
  const request = await ends.at(-1)!
  t.same(
    request.spent?.map(({ data }) => data.length),
    [0],
    'nobody waits for it any more'
  )
})
