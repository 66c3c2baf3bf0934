import fc from 'fast-check'
import t from 'tap'
import {
  allocate,
  type Datatype,
  datatypeNames,
  factsOf,
  type TensorData
} from '../../src/tensor/datatype.ts'
import { parseTensorJson } from '../../src/tensor/exact-json.ts'
import { halfFromNumber, numberFromHalf } from '../../src/tensor/half.ts'
import { readTensorData } from '../../src/tensor/json-read.ts'
import { float32Json, tensorDataJson } from '../../src/tensor/json-write.ts'

const inf = Number.POSITIVE_INFINITY
const float32Max = 3.4028234663852886e38

const write = (datatype: Datatype, data: TensorData): string =>
  tensorDataJson({ datatype, shape: [data.length], data })

t.test('tensors are written as lists of legal JSON', async t => {
  const cases: [Datatype, TensorData, string][] = [
    ['BOOL', Uint8Array.of(0, 1), '[false,true]'],
    ['UINT8', Uint8Array.of(0, 255), '[0,255]'],
    ['INT32', Int32Array.of(-1), '[-1]'],
    ['UINT64', BigUint64Array.of(2n ** 64n - 1n), '[18446744073709551615]'],
    ['INT64', BigInt64Array.of(-(2n ** 63n), 5n), '[-9223372036854775808,5]'],
    [
      'FP16',
      Uint16Array.of(0x3c00, 0x8000, 0x7c00, 0xfc00, 0x7e00, 1),
      '[1,-0,"Infinity","-Infinity","NaN",5.960464477539063e-8]'
    ],
    ['FP32', Float32Array.of(0.1, -0, inf, -inf, Number.NaN), '[0.1,-0,"Infinity","-Infinity","NaN"]'],
    ['FP64', Float64Array.of(0.1, -0, inf, Number.NaN, 1e300), '[0.1,-0,"Infinity","NaN",1e+300]'],
    ['BYTES', ['a"b', '', '\n😀'], '["a\\"b","","\\n😀"]']
  ]
  for (const [datatype, data, text] of cases) t.equal(write(datatype, data), text, datatype)
  for (const datatype of datatypeNames)
    t.equal(write(datatype, allocate(datatype, 0)), '[]', `no ${datatype}`)
})

/** Elements as they lie in memory; NaN as its one canonical pattern. */
function elementsOf(datatype: Datatype): fc.Arbitrary<number | bigint | string> {
  const { kind, range } = factsOf(datatype)
  switch (kind) {
    case 'bool':
      return fc.nat(1)
    case 'integer':
      return fc.oneof(fc.constantFrom(...range!), fc.bigInt(...range!)).map(Number)
    case 'bigint':
      return fc.oneof(fc.constantFrom(...range!), fc.bigInt(...range!))
    case 'half':
      return fc.nat(0xffff).map(half => halfFromNumber(numberFromHalf(half)))
    case 'float':
      return datatype === 'FP32' ? fc.float() : fc.double()
    case 'string':
      return fc.string({ unit: 'binary' }).filter(text => !text.includes('\0'))
  }
}

for (const datatype of datatypeNames) {
  t.test(`${datatype} survives the way to JSON and back, element by element`, async () => {
    fc.assert(
      fc.property(fc.array(elementsOf(datatype)), elements => {
        const data = allocate(datatype, elements.length)
        for (const [index, element] of elements.entries()) data[index] = element
        const text = write(datatype, data)
        JSON.parse(text)
        const wide = factsOf(datatype).kind === 'bigint'
        const back = readTensorData(
          parseTensorJson(text, wide),
          datatype,
          [elements.length],
          text.length,
          'data'
        )
        return Array.isArray(back) || ArrayBuffer.isView(back)
          ? back.length === data.length && elements.every((_, index) => Object.is(back[index], data[index]))
          : false
      }),
      { numRuns: 300 }
    )
  })
}

t.test('a float32 is written with the fewest digits from six that bring it back', async t => {
  const cases: [number, string][] = [
    [0, '0'],
    [-0, '-0'],
    [1, '1'],
    [-16_777_216, '-16777216'],
    [Math.fround(0.1), '0.1'],
    [Math.fround(1 / 3), '0.33333334'],
    [Math.fround(1e10), '10000000000'],
    [Math.fround(1e21), '1e+21'],
    [Math.fround(1e-7), '1e-7'],
    [float32Max, '3.4028235e+38'],
    [-float32Max, '-3.4028235e+38'],
    [2 ** -149, '1.4013e-45'],
    [-(2 ** -149), '-1.4013e-45'],
    [2 ** -126, '1.1754944e-38'],
    [2 ** -126 - 2 ** -149, '1.1754942e-38'],
    [Number.NaN, '"NaN"'],
    [-inf, '"-Infinity"']
  ]
  for (const [value, text] of cases) t.equal(float32Json(value), text)
})

const digitsOf = (text: string): number => text.replace(/e.*/, '').replace(/^-?0*\.?0*|\.|0+$/g, '').length

t.test(
  'every float32 comes back from its text, and no shorter text of six digits or more would do',
  async () => {
    const anyBits = fc.integer().map(bits => new Float32Array(Int32Array.of(bits).buffer)[0]!)
    const finite = fc.oneof(anyBits, fc.float()).filter(Number.isFinite)
    fc.assert(
      fc.property(finite, value => {
        const text = float32Json(value)
        const parsed = JSON.parse(text) as number
        if (!Object.is(Math.fround(parsed), value)) return false
        const digits = digitsOf(text)
        const shorter = digits > 6 ? Number(value.toPrecision(digits - 1)) : Number.NaN
        return digits <= 9 && (Number.isInteger(value) || Math.fround(shorter) !== value)
      }),
      { numRuns: 5000 }
    )
  }
)
