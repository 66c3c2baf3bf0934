import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads'
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

t.test('only memory that a tensor fills for more than half moves', async t => {
  const own = Float32Array.of(1, 2)
  const large = new ArrayBuffer(64)
  const pooled = Buffer.from('some text')
  t.not(pooled.byteLength, pooled.buffer.byteLength, 'Node pools small buffers')
  const shared = new Float32Array(new SharedArrayBuffer(8))
  const cases: [name: string, data: TensorData, moves: boolean][] = [
    ['its own buffer', own, true],
    ['its own large integers', BigInt64Array.of(1n), true],
    ['the whole of a buffer', new Uint8Array(large), true],
    ['half of a buffer', new Uint8Array(large, 0, 32), false],
    ['more than half of it', new Uint8Array(large, 0, 33), true],
    ['the larger part at its end', new Float32Array(large, 28), true],
    ['as large as the pool', new Uint8Array(Buffer.poolSize), false],
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

/** Buffers that fill more than half of a pool together: of six in a row three lie in the same. */
function pooledTogether(): Buffer[] {
  const size = Math.floor(Buffer.poolSize * 0.3)
  const buffers = Array.from({ length: 6 }, (_, at) => Buffer.allocUnsafe(size).fill(at))
  return buffers.filter(one => buffers.filter(({ buffer }) => buffer === one.buffer).length === 3)
}

t.test('parts of one buffer that fill it together move with it', async t => {
  const body = new ArrayBuffer(64)
  const parts = [new Uint8Array(body, 0, 20), new Float32Array(body, 32, 4)]
  t.strictSame(transferable(parts.map(tensor)), [body])
  t.strictSame(transferable([tensor(parts[0]!), tensor(parts[0]!.subarray(0, 4))]), [])
})

t.test("the channel takes the list, and what lies in Node's pool stays there", async t => {
  const pooled = [Buffer.from('some text'), ...pooledTogether()]
  t.ok(pooled.length > 3)
  const own = new Uint8Array(Buffer.poolSize * 2)
  const tensors = [...pooled, own].map(tensor)
  const { port1, port2 } = new MessageChannel()
  // Newer Nodes throw where memory of the pool is in the list.
  port1.postMessage(tensors, transferable(tensors))
  const message = receiveMessageOnPort(port2)?.message as NamedTensor[]
  port1.close()
  t.strictSame(
    message.map(({ data }) => [data.length, data[0]]),
    [...pooled.map(buffer => [buffer.length, buffer[0]]), [Buffer.poolSize * 2, 0]]
  )
  t.equal(pooled[0]!.toString(), 'some text')
  t.equal(own.length, 0, 'the rest moves')
})

t.test('no tensors, no buffers', async t => {
  t.same(transferable([]), [])
})

t.test('a failure carries the text of whatever was thrown', async t => {
  t.same(failure(new TypeError('bad')), { type: 'failed', message: 'bad' })
  t.same(failure('text'), { type: 'failed', message: 'text' })
  t.same(failure(undefined), { type: 'failed', message: 'undefined' })
})
