import t from 'tap'
import { seededRandom } from '../../../src/base/random.ts'
import { binaryRequest } from '../../../src/cli/bench/binary.ts'
import { generatePayloads } from '../../../src/cli/bench/payload.ts'

t.test('a JSON head, then the bytes of every input, little-endian and without padding', async t => {
  const { body, headers } = binaryRequest([
    { name: 'b', datatype: 'BOOL', shape: [1, 3], data: Uint8Array.of(1, 0, 1) },
    { name: 'f', datatype: 'FP32', shape: [1, 2], data: Float32Array.of(1, -2) },
    { name: 'i', datatype: 'INT64', shape: [1], data: BigInt64Array.of(-2n) },
    { name: 's', datatype: 'BYTES', shape: [1, 2], data: ['né', ''] }
  ])
  const headBytes = Number(headers['inference-header-content-length'])
  t.equal(headers['content-type'], 'application/octet-stream')
  t.same(JSON.parse(Buffer.from(body.subarray(0, headBytes)).toString()), {
    inputs: [
      { name: 'b', shape: [1, 3], datatype: 'BOOL', parameters: { binary_data_size: 3 } },
      { name: 'f', shape: [1, 2], datatype: 'FP32', parameters: { binary_data_size: 8 } },
      { name: 'i', shape: [1], datatype: 'INT64', parameters: { binary_data_size: 8 } },
      { name: 's', shape: [1, 2], datatype: 'BYTES', parameters: { binary_data_size: 11 } }
    ],
    parameters: { binary_data_output: true }
  })
  t.equal(
    Buffer.from(body.subarray(headBytes)).toString('hex'),
    '010001' + '0000803f000000c0' + 'feffffffffffffff' + '03000000' + '6ec3a9' + '00000000'
  )
})

t.test('only the part of the memory that is the tensor', async t => {
  const data = Uint16Array.of(1, 2, 3, 4).subarray(1, 3)
  const { body, headers } = binaryRequest([{ name: 'h', datatype: 'FP16', shape: [2], data }])
  const headBytes = Number(headers['inference-header-content-length'])
  t.equal(Buffer.from(body.subarray(headBytes)).toString('hex'), '02000300')
})

t.test('generated payloads in binary', async t => {
  const inputs = [
    { name: 'x', datatype: 'FP32', shape: [-1, 4] },
    { name: 'word', datatype: 'BYTES', shape: [-1] }
  ] as const
  const payloads = generatePayloads(inputs, { rows: 3, binary: true, random: seededRandom(1) })
  t.equal(payloads.length, 16)
  for (const { body, headers, rows } of payloads) {
    const headBytes = Number(headers['inference-header-content-length'])
    const head = JSON.parse(Buffer.from(body.subarray(0, headBytes)).toString()) as {
      readonly inputs: readonly { readonly parameters: { readonly binary_data_size: number } }[]
    }
    const sizes = head.inputs.map(({ parameters }) => parameters.binary_data_size)
    t.equal(sizes[0], 3 * 4 * 4)
    t.equal(headBytes + sizes[0]! + sizes[1]!, body.byteLength)
    t.equal(rows, 3)
  }
})
