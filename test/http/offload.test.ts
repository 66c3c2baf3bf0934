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

t.test('rows and columns too', async t => {
  const models = repository(t, {
    'm/1/model.onnx': identity('FP32', ['n', 2]),
    'w/1/model.onnx': identity('INT64', ['n'])
  })
  const numbers = Array.from({ length: 1000 }, (_, index) => [index + 0.5, 'NaN'])
  const wide = Array.from({ length: 1000 }, (_, index) => String(2n ** 60n + BigInt(index)))
  const bodies: [url: string, payload: string, type?: string][] = [
    ['/v1/models/m:predict', JSON.stringify({ instances: numbers })],
    ['/v1/models/m:predict', JSON.stringify({ inputs: { x: numbers } })],
    ['/v1/models/m:predict', JSON.stringify({ instances: numbers.map(x => ({ x })) })],
    ['/v1/models/w:predict', `{"instances":[${wide.join()}]}`],
    ['/v1/models/m:predict', JSON.stringify({ instances: [...numbers, [1]] })],
    ['/v1/models/m:predict', `{"instances": [${' '.repeat(5000)}`],
    ['/v1/models/m:predict', JSON.stringify({ instances: numbers, outputs: ['z'] })],
    ['/invocations', JSON.stringify({ dataframe_split: { data: numbers.map(x => [x]) } })],
    ['/invocations', JSON.stringify({ instances: numbers, params: { a: 1 } })],
    [
      '/invocations',
      `x\n${numbers.map(row => `"${JSON.stringify(row).replaceAll('"', '""')}"`).join('\n')}`,
      'text/csv'
    ]
  ]
  const flags = { 'default-model': 'm' }
  const here = await startApp(t, models, { ...flags, 'limits-json-offload-bytes': '1GiB' })
  const elsewhere = await startApp(t, models, { ...flags, 'limits-json-offload-bytes': '1KiB' })
  for (const [url, payload, type = 'application/json'] of bodies) {
    const ask = {
      method: 'POST',
      url,
      headers: { 'x-request-id': 'same', 'content-type': type },
      payload
    } as const
    const [wanted, got] = [await here.http.inject(ask), await elsewhere.http.inject(ask)]
    t.equal(got.statusCode, wanted.statusCode, `${url} ${payload.slice(0, 30)}`)
    t.equal(got.body, wanted.body)
    t.equal(got.headers['content-type'], wanted.headers['content-type'])
  }
})
