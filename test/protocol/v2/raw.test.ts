import fc from 'fast-check'
import t from 'tap'
import { ServingError } from '../../../src/errors/serving-error.ts'
import { readV2Body } from '../../../src/protocol/v2/decode.ts'
import { v2Response } from '../../../src/protocol/v2/encode.ts'
import { bareContract } from '../../../src/schema/contract.ts'
import type { Signature, TensorSpec } from '../../../src/schema/signature.ts'
import type { Datatype } from '../../../src/tensor/datatype.ts'
import { outputsOf } from '../../helpers/v2-bodies.ts'

const model = (datatype: Datatype, shape: TensorSpec['shape']): Signature => ({
  inputs: [{ name: 'x', datatype, shape }],
  outputs: []
})

const raw = (body: Uint8Array, signature: Signature) =>
  readV2Body({ body, headerLength: '0' }, bareContract(signature), 8)

t.test('the shape follows from the length', async t => {
  const cases: [Datatype, TensorSpec['shape'], bytes: number, shape: number[]][] = [
    ['FP32', ['n', 2], 16, [2, 2]],
    ['FP32', ['n', 2], 0, [0, 2]],
    ['FP32', [null], 12, [3]],
    ['FP32', [2, 'n', 3], 48, [2, 2, 3]],
    ['FP64', [2], 16, [2]],
    ['UINT8', [], 1, []],
    ['BOOL', [1, 'n'], 5, [1, 5]],
    ['FP32', ['n', 0], 0, [0, 0]],
    ['FP32', [0], 0, [0]]
  ]
  for (const [datatype, pattern, bytes, shape] of cases) {
    const { inputs } = raw(new Uint8Array(bytes), model(datatype, pattern))
    t.match(inputs, [{ name: 'x', datatype, shape }])
    t.equal(inputs.length, 1)
  }
})

t.test('BYTES are one element, the body without a length before it', async t => {
  for (const [pattern, shape] of [
    [[1], [1]],
    [[], []],
    [['n'], [1]],
    [
      ['n', 1],
      [1, 1]
    ]
  ] as [TensorSpec['shape'], number[]][]) {
    t.strictSame(raw(Buffer.from('é, 427'), model('BYTES', pattern)).inputs, [
      { name: 'x', datatype: 'BYTES', shape, data: ['é, 427'] }
    ])
  }
  t.strictSame(raw(new Uint8Array(0), model('BYTES', [1])).inputs[0]?.data, [''])
})

t.test('all outputs come back binary', async t => {
  const { wishes, outputs, parameters } = raw(new Uint8Array(4), model('FP32', [1]))
  t.equal(outputs, undefined)
  t.strictSame(parameters, {})
  const tensor = { name: 'y', datatype: 'FP32', shape: [1], data: Float32Array.of(1) } as const
  const answer = v2Response({ model: 'm', version: 1, outputs: [tensor] }, wishes)
  t.strictSame(outputsOf(answer)[0]?.bytes, Buffer.from('0000803f', 'hex'))
})

t.test('models and lengths that do not fit are refused', async t => {
  const x = { name: 'x', datatype: 'FP32', shape: ['n'] } as const
  const cases: [Signature, Uint8Array, code: string, text: string][] = [
    [
      { inputs: [], outputs: [] },
      new Uint8Array(4),
      'INVALID_REQUEST',
      'expected a model with exactly one input, got 0 inputs'
    ],
    [{ inputs: [x, { ...x, name: 'z' }], outputs: [] }, new Uint8Array(4), 'INVALID_REQUEST', 'got 2 inputs'],
    [
      model('FP32', undefined),
      new Uint8Array(4),
      'INVALID_REQUEST',
      'expected an input with at most one free dimension, got FP32 of any rank'
    ],
    [model('FP32', ['n', 'm']), new Uint8Array(4), 'INVALID_REQUEST', 'got FP32 [n,m]'],
    [model('FP32', ['n', 'n']), new Uint8Array(4), 'INVALID_REQUEST', 'got FP32 [n,n]'],
    [
      model('BYTES', [2]),
      new Uint8Array(4),
      'INVALID_REQUEST',
      'expected an input of one element, as of shape [1], got BYTES [2]'
    ],
    [model('BYTES', ['n', 3]), new Uint8Array(4), 'INVALID_REQUEST', 'got BYTES [n,3]'],
    [
      model('FP32', ['n', 3]),
      new Uint8Array(13),
      'INVALID_INPUT',
      'body: input "x": binary data of the wrong length: expected a multiple of 12 bytes for FP32 [n,3], got 13 bytes'
    ],
    [model('FP32', [2]), new Uint8Array(12), 'INVALID_INPUT', 'expected 8 bytes for FP32 [2], got 12 bytes'],
    [
      model('FP32', ['n', 0]),
      new Uint8Array(4),
      'INVALID_INPUT',
      'expected 0 bytes for FP32 [0,0], got 4 bytes'
    ],
    [model('FP32', ['n', 2 ** 40, 2 ** 40]), new Uint8Array(4), 'INVALID_INPUT', 'got 4 bytes'],
    [model('FP32', [2 ** 40, 2 ** 40]), new Uint8Array(4), 'INVALID_INPUT', 'too large'],
    [model('BOOL', ['n']), Uint8Array.of(1, 2), 'INVALID_INPUT', 'body[1]: input "x": not a BOOL value'],
    [model('BYTES', [1]), Uint8Array.of(0xff), 'INVALID_INPUT', 'body: input "x": not a BYTES value']
  ]
  for (const [signature, body, code, text] of cases) {
    t.throws(() => raw(body, signature), { code, message: new RegExp(text.replace(/[[\]]/g, '\\$&')) }, text)
  }
})

t.test('any body is read or refused, never worse', async () => {
  const dimension = fc.oneof(fc.nat(3), fc.constant(null), fc.constant('n'))
  const datatypes = fc.constantFrom<Datatype>('BOOL', 'FP16', 'FP32', 'INT64', 'BYTES')
  fc.assert(
    fc.property(
      datatypes,
      fc.array(dimension, { maxLength: 3 }),
      fc.uint8Array({ maxLength: 40 }),
      (datatype, shape, body) => {
        try {
          const [input] = raw(body, model(datatype, shape)).inputs
          return input!.shape.every(Number.isInteger)
        } catch (error) {
          return error instanceof ServingError
        }
      }
    ),
    { numRuns: 2000 }
  )
})
