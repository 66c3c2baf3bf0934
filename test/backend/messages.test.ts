import t from 'tap'
import { failure, transferable } from '../../src/backend/messages.ts'
import type { TensorData } from '../../src/tensor/datatype.ts'
import type { NamedTensor } from '../../src/tensor/tensor.ts'

const tensor = (data: TensorData): NamedTensor => ({
  name: 'x',
  datatype: 'FP32',
  shape: [data.length],
  data
})

t.test('only memory that belongs to one tensor alone moves', async t => {
  const own = Float32Array.of(1, 2)
  const large = new ArrayBuffer(64)
  const pooled = Buffer.from('some text')
  t.not(pooled.byteLength, pooled.buffer.byteLength, 'Node pools small buffers')
  const shared = new Float32Array(new SharedArrayBuffer(8))
  const cases: [name: string, data: TensorData, moves: boolean][] = [
    ['its own buffer', own, true],
    ['its own large integers', BigInt64Array.of(1n), true],
    ['the whole of a buffer', new Uint8Array(large), true],
    ['the beginning of a buffer', new Uint8Array(large, 0, 32), false],
    ['the end of a buffer', new Float32Array(large, 32), false],
    ['a pooled buffer', pooled, false],
    ['no elements', new Float32Array(0), false],
    ['no elements of a buffer', new Float32Array(large, 0, 0), false],
    ['texts', ['a'], false],
    ['shared memory', shared, false]
  ]
  for (const [name, data, moves] of cases) {
    const expected = moves ? [(data as Float32Array).buffer] : []
    t.same(transferable([tensor(data)]), expected, name)
    t.equal(transferable([tensor(data)])[0], expected[0], name)
  }
})

t.test('two tensors over the same buffer move it once, and the channel accepts the list', async t => {
  const both = new ArrayBuffer(8)
  const tensors = [tensor(new Float32Array(both)), tensor(new Int32Array(both)), tensor(Float32Array.of(3))]
  const transfer = transferable(tensors)
  t.equal(transfer.length, 2)
  const copy = structuredClone(tensors, { transfer })
  t.same(
    copy.map(({ data }) => data.length),
    [2, 2, 1]
  )
  t.equal(both.byteLength, 0, 'moved, not copied')
})

t.test('no tensors, no buffers', async t => {
  t.same(transferable([]), [])
})

t.test('a failure carries the text of whatever was thrown', async t => {
  t.same(failure(new TypeError('bad')), { type: 'failed', message: 'bad' })
  t.same(failure('text'), { type: 'failed', message: 'text' })
  t.same(failure(undefined), { type: 'failed', message: 'undefined' })
})
