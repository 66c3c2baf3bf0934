// Both directions of the binary tensor extension: what is written comes back, what is wrong is named.
import fc from 'fast-check'
import t from 'tap'
import type { Problem } from '../../src/errors/serving-error.ts'
import { bytesText, readTensorBytes, readText } from '../../src/tensor/binary-read.ts'
import { tensorBytes } from '../../src/tensor/binary-write.ts'
import {
  allocate,
  type Datatype,
  datatypeNames,
  factsOf,
  type TensorData
} from '../../src/tensor/datatype.ts'
import type { Shape } from '../../src/tensor/shape.ts'
import { tensorsOf } from '../helpers/arbitrary-tensors.ts'

const write = (datatype: Datatype, data: TensorData): Uint8Array =>
  tensorBytes({ datatype, shape: [data.length], data })

/** `bytes` at `offset` of a buffer of their own. */
function placedAt(offset: number, bytes: Uint8Array): Uint8Array {
  const buffer = new ArrayBuffer(offset + bytes.length)
  new Uint8Array(buffer).set(bytes, offset)
  return new Uint8Array(buffer, offset)
}

t.test('tensors are little-endian and without padding', async t => {
  const cases: [Datatype, TensorData, string][] = [
    ['BOOL', Uint8Array.of(0, 1), '0001'],
    ['UINT8', Uint8Array.of(0, 255), '00ff'],
    ['INT8', Int8Array.of(-1, 2), 'ff02'],
    ['UINT16', Uint16Array.of(1, 0xfffe), '0100feff'],
    ['INT16', Int16Array.of(-2), 'feff'],
    ['INT32', Int32Array.of(1, -1), '01000000ffffffff'],
    ['UINT32', Uint32Array.of(0x01020304), '04030201'],
    ['UINT64', BigUint64Array.of(2n ** 64n - 2n), 'feffffffffffffff'],
    ['INT64', BigInt64Array.of(1n, -1n), '0100000000000000ffffffffffffffff'],
    ['FP16', Uint16Array.of(0x3c00, 0x7e01), '003c017e'],
    ['FP32', Float32Array.of(1, -0), '0000803f00000080'],
    ['FP64', Float64Array.of(1), '000000000000f03f'],
    ['BYTES', ['a', '', 'é😀'], '01000000610000000006000000c3a9f09f9880']
  ]
  t.same(new Set(cases.map(([datatype]) => datatype)), new Set(datatypeNames))
  for (const [datatype, data, hex] of cases) {
    t.equal(Buffer.from(write(datatype, data)).toString('hex'), hex, datatype)
    t.strictSame(readTensorBytes(Buffer.from(hex, 'hex'), datatype, [data.length], 'data'), data, datatype)
  }
  for (const datatype of datatypeNames) {
    const none = allocate(datatype, 0)
    t.equal(write(datatype, none).length, 0, `no ${datatype}`)
    t.strictSame(readTensorBytes(new Uint8Array(0), datatype, [3, 0], 'data'), none, `no ${datatype}`)
  }
})

t.test('what lies aligned is viewed, what does not is copied once', async t => {
  const data = Float64Array.of(1, 2, 3)
  for (let offset = 0; offset < 16; offset++) {
    const bytes = placedAt(offset, write('FP64', data))
    const read = readTensorBytes(bytes, 'FP64', [3], 'data') as Float64Array
    t.strictSame(read, data)
    t.equal(read.buffer === bytes.buffer, offset % 8 === 0, `offset ${offset}`)
    if (offset % 8 !== 0) t.equal(read.buffer.byteLength, 24, 'the copy holds nothing else')
  }
  const view = new Float32Array(new ArrayBuffer(64), 8, 2)
  const out = write('FP32', view)
  t.equal(out.buffer, view.buffer)
  t.strictSame([out.byteOffset, out.length], [8, 8])
})

t.test('any tensor comes back bit for bit, wherever its bytes lie', async () => {
  fc.assert(
    fc.property(tensorsOf({ maxLength: 1, minLength: 1 }), fc.nat(17), ([tensor], offset) => {
      const { datatype, shape } = tensor!
      const bytes = tensorBytes(tensor!)
      const read = readTensorBytes(placedAt(offset, bytes), datatype, shape, 'data')
      if ('problem' in read || read.constructor !== tensor!.data.constructor) return false
      return Buffer.compare(tensorBytes({ datatype, shape, data: read }), bytes) === 0
    }),
    { numRuns: 2000 }
  )
})

