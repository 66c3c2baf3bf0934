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
import { tensorDataJson } from '../../src/tensor/json-write.ts'

const inf = Number.POSITIVE_INFINITY

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
      '[1,-0,"Infinity","-Infinity","NaN",5.9604645e-8]'
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

t.test('lists of any length are written whole', async t => {
  for (const length of [1, 700, 750, 5000]) {
    const data = Float32Array.from({ length }, (_, index) => (index % 2 === 0 ? -1.5e20 : index / 7))
    t.strictSame(Float32Array.from(JSON.parse(write('FP32', data)) as number[]), data)
  }
})
