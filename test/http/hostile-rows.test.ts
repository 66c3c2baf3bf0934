// Bodies of rows that nobody sends by mistake: refused, in time, and never a fault of the server's.
import t from 'tap'
import { repository, startApp } from '../helpers/app.ts'
import { identity, picky } from '../helpers/models.ts'
import { onnxModel } from '../helpers/onnx-model.ts'

const names = ['__proto__', 'constructor', 'a b', 'dot.ted', 'größe', '😀']
const named = `inputs: { x: { columns: ${JSON.stringify(names.map(name => ({ name })))} } }`

/** Two inputs that share a dimension, of which the first has two rows, always. */
function fixed(): Uint8Array {
  return onnxModel({
    inputs: [
      { name: 'a', datatype: 'FP32', shape: [2, 'k'] },
      { name: 'b', datatype: 'FP32', shape: [2, 'k'] }
    ],
    outputs: [{ name: 'y', datatype: 'FP32', shape: [2, 'k'] }],
    nodes: [{ op: 'Add', inputs: ['a', 'b'], outputs: ['y'] }]
  })
}

t.test('hostile rows', async t => {
  const app = await startApp(
    t,
    repository(t, {
      'text/1/model.onnx': identity('BYTES', ['n', 1]),
      'named/1/model.onnx': identity('FP32', ['n', names.length]),
      'named/model.yaml': named,
      'fixed/1/model.onnx': fixed(),
      'picky/1/model.onnx': picky()
    }),
    { 'default-model': 'named', 'limits-json-bytes-max': '64MiB' }
  )
  const post = async (url: string, payload: string, type = 'application/json') => {
    const response = await app.http.inject({
      method: 'POST',
      url,
      payload,
      headers: { 'content-type': type }
    })
    return { status: response.statusCode, body: response.json<unknown>(), text: response.body }
  }
  const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`

  await t.test('lists nested deeper than any tensor', async t => {
    for (const model of ['text', 'named', 'fixed'])
      for (const body of [
        `{"instances":${deep}}`,
        `{"instances":[{"x":${deep}}]}`,
        `{"inputs":${deep}}`,
        `{"inputs":{"x":${deep},"a":${deep}}}`
      ])
        t.equal(
          (await post(`/v1/models/${model}:predict`, body)).status,
          400,
          `${model} ${body.slice(0, 30)}`
        )
  })

  await t.test('base64 of many megabytes is read', async t => {
    const text = 'ab'.repeat(8_000_000)
    const b64 = Buffer.from(text).toString('base64')
    const answer = await post('/v1/models/text:predict', JSON.stringify({ instances: [{ b64 }] }))
    t.equal(answer.status, 200)
    t.equal(answer.text.length, text.length + '{"predictions":[[""]]}'.length)
  })

  await t.test('very many columns, keys and rows', async t => {
    const many = Array.from({ length: 100_000 }, (_, index) => `c${index}`)
    const numbers = many.map(() => 1)
    const bodies: [url: string, body: string, type?: string][] = [
      ['/invocations', `${many.join()}\n${numbers.join()}`, 'text/csv'],
      ['/invocations', JSON.stringify({ dataframe_split: { columns: many, data: [numbers] } })],
      [
        '/v1/models/named:predict',
        JSON.stringify({ inputs: Object.fromEntries(many.map(name => [name, 1])) })
      ],
      ['/v1/models/named:predict', JSON.stringify({ instances: many.map(name => ({ [name]: 1 })) })]
    ]
    const before = performance.now()
    for (const [url, body, type] of bodies) {
      const { status, text } = await post(url, body, type)
      t.equal(status, 400)
      t.ok(text.length < 20_000, 'the answer does not repeat it all')
    }
    // Generous: what took the square of their number took a minute.
    t.ok(performance.now() - before < 15_000)
  })

  await t.test('names that programs stumble over', async t => {
    const row = (without: string) =>
      JSON.stringify(Object.fromEntries(names.filter(name => name !== without).map(name => [name, 1])))
    t.match(await post('/v1/models/named:predict', `{"instances":[${row('')}]}`), {
      status: 400,
      body: { error: /"__proto__" is not allowed/ }
    })
    t.match(await post('/v1/models/named:predict', `{"instances":[${row('__proto__')}]}`), {
      status: 400,
      body: { error: /instances\[0\].__proto__: the feature is missing/ }
    })
    const sixes = '{"predictions":[[1,2,3,4,5,6]]}'
    t.match(await post('/invocations', `${names.join()}\n1,2,3,4,5,6`, 'text/csv'), {
      status: 200,
      text: sixes
    })
    t.match(await post('/v1/models/named:predict', '{"instances":[[1,2,3,4,5,6]]}'), {
      status: 200,
      text: sixes
    })
    t.match(await post('/invocations', `${names.slice(2).join()}\n3,4,5,6`, 'text/csv'), {
      status: 400,
      body: { message: /column __proto__: the feature is missing/ }
    })
    const schema = (await app.http.inject('/v2/models/named/schema')).body
    t.match(schema, '"__proto__"', 'the schema has the name')
  })

  await t.test('rows that the graph would not take never get there', async t => {
    const cases: [body: object, error: RegExp][] = [
      [
        { instances: [{ a: [1], b: [1] }] },
        /instances: input "a" has the wrong shape \(dimension 0 has to be 2\)/
      ],
      [
        {
          instances: [
            { a: [1], b: [1, 2] },
            { a: [1], b: [1, 2] }
          ]
        },
        /instances: input "b" has the wrong shape \(dimension 1 \('k'\) has to be 1/
      ],
      [
        {
          inputs: {
            a: [[1], [2]],
            b: [
              [1, 2],
              [3, 4]
            ]
          }
        },
        /inputs.b: input "b" has the wrong shape/
      ]
    ]
    for (const [body, error] of cases)
      t.match(await post('/v1/models/fixed:predict', JSON.stringify(body)), { status: 400, body: { error } })
    const two = {
      instances: [
        { a: [1], b: [2] },
        { a: [3], b: [4] }
      ]
    }
    t.match(await post('/v1/models/fixed:predict', JSON.stringify(two)), {
      text: '{"predictions":[[3],[7]]}'
    })
  })

  await t.test('a run that fails is the server, whatever the dialect, and says no more', async t => {
    t.match(await post('/v1/models/picky:predict', '{"instances":[99]}'), {
      status: 500,
      body: { code: 'RUN_FAILED', error: 'the model failed on these inputs' }
    })
    t.match(await post('/v1/models/picky:predict', '{"instances":[1]}'), { text: '{"predictions":[20]}' })
  })
})
