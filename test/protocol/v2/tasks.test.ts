import t from 'tap'
import { readV2Body } from '../../../src/protocol/v2/decode.ts'
import { v2Response } from '../../../src/protocol/v2/encode.ts'
import { plainWishes } from '../../../src/protocol/v2/parameters.ts'
import { decodeElsewhere, encodeElsewhere, type RunTask, tasks } from '../../../src/protocol/v2/tasks.ts'

const signature = {
  inputs: [{ name: 'x', datatype: 'FP32', shape: ['n', 2] }],
  outputs: [{ name: 'y', datatype: 'FP32', shape: ['n', 2] }]
} as const

/** The other thread, played by a structured clone: the buffers move, and only plain data comes through. */
const run: RunTask = (task, input, transfer) => {
  const there = structuredClone(input, { transfer: [...transfer] })
  const done = tasks[task as 'decode'](there as never)
  return Promise.resolve(structuredClone(done.output, { transfer: [...done.transfer] }))
}

const bodyOf = (value: object): Uint8Array => {
  const text = new TextEncoder().encode(JSON.stringify(value))
  return text.slice()
}

const unlabelled = (label: string): never => {
  throw new Error(`nobody asked for ${label}`)
}

t.test('decoding elsewhere is decoding here', async t => {
  const request = { id: 'a', inputs: [{ name: 'x', shape: [1, 2], datatype: 'FP32', data: [1, 'NaN'] }] }
  const body = bodyOf(request)
  const here = readV2Body({ body: body.slice(), headerLength: undefined }, signature, 8)
  const there = await decodeElsewhere(
    run,
    { body, headerLength: undefined, signature, tensorsMax: 8 },
    unlabelled
  )
  t.strictSame(there, here)
  t.equal(body.length, 0, 'its memory moved')
})

t.test('a refusal comes back whole', async t => {
  const body = bodyOf({ inputs: [{ name: 'x', shape: [1, 2], datatype: 'FP32', data: [1] }] })
  await t.rejects(
    decodeElsewhere(run, { body, headerLength: undefined, signature, tensorsMax: 8 }, unlabelled),
    {
      name: 'ServingError',
      code: 'INVALID_INPUT',
      details: [{ path: 'inputs[0].data' }]
    }
  )
})

t.test('encoding elsewhere is encoding here, and leaves the outputs alone', async t => {
  const shared = Float32Array.of(9, 1, 2, 3, 4, 9)
  const output = { name: 'y', datatype: 'FP32', shape: [2, 2], data: shared.subarray(1, 5) } as const
  const response = { id: 'a', model: 'm', version: 1, outputs: [output] }
  for (const wishes of [plainWishes, { otherwise: { binary: true }, byName: new Map() }]) {
    const here = v2Response(response, wishes)
    const there = await encodeElsewhere(run, { response, wishes, facts: {} })
    const bytes = typeof here.body === 'string' ? Buffer.from(here.body) : Buffer.concat(here.body)
    t.ok(bytes.equals(there.bytes))
    t.strictSame(there.headers, here.headers)
  }
  t.strictSame([...shared], [9, 1, 2, 3, 4, 9])
})
