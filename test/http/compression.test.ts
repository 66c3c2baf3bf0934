import { deflateRawSync, deflateSync, gunzipSync, gzipSync, inflateSync } from 'node:zlib'
import t from 'tap'
import { acceptedEncoding, compress, decompress, isEncoding } from '../../src/http/compression.ts'
import { fp32, repository, startApp } from '../helpers/app.ts'
import { identity } from '../helpers/models.ts'
import { binaryBody, outputsOf } from '../helpers/v2-bodies.ts'

const text = Buffer.from('some text, some text, some text')
const packers = { gzip: gzipSync, deflate: deflateSync }
const encodings = ['gzip', 'deflate'] as const

function unpacking(over: Partial<Parameters<typeof decompress>[2]> = {}) {
  const counted: number[] = []
  const options = {
    bytesMax: 1000,
    alignAt: 0,
    onBytes: (bytes: number) => void counted.push(bytes),
    tooLarge: () => new Error('too large'),
    ...over
  }
  return { counted, options }
}

t.test('names of encodings', async t => {
  for (const name of ['identity', 'gzip', 'deflate']) t.ok(isEncoding(name))
  for (const name of ['', 'br', 'zstd', 'x-gzip', 'GZIP', 'gzip, deflate']) t.notOk(isEncoding(name), name)
})

t.test('what was packed is unpacked, counted, and aligned where it has to be', async t => {
  for (const encoding of encodings) {
    for (let alignAt = 0; alignAt < 20; alignAt++) {
      const { options, counted } = unpacking({ alignAt })
      const body = await decompress(packers[encoding](text), encoding, options)
      t.equal(Buffer.from(body).toString(), text.toString())
      t.equal((body.byteOffset + alignAt) % 8, 0, `${encoding}, byte ${alignAt}`)
      t.strictSame(counted, [text.length])
    }
  }
})

t.test('unpacking ends at the limit', async t => {
  for (const encoding of encodings) {
    const zeros = (count: number) => packers[encoding](Buffer.alloc(count))
    t.equal((await decompress(zeros(1000), encoding, unpacking().options)).length, 1000)
    const { options, counted } = unpacking()
    await t.rejects(decompress(zeros(1001), encoding, options), { message: 'too large' })
    await t.rejects(decompress(zeros(50_000_000), encoding, options), { message: 'too large' })
    t.strictSame(counted, [])
  }
})

t.test('what is not packed as it says is refused, and so is what finds no place', async t => {
  const broken: [name: string, body: Uint8Array, encoding: 'gzip' | 'deflate'][] = [
    ['plain text', text, 'gzip'],
    ['nothing', Buffer.alloc(0), 'gzip'],
    ['the other one', deflateSync(text), 'gzip'],
    ['cut off', gzipSync(text).subarray(0, -9), 'gzip'],
    ['a wrong sum', Buffer.concat([gzipSync(text).subarray(0, -8), Buffer.alloc(8)]), 'gzip'],
    ['no header', deflateRawSync(text), 'deflate'],
    ['nothing at all', Buffer.alloc(0), 'deflate']
  ]
  for (const [name, body, encoding] of broken) {
    const error = { code: 'INVALID_REQUEST', message: `the body is not valid ${encoding}` }
    await t.rejects(decompress(body, encoding, unpacking().options), error, name)
  }
  const full = unpacking({
    onBytes: () => {
      throw new Error('no place')
    }
  })
  await t.rejects(decompress(gzipSync(text), 'gzip', full.options), { message: 'no place' })
})

t.test('the encoding of an answer is one that the caller names', async t => {
  const cases: [header: string | undefined, encoding: string | undefined][] = [
    [undefined, undefined],
    ['', undefined],
    ['identity', undefined],
    ['br', undefined],
    ['*', undefined],
    ['gzip', 'gzip'],
    ['GZip', 'gzip'],
    ['deflate', 'deflate'],
    ['deflate, gzip', 'gzip'],
    ['br;q=1, gzip;q=0.5 , deflate', 'gzip'],
    ['gzip;q=0, deflate', 'deflate'],
    ['gzip; q=0.000', undefined],
    ['gzip;q=0.001', 'gzip'],
    ['gzipped', undefined]
  ]
  for (const [header, encoding] of cases) t.equal(acceptedEncoding(header), encoding, header ?? 'no header')
  t.equal(gunzipSync(await compress(text, 'gzip')).toString(), text.toString())
  t.equal(inflateSync(await compress(text, 'deflate')).toString(), text.toString())
})

