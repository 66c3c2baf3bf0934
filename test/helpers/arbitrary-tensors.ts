// Tensors for property tests: any datatype, any shape of a few elements, any bits.
import fc from 'fast-check'
import { allocate, type Datatype, datatypeNames, type TensorData } from '../../src/tensor/datatype.ts'
import { elementCount, type Shape } from '../../src/tensor/shape.ts'
import type { NamedTensor } from '../../src/tensor/tensor.ts'

/** What the runtime takes as text: well-formed and without NUL. */
const text = fc.string({ unit: 'binary', maxLength: 8 }).filter(value => !value.includes('\0'))

function dataOf(datatype: Datatype, count: number): fc.Arbitrary<TensorData> {
  if (datatype === 'BYTES') return fc.array(text, { minLength: count, maxLength: count })
  const empty = allocate(datatype, count) as Exclude<TensorData, string[]>
  const size = empty.byteLength
  const max = datatype === 'BOOL' ? 1 : 255
  return fc.uint8Array({ minLength: size, maxLength: size, max }).map(bits => {
    const data = allocate(datatype, count) as Exclude<TensorData, string[]>
    new Uint8Array(data.buffer, data.byteOffset, size).set(bits)
    return data
  })
}

const shapes: fc.Arbitrary<Shape> = fc.array(fc.nat(3), { maxLength: 3 })

/** Tensors with names of their own. NaNs keep whatever payload they have. */
export function tensorsOf(limits: fc.ArrayConstraints): fc.Arbitrary<NamedTensor[]> {
  const one = fc.record({ datatype: fc.constantFrom(...datatypeNames), shape: shapes }).chain(head =>
    fc.record({
      name: fc.string({ unit: 'grapheme', maxLength: 8 }),
      datatype: fc.constant(head.datatype),
      shape: fc.constant(head.shape),
      data: dataOf(head.datatype, elementCount(head.shape)!)
    })
  )
  return fc.uniqueArray(one, { ...limits, selector: tensor => tensor.name })
}
