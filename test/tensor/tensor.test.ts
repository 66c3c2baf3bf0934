import t from 'tap'
import { bytesOf, rowsOf, type Tensor } from '../../src/tensor/tensor.ts'

t.test('rows are what the first dimension counts; a scalar is one', async t => {
  const cases: [Tensor | undefined, number][] = [
    [{ datatype: 'FP32', shape: [3, 2], data: new Float32Array(6) }, 3],
    [{ datatype: 'FP32', shape: [0, 2], data: new Float32Array(0) }, 0],
    [{ datatype: 'FP32', shape: [], data: new Float32Array(1) }, 1],
    [undefined, 1]
  ]
  for (const [tensor, rows] of cases) t.equal(rowsOf(tensor), rows)
})

t.test('bytes are those of the memory, two for each unit of a string', async t => {
  const cases: [Tensor, number][] = [
    [{ datatype: 'FP64', shape: [3], data: new Float64Array(3) }, 24],
    [{ datatype: 'BOOL', shape: [0], data: new Uint8Array(0) }, 0],
    [{ datatype: 'BYTES', shape: [3], data: ['', 'ab', '😀'] }, 8],
    [{ datatype: 'BYTES', shape: [0], data: [] }, 0]
  ]
  for (const [tensor, bytes] of cases) t.equal(bytesOf(tensor), bytes)
})
