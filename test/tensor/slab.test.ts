import fc from 'fast-check'
import t from 'tap'
import {
  allocate,
  type Datatype,
  datatypeNames,
  factsOf,
  type TensorData
} from '../../src/tensor/datatype.ts'
import { isSlab, takeSmall } from '../../src/tensor/slab.ts'

type TypedArray = Exclude<TensorData, string[]>

const numeric = datatypeNames.filter((name): name is Exclude<Datatype, 'BYTES'> => name !== 'BYTES')

t.test('arrays are zeroed and aligned, whatever their sizes and order', async () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom(...numeric), fc.integer({ min: 0, max: 300 })), { maxLength: 200 }),
      wanted => {
        const arrays = wanted.map(([datatype, count]) => ({
          datatype,
          count,
          data: allocate(datatype, count) as TypedArray
        }))
        for (const { data } of arrays) {
          if ([...data].some(value => Number(value) !== 0)) return false
          new Uint8Array(data.buffer, data.byteOffset, data.byteLength).fill(255)
        }
        return arrays.every(
          ({ datatype, count, data }) =>
            data.length === count && data.byteOffset % factsOf(datatype).bytes === 0
        )
      }
    )
  )
})

t.test('what one array holds no other can write', async t => {
  const arrays = Array.from({ length: 500 }, (_, at) =>
    (allocate('INT32', 1 + (at % 40)) as Int32Array).fill(at)
  )
  t.ok(arrays.every((array, at) => array.every(value => value === at)))
})

t.test('large arrays have memory of their own', async t => {
  t.equal(takeSmall(2049), undefined)
  t.equal((allocate('UINT8', 2049) as Uint8Array).buffer.byteLength, 2049)
  t.notOk(isSlab((allocate('UINT8', 2049) as Uint8Array).buffer))
  t.ok(isSlab((allocate('UINT8', 2048) as Uint8Array).buffer))
})
