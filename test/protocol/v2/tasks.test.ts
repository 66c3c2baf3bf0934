import t from 'tap'
import { ServingError } from '../../../src/errors/serving-error.ts'
import type { RunTask } from '../../../src/protocol/elsewhere.ts'
import { readV2Body } from '../../../src/protocol/v2/decode.ts'
import { v2Response } from '../../../src/protocol/v2/encode.ts'
import { plainWishes } from '../../../src/protocol/v2/parameters.ts'
import { decodeElsewhere, encodeElsewhere, v2Tasks as tasks } from '../../../src/protocol/v2/tasks.ts'
import { bareContract } from '../../../src/schema/contract.ts'

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
  const here = readV2Body({ body: body.slice(), headerLength: undefined }, bareContract(signature), 8)
  const there = await decodeElsewhere(
    run,
    { body, headerLength: undefined, contract: bareContract(signature), tensorsMax: 8 },
    unlabelled
  )
  t.strictSame(there, here)
  t.equal(body.length, 0, 'its memory moved')
})

t.test('a refusal comes back whole', async t => {
  const body = bodyOf({ inputs: [{ name: 'x', shape: [1, 2], datatype: 'FP32', data: [1] }] })
  await t.rejects(
    decodeElsewhere(
      run,
      { body, headerLength: undefined, contract: bareContract(signature), tensorsMax: 8 },
      unlabelled
    ),
    {
      name: 'ServingError',
      code: 'INVALID_INPUT',
      details: [{ path: 'inputs[0].data' }]
    }
  )
})

t.test('a body with a label is decoded for the version of that label, elsewhere', async t => {
  const wide = {
    inputs: [{ name: 'x', datatype: 'INT64', shape: [1] }],
    outputs: [{ name: 'y', datatype: 'FP32', shape: ['n', 2] }]
  } as const
  const text =
    '{"inputs":[{"name":"x","shape":[1],"datatype":"INT64","data":[9007199254740993]}],"parameters":{"label":"wide"}}'
  const asked: string[] = []
  const sent: unknown[] = []
  const counted: RunTask = (task, input, transfer) => {
    sent.push(transfer.length)
    return run(task, input, transfer)
  }
  const input = {
    body: new TextEncoder().encode(text).slice(),
    headerLength: undefined,
    contract: bareContract(signature),
    tensorsMax: 8
  }
  const there = await decodeElsewhere(counted, input, label => {
    asked.push(label)
    return bareContract(wide)
  })
  t.strictSame([asked, sent], [['wide'], [1, 1]], 'the body moves there, back and there again')
  t.strictSame(there.inputs[0]?.data, BigInt64Array.of(9_007_199_254_740_993n))
  t.strictSame(
    there,
    readV2Body({ body: Buffer.from(text), headerLength: undefined }, bareContract(signature), 8, () =>
      bareContract(wide)
    )
  )
})

t.test('a label that fits the default version as well is asked for all the same', async t => {
  const fits = { name: 'x', shape: [1, 2], datatype: 'FP32', data: [1, 2] }
  const body = bodyOf({ inputs: [fits], parameters: { label: 'same' } })
  const input = { body, headerLength: undefined, contract: bareContract(signature), tensorsMax: 8 }
  const asked: string[] = []
  const { inputs } = await decodeElsewhere(run, input, label => {
    asked.push(label)
    return bareContract(signature)
  })
  t.strictSame([asked, [...inputs[0]!.data]], [['same'], [1, 2]])
})

t.test('a label that is refused, one that is no name, and a body that does not fit its version', async t => {
  const labelled = (label: unknown, data: unknown[] = [1, 2]) => ({
    body: bodyOf({ inputs: [{ name: 'x', shape: [1, 2], datatype: 'FP32', data }], parameters: { label } }),
    headerLength: undefined,
    contract: bareContract(signature),
    tensorsMax: 8
  })
  const unknown = (): never => {
    throw new ServingError('LABEL_NOT_FOUND', 'no such label')
  }
  await t.rejects(decodeElsewhere(run, labelled('beta'), unknown), { code: 'LABEL_NOT_FOUND' })
  await t.rejects(decodeElsewhere(run, labelled(5), unlabelled), { code: 'INVALID_REQUEST' })
  const details = [{ path: 'inputs[0].data' }]
  await t.rejects(
    decodeElsewhere(run, labelled('same', [1]), () => bareContract(signature)),
    { code: 'INVALID_INPUT', details }
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
