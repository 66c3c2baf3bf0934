// How a body is taken apart: JSON, JSON with bytes after it, lengths that lie. What its parameters mean is in parameters.test.ts.
import t from 'tap'
import { ServingError } from '../../../src/errors/serving-error.ts'
import { readV2Body, type V2Body } from '../../../src/protocol/v2/decode.ts'
import { bareContract } from '../../../src/schema/contract.ts'
import type { Signature } from '../../../src/schema/signature.ts'
import { tensorBytes } from '../../../src/tensor/binary-write.ts'
import { binaryBody, jsonBody } from '../../helpers/v2-bodies.ts'

const signature: Signature = {
  inputs: [
    { name: 'a', datatype: 'FP32', shape: ['n', 2] },
    { name: 'b', datatype: 'BYTES', shape: ['n'] },
    { name: 'c', datatype: 'INT64', shape: [1] }
  ],
  outputs: [{ name: 'y', datatype: 'FP32', shape: ['n', 2] }]
}

const read = (from: V2Body, tensorsMax = 8) => readV2Body(from, bareContract(signature), tensorsMax)

/** What a body is refused with. */
function refusal(from: V2Body): { code: string; message: string } {
  try {
    read(from)
  } catch (error) {
    if (error instanceof ServingError) return { code: error.code, message: error.message }
    throw error
  }
  return { code: 'none', message: 'nothing was refused' }
}

const floats = tensorBytes({ datatype: 'FP32', shape: [1, 2], data: Float32Array.of(1.5, -2) })
const texts = tensorBytes({ datatype: 'BYTES', shape: [1], data: ['é'] })
const sized = (size: unknown) => ({ parameters: { binary_data_size: size } })
const a = { name: 'a', shape: [1, 2], datatype: 'FP32' }
const b = { name: 'b', shape: [1], datatype: 'BYTES' }
const c = { name: 'c', shape: [1], datatype: 'INT64', data: [7] }

t.test('JSON and binary inputs may be mixed, in any order', async t => {
  const expected = [
    { ...a, data: Float32Array.of(1.5, -2) },
    { ...b, data: ['é'] },
    { ...c, data: BigInt64Array.of(7n) }
  ]
  const a8 = { ...a, ...sized(8) }
  const b6 = { ...b, ...sized(6) }
  const bodies: [string, V2Body, number[]][] = [
    ['no binary', jsonBody({ inputs: [{ ...a, data: [1.5, -2] }, { ...b, data: ['é'] }, c] }), [0, 1, 2]],
    ['both binary', binaryBody({ inputs: [a8, b6, c] }, [floats, texts]), [0, 1, 2]],
    ['another order', binaryBody({ inputs: [b6, c, a8] }, [texts, floats]), [1, 2, 0]],
    ['one binary', binaryBody({ inputs: [a8, { ...b, data: ['é'] }, c] }, [floats]), [0, 1, 2]],
    [
      'a length for JSON',
      binaryBody({ inputs: [{ ...a, data: [1.5, -2] }, { ...b, data: ['é'] }, c] }),
      [0, 1, 2]
    ]
  ]
  for (const [name, body, order] of bodies) {
    t.strictSame(
      read(body).inputs,
      order.map(index => expected[index]),
      name
    )
  }
  const wide = binaryBody(
    `{"inputs":[${JSON.stringify(a8)},${JSON.stringify(b6)},{"name":"c","shape":[1],"datatype":"INT64","data":[9007199254740993]}]}`,
    [floats, texts]
  )
  t.strictSame(read(wide).inputs[2]?.data, BigInt64Array.of(9_007_199_254_740_993n))
})

t.test('empty tensors take no bytes', async t => {
  const none = { ...a, shape: [0, 2], ...sized(0) }
  const body = binaryBody({ inputs: [none, { ...b, shape: [0], ...sized(0) }, c] })
  t.match(read(body).inputs, [{ data: new Float32Array(0) }, { data: [] }, {}])
})