t.test('requests and answers', async t => {
  const models = repository(t, { 'm/1/model.onnx': identity(), 'wide/1/model.onnx': identity('FP64', ['n']) })
  const app = await startApp(t, models, {
    'limits-json-bytes-max': '64KiB',
    'limits-body-bytes-max': '128KiB',
    'limits-compress-bytes-min': '1KiB',
    'limits-requests-in-flight-max': '1'
  })
  const post = (payload: Uint8Array | string, headers: Record<string, string>, model = 'm') =>
    app.http.inject({
      method: 'POST',
      url: `/v2/models/${model}/infer`,
      headers,
      payload: Buffer.from(payload)
    })
  const data = (rows: number) => Array.from({ length: rows * 2 }, (_, index) => index)
  const json = (rows: number) => JSON.stringify(fp32('x', [rows, 2], data(rows)))

  await t.test('compressed JSON', async t => {
    for (const [name, encoding] of [
      ['gzip', 'gzip'],
      ['GZIP', 'gzip'],
      ['deflate', 'deflate']
    ] as const) {
      const response = await post(packers[encoding](json(3)), { 'content-encoding': name })
      t.match(response.json(), { outputs: [{ data: data(3) }] }, name)
    }
    t.equal((await post(json(3), { 'content-encoding': 'identity' })).statusCode, 200)
  })

  await t.test('compressed binary tensors, wherever they begin', async t => {
    const values = Buffer.from(Float64Array.of(1.5, -2.5).buffer)
    for (let spaces = 0; spaces < 8; spaces++) {
      const input = { name: 'x', shape: [2], datatype: 'FP64', parameters: { binary_data_size: 16 } }
      const head = JSON.stringify({ inputs: [input] }) + ' '.repeat(spaces)
      const { body, headerLength = '' } = binaryBody(head, [values])
      const headers = { 'content-encoding': 'gzip', 'inference-header-content-length': headerLength }
      t.match((await post(gzipSync(body), headers, 'wide')).json(), { outputs: [{ data: [1.5, -2.5] }] })
    }
  })

  await t.test('bombs and what is no such encoding get a 4xx, and their permits come back', async t => {
    const bomb = (encoding: 'gzip' | 'deflate', bytes: number) => packers[encoding](Buffer.alloc(bytes, ' '))
    const gzip = { 'content-encoding': 'gzip' }
    const lengthed = (length: string) => ({ ...gzip, 'inference-header-content-length': length })
    const cases: [
      name: string,
      body: Uint8Array,
      headers: Record<string, string>,
      status: number,
      code: string
    ][] = [
      ['a bomb', bomb('gzip', 50_000_000), gzip, 413, 'BODY_TOO_LARGE'],
      ['another', bomb('deflate', 50_000_000), { 'content-encoding': 'deflate' }, 413, 'BODY_TOO_LARGE'],
      ['one byte too many', bomb('gzip', 64 * 1024 + 1), gzip, 413, 'BODY_TOO_LARGE'],
      ['the limit itself', bomb('gzip', 64 * 1024), gzip, 400, 'INVALID_JSON'],
      ['a binary bomb', bomb('gzip', 128 * 1024 + 1), lengthed('5'), 413, 'BODY_TOO_LARGE'],
      ['within the limit of binary ones', bomb('gzip', 128 * 1024), lengthed('5'), 400, 'INVALID_JSON'],
      ['not packed at all', Buffer.from(json(1)), gzip, 400, 'INVALID_REQUEST'],
      ['cut off', gzipSync(json(1)).subarray(0, -9), gzip, 400, 'INVALID_REQUEST'],
      ['unknown', Buffer.from(json(1)), { 'content-encoding': 'br' }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
      ['two at once', gzipSync(json(1)), { 'content-encoding': 'gzip, gzip' }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
      ...['abc', '-1', '1.5', '1e999', '99999'].map(
        (length): [string, Uint8Array, Record<string, string>, number, string] => [
          `a length of ${length}`,
          gzipSync(json(1)),
          lengthed(length),
          400,
          'INVALID_REQUEST'
        ]
      )
    ]
    for (const [name, body, headers, status, code] of cases) {
      const response = await post(body, headers)
      t.match([response.statusCode, response.json()], [status, { code }], name)
    }
    t.equal((await post(json(1), {})).statusCode, 200)
  })

  await t.test('answers are compressed for those who ask, once they are large enough', async t => {
    const large = await post(json(200), {})
    t.strictSame([large.headers['content-encoding'], large.headers['vary']], [undefined, undefined])
    for (const encoding of encodings) {
      const packed = await post(json(200), { 'accept-encoding': encoding })
      t.strictSame(
        [packed.headers['content-encoding'], packed.headers['vary']],
        [encoding, 'accept-encoding']
      )
      t.equal(packed.headers['content-length'], String(packed.rawPayload.length))
      t.ok(packed.rawPayload.length < large.rawPayload.length)
      const whole = (encoding === 'gzip' ? gunzipSync : inflateSync)(packed.rawPayload)
      t.equal(whole.toString(), large.body)
    }
    for (const [rows, header] of [
      [1, 'gzip'],
      [200, 'br'],
      [200, 'gzip;q=0']
    ] as const) {
      const plain = await post(json(rows), { 'accept-encoding': header })
      t.equal(plain.headers['content-encoding'], undefined, `${rows} rows, ${header}`)
      t.match(plain.json(), { outputs: [{ data: data(rows) }] })
    }
    const refused = await post('{', { 'accept-encoding': 'gzip' })
    t.match(refused.json(), { code: 'INVALID_JSON' }, 'errors are readable by all')
  })

  await t.test('binary answers are compressed as a whole', async t => {
    const body = JSON.stringify({
      ...fp32('x', [200, 2], data(200)),
      parameters: { binary_data_output: true }
    })
    const packed = await post(body, { 'accept-encoding': 'gzip' })
    t.equal(packed.headers['content-encoding'], 'gzip')
    const headers = {
      'inference-header-content-length': String(packed.headers['inference-header-content-length'])
    }
    const [y] = outputsOf({ headers, body: [gunzipSync(packed.rawPayload)] })
    t.strictSame(y?.bytes, Buffer.from(Float32Array.from(data(200)).buffer))
  })
})
