import t from 'tap'
import {
  allocate,
  datatypeFromOnnx,
  datatypeFromRuntime,
  datatypeNames,
  datatypes,
  factsOf,
  isDatatype
} from '../../src/tensor/datatype.ts'

/** From the Open Inference Protocol, onnx.proto and onnxruntime-common, written down apart from the table under test. */
const expected = [
  ['BOOL', 'bool', 9, Uint8Array, 1],
  ['UINT8', 'uint8', 2, Uint8Array, 1],
  ['UINT16', 'uint16', 4, Uint16Array, 2],
  ['UINT32', 'uint32', 12, Uint32Array, 4],
  ['UINT64', 'uint64', 13, BigUint64Array, 8],
  ['INT8', 'int8', 3, Int8Array, 1],
  ['INT16', 'int16', 5, Int16Array, 2],
  ['INT32', 'int32', 6, Int32Array, 4],
  ['INT64', 'int64', 7, BigInt64Array, 8],
  ['FP16', 'float16', 10, Uint16Array, 2],
  ['FP32', 'float32', 1, Float32Array, 4],
  ['FP64', 'float64', 11, Float64Array, 8]
] as const

for (const [name, runtime, onnx, memory, bytes] of expected) {
  t.test(`${name} is itself in memory, in ONNX and in the runtime`, async t => {
    const data = allocate(name, 3)
    t.ok(data instanceof memory)
    t.equal(data.length, 3)
    t.equal((data as Uint8Array).byteLength, 3 * bytes)
    t.equal(factsOf(name).bytes, bytes)
    t.equal(datatypeFromOnnx(onnx), name)
    t.equal(datatypeFromRuntime(runtime), name)
  })
}

t.test('BYTES are strings, empty at first', async t => {
  t.same(allocate('BYTES', 2), ['', ''])
  t.same(allocate('BYTES', 0), [])
  t.equal(datatypeFromOnnx(8), 'BYTES')
  t.equal(datatypeFromRuntime('string'), 'BYTES')
  t.equal(factsOf('BYTES').bytes, 0)
})

t.test('the table has these datatypes and no others', async t => {
  t.same([...datatypeNames].sort(), [...expected.map(([name]) => name), 'BYTES'].sort())
})

t.test('the range of an integer is what its memory holds, one more wraps around', async t => {
  for (const name of datatypeNames) {
    const { range, kind } = factsOf(name)
    t.equal(range !== undefined, kind === 'integer' || kind === 'bigint', name)
    if (range === undefined) continue
    const data = allocate(name, 1) as BigInt64Array
    const store = (value: bigint): bigint => {
      data[0] = (kind === 'bigint' ? value : Number(value)) as bigint
      return BigInt(data[0])
    }
    const [low, high] = range
    t.same([store(low), store(high)], [low, high], `${name} holds its ends`)
    t.same([store(low - 1n), store(high + 1n)], [high, low], `${name} holds no more`)
  }
})

t.test('unknown names and types are nobody', async t => {
  for (const name of ['', 'fp32', 'FP8', 'BF16', 'toString', '__proto__', 'constructor', 'FP32 ']) {
    t.equal(isDatatype(name), false, name)
  }
  for (const name of datatypeNames) t.equal(isDatatype(name), true, name)
  for (const type of [-1, 0, 14, 15, 16, 17, 21, 99, 1.5, Number.NaN]) {
    t.equal(datatypeFromOnnx(type), undefined, String(type))
  }
  for (const name of ['', 'bfloat16', 'FP32', 'toString']) t.equal(datatypeFromRuntime(name), undefined, name)
  t.equal(factsOf('FP16'), datatypes.FP16)
})
