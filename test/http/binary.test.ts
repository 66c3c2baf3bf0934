import t from 'tap'
import { repository, startApp } from '../helpers/app.ts'
import { identity, mixed, sum } from '../helpers/models.ts'
import { type AnsweredOutput, binaryBody, outputsOf } from '../helpers/v2-bodies.ts'

/** Elements of the binary form of BYTES. */
function texts(...values: readonly string[]): Buffer {
  return Buffer.concat(
    values.flatMap(value => {
      const length = Buffer.alloc(4)
      length.writeUInt32LE(Buffer.byteLength(value))
      return [length, Buffer.from(value)]
    })
  )
}

const bytesOf = (data: ArrayBufferView): Buffer => Buffer.from(data.buffer, data.byteOffset, data.byteLength)

t.test('binary tensors end to end', async t => {
  const models = repository(t, {
    'mixed/1/model.onnx': mixed(),
    'sum/1/model.onnx': sum(),
    'free/1/model.onnx': identity('FP32', ['batch', 'n']),
    'half/1/model.onnx': identity('FP16', ['n', 2]),
    'text/1/model.onnx': identity('BYTES', ['n']),
    'one/1/model.onnx': identity('BYTES', [1]),
    'bool/1/model.onnx': identity('BOOL', ['n']),
    ...Object.fromEntries(
      (['FP32', 'FP64', 'INT64', 'INT16', 'UINT8'] as const).map(name => [
        `${name}/1/model.onnx`,
        identity(name, ['n', 2])
      ])
    )
  })
  const app = await startApp(t, models, { 'limits-json-bytes-max': '4KiB', 'limits-body-bytes-max': '64KiB' })

  async function post(model: string, body: Uint8Array, headerLength: string | undefined, more = {}) {
    const headers = {
      'content-type': 'application/octet-stream',
      ...(headerLength === undefined ? {} : { 'inference-header-content-length': headerLength }),
      ...more
    }
    const url = `/v2/models/${model}/infer`
    return app.http.inject({ method: 'POST', url, headers, payload: Buffer.from(body) })
  }

  /** The outputs of an answer, whose headers say what they have to. */
  async function outputs(...request: Parameters<typeof post>): Promise<AnsweredOutput[]> {
    const { statusCode, headers, rawPayload } = await post(...request)
    if (statusCode !== 200) throw new Error(rawPayload.toString())
    t.equal(headers['content-length'], String(rawPayload.length))
    const length = headers['inference-header-content-length']
    const type = length === undefined ? 'application/json; charset=utf-8' : 'application/octet-stream'
    t.equal(headers['content-type'], type)
    const about: Record<string, string> =
      length === undefined ? {} : { 'inference-header-content-length': String(length) }
    return outputsOf({ headers: about, body: [rawPayload] })
  }

  const input = (name: string, datatype: string, shape: readonly number[], size: number) => ({
    name,
    datatype,
    shape,
    parameters: { binary_data_size: size }
  })

  await t.test('JSON and binary inputs and outputs, mixed', async t => {
    const plans = texts('basic', '😀')
    const request = {
      id: 'mine',
      inputs: [
        input('age', 'FP32', [2, 1], 8),
        { name: 'visits', datatype: 'INT64', shape: [2, 1], data: [1, '9007199254740993'] },
        input('plan', 'BYTES', [2, 1], plans.length)
      ],
      outputs: [
        { name: 'visits_out', parameters: { binary_data: true } },
        { name: 'age_out' },
        { name: 'plan_out', parameters: { binary_data: true } }
      ]
    }
    const { body, headerLength } = binaryBody(request, [bytesOf(Float32Array.of(1.5, -2)), plans])
    const [visits, age, plan] = await outputs('mixed', body, headerLength)
    t.strictSame(visits?.bytes, bytesOf(BigInt64Array.of(1n, 9007199254740993n)))
    t.strictSame(age?.data, [1.5, -2])
    t.strictSame(plan?.bytes, plans)
  })

  await t.test('all outputs at once, or all but one', async t => {
    const request = (parameters: object, outputs?: unknown) => ({
      inputs: [input('a', 'FP32', [1, 3], 12), input('b', 'FP32', [1, 3], 12)],
      ...(outputs === undefined ? {} : { outputs }),
      parameters
    })
    const parts = [bytesOf(Float32Array.of(1, 2, 3)), bytesOf(Float32Array.of(10, 20, 30))]
    const all = binaryBody(request({ binary_data_output: true }), parts)
    const [total, left] = await outputs('sum', all.body, all.headerLength)
    t.strictSame(total?.bytes, bytesOf(Float32Array.of(11, 22, 33)))
    t.strictSame(left?.bytes, parts[0])
    const wishes = [{ name: 'left', parameters: { binary_data: false } }, { name: 'sum' }]
    const one = binaryBody(request({ binary_data_output: true }, wishes), parts)
    const [json, binary] = await outputs('sum', one.body, one.headerLength)
    t.strictSame([json?.data, binary?.bytes], [[1, 2, 3], bytesOf(Float32Array.of(11, 22, 33))])
    const none = binaryBody(request({}), parts)
    t.match(await outputs('sum', none.body, none.headerLength), [{ data: [11, 22, 33] }, { data: [1, 2, 3] }])
  })

  await t.test('wherever the data begins', async t => {
    const cases: [model: string, data: ArrayBufferView][] = [
      ['FP32', Float32Array.of(1.5, -0, Number.NaN, Number.NEGATIVE_INFINITY)],
      ['FP64', Float64Array.of(Math.PI, -1e300)],
      ['INT64', BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n)],
      ['INT16', Int16Array.of(-32768, 32767)],
      ['UINT8', Uint8Array.of(0, 255)]
    ]
    for (const [model, data] of cases) {
      const bytes = bytesOf(data)
      const rows = (data as Float32Array).length / 2
      for (let spaces = 0; spaces < 8; spaces++) {
        const head = JSON.stringify({
          inputs: [input('x', model, [rows, 2], bytes.length)],
          parameters: { binary_data_output: true }
        })
        const { body, headerLength } = binaryBody(head + ' '.repeat(spaces), [bytes])
        const [y] = await outputs(model, body, headerLength)
        t.strictSame(y?.bytes, bytes, `${model}, ${spaces} bytes further`)
      }
    }
    const odd = binaryBody(
      {
        inputs: [
          input('visits', 'INT64', [1, 1], 8),
          input('plan', 'BYTES', [1, 1], 7),
          input('age', 'FP32', [1, 1], 4)
        ]
      },
      [bytesOf(BigInt64Array.of(5n)), texts('abc'), bytesOf(Float32Array.of(2.5))]
    )
    t.match(await outputs('mixed', odd.body, odd.headerLength), [
      { data: [2.5] },
      { data: ['abc'] },
      { data: [5] }
    ])
  })

  await t.test('halves keep their bits', async t => {
    const bits = bytesOf(Uint16Array.of(0x3c00, 0x8000, 0x7e01, 0x0001))
    const request = { inputs: [input('x', 'FP16', [2, 2], 8)], parameters: { binary_data_output: true } }
    const { body, headerLength } = binaryBody(request, [bits])
    const [y] = await outputs('half', body, headerLength)
    t.match(y, { datatype: 'FP16', shape: [2, 2], bytes: bits })
    const json = binaryBody({ inputs: [input('x', 'FP16', [1, 2], 4)] }, [
      bytesOf(Uint16Array.of(0x3c00, 0xc000))
    ])
    t.match(await outputs('half', json.body, json.headerLength), [{ data: [1, -2] }])
  })

  await t.test('nothing but the data of the one input', async t => {
    const data = bytesOf(Float32Array.of(1, 2, 3, 4, 5, 6))
    t.match(await outputs('FP32', data, '0'), [{ shape: [3, 2], bytes: data }])
    t.match(await outputs('FP32', Buffer.alloc(0), '0'), [{ shape: [0, 2] }])
    t.match(await outputs('one', Buffer.from('plain text'), '0'), [
      { shape: [1], bytes: texts('plain text') }
    ])
    const large = bytesOf(new Float32Array(2 * 4096).fill(1.25))
    t.match(
      await outputs('FP32', large, '0'),
      [{ shape: [4096, 2], bytes: large }],
      'larger than JSON may be'
    )
    const bare = await app.http.inject({
      method: 'POST',
      url: '/v2/models/FP32/infer',
      headers: { 'inference-header-content-length': '0' }
    })
    t.equal(bare.statusCode, 200, 'no body at all is no row')
  })

  await t.test('what does not fit is a 4xx that says what to mend', async t => {
    const x = (over: object = {}) => ({ inputs: [{ ...input('x', 'FP32', [1, 2], 8), ...over }] })
    const eight = Buffer.alloc(8)
    const cases: [
      name: string,
      model: string,
      ...body: [Uint8Array, string | undefined],
      code: string,
      text: RegExp
    ][] = [
      ['too short', 'FP32', ...wire(x(), [Buffer.alloc(7)]), 'INVALID_REQUEST', /body ends before the data/],
      ['too long', 'FP32', ...wire(x(), [Buffer.alloc(9)]), 'INVALID_REQUEST', /bytes are left/],
      [
        'a wrong shape',
        'FP32',
        ...wire(x({ shape: [2, 2] }), [eight]),
        'INVALID_INPUT',
        /wrong length: expected 16 bytes/
      ],
      [
        'both',
        'FP32',
        ...wire(x({ data: [1, 2] }), [eight]),
        'INVALID_REQUEST',
        /both data and binary_data_size/
      ],
      [
        'without the header',
        'FP32',
        wire(x(), [])[0],
        undefined,
        'INVALID_REQUEST',
        /Content-Length is missing/
      ],
      ['a header beyond the body', 'FP32', eight, '9', 'INVALID_REQUEST', /longer than the body/],
      ['a header that is no length', 'FP32', eight, 'x', 'INVALID_REQUEST', /not a length/],
      ['a negative header', 'FP32', eight, '-1', 'INVALID_REQUEST', /not a length/],
      ['a header within the JSON', 'FP32', wire(x(), [eight])[0], '10', 'INVALID_JSON', /first 10 bytes/],
      [
        'not a BOOL',
        'bool',
        ...wire({ inputs: [input('x', 'BOOL', [1], 1)] }, [Buffer.of(2)]),
        'INVALID_INPUT',
        /0 or 1/
      ],
      [
        'not UTF-8',
        'text',
        ...wire({ inputs: [input('x', 'BYTES', [1], 5)] }, [Buffer.of(1, 0, 0, 0, 255)]),
        'INVALID_INPUT',
        /UTF-8/
      ],
      [
        'a text beyond the data',
        'text',
        ...wire({ inputs: [input('x', 'BYTES', [1], 5)] }, [Buffer.of(9, 0, 0, 0, 65)]),
        'INVALID_INPUT',
        /ends within an element/
      ],
      ['raw and odd', 'FP32', Buffer.alloc(9), '0', 'INVALID_INPUT', /a multiple of 8 bytes/],
      ['raw for two inputs', 'sum', eight, '0', 'INVALID_REQUEST', /exactly one input/],
      ['raw for two free sizes', 'free', eight, '0', 'INVALID_REQUEST', /at most one free/]
    ]
    for (const [name, model, body, headerLength, code, text] of cases) {
      const response = await post(model, body, headerLength)
      t.match([response.statusCode, response.json()], [400, { code, error: text }], name)
    }
    const tooLarge: [bytes: number, header: string | undefined][] = [
      [4097, undefined],
      [64 * 1024 + 1, '0']
    ]
    for (const [bytes, header] of tooLarge) {
      const response = await post('FP32', Buffer.alloc(bytes), header)
      t.match([response.statusCode, response.json()], [413, { code: 'BODY_TOO_LARGE' }], `${bytes} bytes`)
    }
  })
})

function wire(json: unknown, parts: readonly Uint8Array[]): [Uint8Array, string | undefined] {
  const { body, headerLength } = binaryBody(json, parts)
  return [body, headerLength]
}