const bytes = (hex: string): Uint8Array => Buffer.from(hex.replaceAll(' ', ''), 'hex')

t.test('wrong bytes are named with their place, what was expected and what came', async t => {
  const text = 'UTF-8 text without NUL'
  const cases: [hex: string, Datatype, Shape, Omit<Problem, 'problem'> & { problem?: string }][] = [
    ['00', 'FP32', [1], { path: 'data', expected: '4 bytes for FP32 [1]', got: '1 byte' }],
    ['0000000000', 'FP32', [1], { path: 'data', expected: '4 bytes for FP32 [1]', got: '5 bytes' }],
    ['', 'INT64', [2, 3], { path: 'data', expected: '48 bytes for INT64 [2,3]', got: '0 bytes' }],
    ['00', 'INT64', [0, 3], { path: 'data', expected: '0 bytes for INT64 [0,3]', got: '1 byte' }],
    ['', 'FP16', [], { path: 'data', expected: '2 bytes for FP16 []', got: '0 bytes' }],
    ['00 01 02', 'BOOL', [3], { path: 'data[2]', problem: 'not a BOOL value', got: '2' }],
    ['ff', 'BOOL', [1], { path: 'data[0]', expected: 'a byte that is 0 or 1', got: '255' }],
    ['', 'BYTES', [1], { path: 'data', expected: 'at least 4 bytes for BYTES [1]', got: '0 bytes' }],
    ['000000', 'BYTES', [1], { path: 'data', expected: 'at least 4 bytes for BYTES [1]', got: '3 bytes' }],
    ['00000000', 'BYTES', [0], { path: 'data', expected: '0 bytes for 0 elements', got: '4 bytes' }],
    ['02000000 61', 'BYTES', [1], { path: 'data[0]', expected: '2 bytes', got: '1 byte' }],
    ['ffffffff 61', 'BYTES', [1], { path: 'data[0]', expected: '4294967295 bytes', got: '1 byte' }],
    [
      '02000000 6161 0000',
      'BYTES',
      [2],
      { path: 'data[1]', problem: 'the data ends within the length of an element', got: '2 bytes' }
    ],
    [
      '00000000 00',
      'BYTES',
      [1],
      {
        path: 'data',
        problem: 'bytes are left after the last element',
        expected: '4 bytes for 1 element',
        got: '5 bytes'
      }
    ],
    ['01000000 ff', 'BYTES', [1], { path: 'data[0]', expected: text, got: '1 byte that are not UTF-8' }],
    ['03000000 eda080', 'BYTES', [1], { path: 'data[0]', expected: text, got: '3 bytes that are not UTF-8' }],
    ['03000000 610062', 'BYTES', [1], { path: 'data[0]', expected: text, got: '"a\\u0000b"' }],
    ['', 'FP32', [2 ** 40, 2 ** 40], { path: 'data', problem: 'the product of the sizes is too large' }],
    ['', 'BYTES', [2 ** 52], { path: 'data', got: '0 bytes' }]
  ]
  for (const [hex, datatype, shape, expected] of cases) {
    t.match(
      readTensorBytes(bytes(hex), datatype, shape, 'data'),
      expected,
      `${datatype} [${shape}] of ${hex}`
    )
  }
})

t.test('a byte order mark belongs to its text', async t => {
  t.equal(readText(bytes('efbbbf61'), 'body'), '\ufeffa')
  t.equal(readText(new Uint8Array(0), 'body'), '')
  t.equal(bytesText(1), '1 byte')
})

t.test('what the runtime would not give is written without harm', async t => {
  const lone = write('BYTES', ['\ud800', 'a\0b'])
  t.equal(Buffer.from(lone).toString('hex'), '03000000efbfbd03000000610062')
})

t.test('random bytes are read or refused, never worse', async () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 64 }),
      fc.constantFrom(...datatypeNames),
      fc.array(fc.nat(6), { maxLength: 3 }),
      (bytes, datatype, shape) => {
        const read = readTensorBytes(bytes, datatype, shape, 'data')
        if ('problem' in read) return read.problem !== ''
        return (
          read.length * Math.max(4 * Number(datatype === 'BYTES'), factsOf(datatype).bytes) <= bytes.length
        )
      }
    ),
    { numRuns: 3000 }
  )
})
