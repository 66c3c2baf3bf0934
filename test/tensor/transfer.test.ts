import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads'
import t from 'tap'
import { allocate, type TensorData } from '../../src/tensor/datatype.ts'
import type { NamedTensor } from '../../src/tensor/tensor.ts'
import { packed } from '../../src/tensor/transfer.ts'

const tensor = (data: TensorData): NamedTensor => ({
  name: 'x',
  datatype: 'FP32',
  shape: [data.length],
  data
})

t.test(
  'only memory that a tensor fills for more than half moves; the rest goes as a copy of its own',
  async t => {
    const own = Float32Array.of(1, 2)
    const large = new ArrayBuffer(64)
    const pooled = Buffer.from('some text')
    t.not(pooled.byteLength, pooled.buffer.byteLength, 'Node pools small buffers')
    const small = allocate('FP32', 4)
    const cases: [name: string, data: Exclude<TensorData, string[]>, moves: boolean][] = [
      ['its own buffer', own, true],
      ['its own large integers', BigInt64Array.of(1n), true],
      ['the whole of a buffer', new Uint8Array(large), true],
      ['half of a buffer', new Uint8Array(large, 0, 32), false],
      ['more than half of it', new Uint8Array(large, 0, 33), true],
      ['the larger part at its end', new Float32Array(large, 28), true],
      ['as large as the pool', new Uint8Array(Buffer.poolSize), false],
      ['the end of a buffer', new Float32Array(large, 32), false],
      ['a pooled buffer', pooled, false],
      ['a small array', small as Float32Array, false],
      ['shared memory', new Float32Array(new SharedArrayBuffer(8)), false]
    ]
    for (const [name, data, moves] of cases) {
      const { tensors, transfer } = packed([tensor(data)])
      const [sent] = tensors
      const array = sent!.data as Uint8Array
      t.equal(array.buffer === data.buffer, moves, name)
      t.equal(transfer[0], array.buffer, `${name}: the list is what is sent`)
      t.same([...array], [...data], `${name}: the same elements`)
      if (!moves) t.equal(array.byteLength, array.buffer.byteLength, `${name}: nothing else goes with it`)
    }
  }
)

t.test('texts and empty arrays have nothing to move', async t => {
  const large = new ArrayBuffer(64)
  const { tensors, transfer } = packed([tensor(['a']), tensor(new Float32Array(large, 8, 0))])
  t.strictSame(transfer, [])
  t.same(tensors[0]!.data, ['a'])
  t.equal((tensors[1]!.data as Float32Array).buffer.byteLength, 0, 'no view of what others use')
  t.same(packed([]), { tensors: [], transfer: [] })
})

t.test('two tensors over the same buffer move it once, and the channel accepts the list', async t => {
  const both = new ArrayBuffer(8)
  const { tensors, transfer } = packed([
    tensor(new Float32Array(both)),
    tensor(new Int32Array(both)),
    tensor(Float32Array.of(3))
  ])
  t.equal(transfer.length, 2)
  const copy = structuredClone(tensors, { transfer: [...transfer] })
  t.same(
    copy.map(({ data }) => data.length),
    [2, 2, 1]
  )
  t.equal(both.byteLength, 0, 'moved, not copied')
})

t.test('parts of one buffer that fill it together move with it', async t => {
  const body = new ArrayBuffer(64)
  const parts = [new Uint8Array(body, 0, 20), new Float32Array(body, 32, 4)]
  t.strictSame(packed(parts.map(tensor)).transfer, [body])
})

/** Buffers that fill more than half of a pool together: of six in a row three lie in the same. */
function pooledTogether(): Buffer[] {
  const size = Math.floor(Buffer.poolSize * 0.3)
  const buffers = Array.from({ length: 6 }, (_, at) => Buffer.allocUnsafe(size).fill(at))
  return buffers.filter(one => buffers.filter(({ buffer }) => buffer === one.buffer).length === 3)
}

t.test("what lies in Node's pool, or among other small arrays, stays there for them", async t => {
  // Together the small ones fill what they share, which must not take the others' along.
  const small = Array.from({ length: 40 }, (_, at) => (allocate('UINT8', 2000) as Uint8Array).fill(at))
  const pooled = [Buffer.from('some text'), ...pooledTogether()]
  t.ok(pooled.length > 3)
  const own = new Uint8Array(Buffer.poolSize * 2)
  const before = [...pooled, ...small].map(array => [array.length, array[0]])
  const { tensors, transfer } = packed([...pooled, ...small, own].map(tensor))
  const { port1, port2 } = new MessageChannel()
  // Newer Nodes throw where memory of the pool is in the list.
  port1.postMessage(tensors, transfer)
  const message = receiveMessageOnPort(port2)?.message as NamedTensor[]
  port1.close()
  t.strictSame(
    message.map(({ data }) => [data.length, data[0]]),
    [...before, [Buffer.poolSize * 2, 0]]
  )
  t.strictSame(
    [...pooled, ...small].map(array => [array.length, array[0]]),
    before,
    'still here'
  )
  t.equal(own.length, 0, 'the rest moves')
})
