import t from 'tap'
import { repository, startApp } from '../helpers/app.ts'
import { identity } from '../helpers/models.ts'

t.test('large JSON is read and written elsewhere, with the same answers and errors', async t => {
  const models = repository(t, {
    'm/1/model.onnx': identity('FP32', ['n']),
    'w/1/model.onnx': identity('INT64', ['n'])
  })
  const count = 2000
  const numbers = Array.from({ length: count }, (_, index) => index + 0.5)
  const wide = Array.from({ length: count }, (_, index) => String(2n ** 60n + BigInt(index)))
  const bodies: [model: string, body: string][] = [
    [
      'm',
      JSON.stringify({ id: 'a', inputs: [{ name: 'x', shape: [count], datatype: 'FP32', data: numbers }] })
    ],
    ['w', `{"inputs":[{"name":"x","shape":[${count}],"datatype":"INT64","data":[${wide.join()}]}]}`],
    ['m', JSON.stringify({ inputs: [{ name: 'x', shape: [3], datatype: 'FP32', data: numbers }] })],
    ['m', `{"inputs": [${' '.repeat(5000)}`],
    ['m', JSON.stringify({ inputs: [{ name: 'y', shape: [count], datatype: 'FP32', data: numbers }] })]
  ]
  const here = await startApp(t, models, { 'limits-json-offload-bytes': '1GiB' })
  const elsewhere = await startApp(t, models, { 'limits-json-offload-bytes': '1KiB' })
  for (const [model, payload] of bodies) {
    const ask = {
      method: 'POST',
      url: `/v2/models/${model}/infer`,
      headers: { 'x-request-id': 'same' },
      payload
    } as const
    const [wanted, got] = [await here.http.inject(ask), await elsewhere.http.inject(ask)]
    t.equal(got.statusCode, wanted.statusCode)
    t.equal(got.body, wanted.body)
    t.equal(got.headers['content-type'], wanted.headers['content-type'])
  }
})
