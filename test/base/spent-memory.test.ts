import t from 'tap'
import { giveBack } from '../../src/base/spent-memory.ts'

t.test('a large array that has its memory to itself is empty afterwards', async t => {
  for (const array of [new Float32Array(4096), Buffer.alloc(16 * 1024), new BigInt64Array(100_000)]) {
    giveBack(array)
    t.equal(array.buffer.byteLength, 0)
    giveBack(array)
  }
})

t.test('small arrays, and those that share their memory, are left as they are', async t => {
  const small = new Uint8Array(16 * 1024 - 1).fill(1)
  const part = new Uint8Array(64 * 1024).fill(1).subarray(0, 32 * 1024)
  const shared = new Uint8Array(new SharedArrayBuffer(32 * 1024)).fill(1)
  for (const array of [small, part, shared]) {
    giveBack(array)
    t.equal(array.at(-1), 1)
  }
})