t.test('lengths that are wrong are refused, with the input and both numbers', async t => {
  const json = (size: unknown, more = {}) => ({
    inputs: [{ ...a, ...sized(size), ...more }, { ...b, data: ['é'] }, c]
  })
  const path = 'inputs[0].parameters.binary_data_size'
  const whole = 'expected a whole number of bytes from 0'
  const cases: [name: string, body: V2Body, code: string, text: string][] = [
    [
      'negative',
      binaryBody(json(-8), [floats]),
      'INVALID_REQUEST',
      `${path}: input "a": not a length: ${whole}, got -8`
    ],
    [
      'fraction',
      binaryBody(json(7.5), [floats]),
      'INVALID_REQUEST',
      `${path}: input "a": not a length: ${whole}, got 7.5`
    ],
    [
      'text',
      binaryBody(json('8'), [floats]),
      'INVALID_REQUEST',
      `${path}: input "a": not a length: ${whole}, got "8"`
    ],
    [
      'flag',
      binaryBody(json(true), [floats]),
      'INVALID_REQUEST',
      `${path}: input "a": not a length: ${whole}, got true`
    ],
    [
      'null',
      binaryBody(json(null), [floats]),
      'INVALID_REQUEST',
      'binary_data_size: not valid: expected text, a number, true or false, got null'
    ],
    ['huge', binaryBody(json(1e300), [floats]), 'INVALID_REQUEST', 'got 1e+300'],
    [
      'beyond the body',
      binaryBody(json(9), [floats]),
      'INVALID_REQUEST',
      `${path}: the body ends before the data of input "a" does: expected 9 bytes, got 8 bytes`
    ],
    [
      '2^53',
      binaryBody(json(2 ** 53 - 1), [floats]),
      'INVALID_REQUEST',
      'expected 9007199254740991 bytes, got 8 bytes'
    ],
    ['no body left', binaryBody(json(8)), 'INVALID_REQUEST', 'expected 8 bytes, got 0 bytes'],
    [
      'surplus in the body',
      binaryBody(json(8), [floats, texts]),
      'INVALID_REQUEST',
      'body: bytes are left after the data of the last binary input: expected 8 bytes after the JSON, got 14 bytes'
    ],
    [
      'short for the shape',
      binaryBody(json(7), [floats.subarray(1)]),
      'INVALID_INPUT',
      'inputs[0].data: input "a": binary data of the wrong length: expected 8 bytes for FP32 [1,2], got 7 bytes'
    ],
    [
      'long for the shape',
      binaryBody(json(14), [floats, texts]),
      'INVALID_INPUT',
      'expected 8 bytes for FP32 [1,2], got 14 bytes'
    ],
    [
      'both',
      binaryBody(json(8, { data: [1, 2] }), [floats]),
      'INVALID_REQUEST',
      'inputs[0]: input "a" has both data and binary_data_size: expected one of the two, got data and 8 bytes'
    ],
    [
      'neither',
      binaryBody({ inputs: [a, { ...b, ...sized(6) }, c] }, [texts]),
      'INVALID_REQUEST',
      'inputs[0]: input "a" has no data: expected data, or parameters.binary_data_size and that many bytes after the JSON, got neither'
    ],
    [
      'no header',
      jsonBody(json(8)),
      'INVALID_REQUEST',
      `${path}: input "a" has binary data, but the header Inference-Header-Content-Length is missing`
    ],
    [
      'no header and no bytes',
      jsonBody(json(0)),
      'INVALID_REQUEST',
      'the header Inference-Header-Content-Length is missing'
    ],
    [
      'wrong datatype',
      binaryBody({ inputs: [{ ...a, datatype: 'FP64', ...sized(16) }, { ...b, data: ['é'] }, c] }, [
        floats,
        floats
      ]),
      'INVALID_INPUT',
      'input "a" has the wrong datatype: expected FP32, got FP64'
    ]
  ]
  for (const [name, body, code, text] of cases) {
    const { code: came, message } = refusal(body)
    t.equal(came, code, `${name}: ${message}`)
    t.ok(message.includes(text), `${name}: ${message}`)
  }
})

t.test('the second input is named when the body ends within it', async t => {
  const body = binaryBody({ inputs: [{ ...a, ...sized(8) }, { ...b, ...sized(6) }, c] }, [
    floats,
    texts.subarray(2)
  ])
  t.match(refusal(body), {
    code: 'INVALID_REQUEST',
    message: /data of input "b" does: expected 6 bytes, got 4 bytes/
  })
})

t.test('BYTES are checked element by element', async t => {
  const cases: [hex: string, text: RegExp][] = [
    [
      '05000000c3a9',
      /inputs\[1\]\.data\[0\]: input "b": the data ends within an element: expected 5 bytes, got 2 bytes/
    ],
    [
      '01000000c3a9',
      /input "b": not a BYTES value: expected UTF-8 text without NUL, got 1 byte that are not UTF-8/
    ],
    [
      '000000000000',
      /inputs\[1\]\.data: input "b": bytes are left after the last element: expected 4 bytes for 1 element, got 6 bytes/
    ],
    ['020000006100', /got "a\\u0000"/],
    ['c3a9', /expected at least 4 bytes for BYTES \[1\], got 2 bytes/]
  ]
  for (const [hex, message] of cases) {
    const part = Buffer.from(hex, 'hex')
    const body = binaryBody({ inputs: [{ ...a, data: [1, 2] }, { ...b, ...sized(part.length) }, c] }, [part])
    t.match(refusal(body), { code: 'INVALID_INPUT', message })
  }
})

t.test('the header has to be a length within the body', async t => {
  const json = { inputs: [{ ...a, data: [1.5, -2] }, { ...b, data: ['é'] }, c] }
  const { length } = JSON.stringify(json)
  const bytes = length + 1
  for (const header of ['', 'x', '-1', '+5', '1.5', '1e2', '0x10', ' 5', '5, 5', 'NaN', 'Infinity']) {
    const { code, message } = refusal(binaryBody(json, [], header))
    t.equal(code, 'INVALID_REQUEST', header)
    t.ok(
      message.startsWith(
        'header Inference-Header-Content-Length: not a length: expected a whole number of bytes'
      )
    )
  }
  for (const header of [String(bytes + 1), '99999999999999999999999', '9'.repeat(400)]) {
    const { code, message } = refusal(binaryBody(json, [], header))
    t.equal(code, 'INVALID_REQUEST')
    t.match(message, `longer than the body: expected a whole number of bytes from 0 to ${bytes}`)
  }
  t.match(refusal(binaryBody(json, [], '5')), {
    code: 'INVALID_JSON',
    message: /the JSON in the first 5 bytes of the body is not JSON/
  })
  t.equal(read(binaryBody(json, [], `00${bytes}`)).inputs.length, 3)
})

t.test('a request has no more tensors than the server allows', async t => {
  t.throws(() => read(jsonBody({ inputs: [a, b, c] }), 2), {
    code: 'INVALID_REQUEST',
    message: /at most 2, got 3/
  })
})
