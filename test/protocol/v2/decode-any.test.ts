// Whatever the tensors and whatever the damage: bodies with binary tensors come back bit for bit or are refused.
import fc from 'fast-check'
import t from 'tap'
import { ServingError } from '../../../src/errors/serving-error.ts'
import { readV2Body } from '../../../src/protocol/v2/decode.ts'
import { v2Response } from '../../../src/protocol/v2/encode.ts'
import { bareContract } from '../../../src/schema/contract.ts'
import { tensorBytes } from '../../../src/tensor/binary-write.ts'
import type { NamedTensor } from '../../../src/tensor/tensor.ts'
import { tensorsOf } from '../../helpers/arbitrary-tensors.ts'
import { binaryBody, outputsOf } from '../../helpers/v2-bodies.ts'

const sized = (size: unknown) => ({ parameters: { binary_data_size: size } })
const specs = (tensors: readonly NamedTensor[]) =>
  tensors.map(({ name, datatype, shape }) => ({ name, datatype, shape }))

t.test('any tensors come back bit for bit, through a request and through an answer', async () => {
  fc.assert(
    fc.property(tensorsOf({ maxLength: 5 }), fc.nat(15), (tensors, spaces) => {
      const parts = tensors.map(tensorBytes)
      const inputs = specs(tensors).map((head, index) => ({ ...head, ...sized(parts[index]!.length) }))
      const json = `${JSON.stringify({ inputs, parameters: { binary_data_output: true } })}${' '.repeat(spaces)}`
      const model = { inputs: specs(tensors), outputs: specs(tensors) }
      const request = readV2Body(binaryBody(json, parts), bareContract(model), 8)
      const answer = v2Response({ model: 'm', version: 1, outputs: request.inputs }, request.wishes)
      const outputs = outputsOf(answer)
      return outputs.every(
        ({ name, datatype, shape, bytes }, index) =>
          name === tensors[index]!.name &&
          datatype === tensors[index]!.datatype &&
          String(shape) === String(tensors[index]!.shape) &&
          bytes?.compare(parts[index]!) === 0
      )
    }),
    { numRuns: 1000 }
  )
})

t.test('a damaged request is read or refused, never worse', async () => {
  const damage = fc.record({
    at: fc.nat(),
    byte: fc.nat(255),
    cut: fc.nat(3),
    header: fc.integer({ min: -3, max: 3 })
  })
  fc.assert(
    fc.property(tensorsOf({ maxLength: 3 }), fc.array(damage, { maxLength: 4 }), (tensors, damages) => {
      const parts = tensors.map(tensorBytes)
      const inputs = specs(tensors).map((head, index) => ({ ...head, ...sized(parts[index]!.length) }))
      const whole = binaryBody({ inputs }, parts)
      let body = Uint8Array.from(whole.body)
      let length = Number(whole.headerLength)
      for (const { at, byte, cut, header } of damages) {
        if (body.length > 0) body[at % body.length] = byte
        body = body.subarray(0, Math.max(0, body.length - cut))
        length += header
      }
      const model = { inputs: specs(tensors), outputs: [] }
      try {
        readV2Body({ body, headerLength: String(length) }, bareContract(model), 8)
        return true
      } catch (error) {
        return error instanceof ServingError
      }
    }),
    { numRuns: 3000 }
  )
})

t.test('whatever stands in the JSON, a request is read or refused', async () => {
  const names = [
    'binary_data_size',
    'binary_data',
    'binary_data_output',
    'classification',
    'timeout',
    'priority'
  ]
  const number = fc.oneof(fc.integer({ min: -1, max: 12 }), fc.double(), fc.bigInt().map(Number))
  const value = fc.oneof(number, fc.boolean(), fc.string(), fc.jsonValue({ maxDepth: 1 }))
  const parameters = fc.dictionary(fc.constantFrom(...names), value, { maxKeys: 3 })
  const input = fc.record(
    {
      name: fc.constantFrom('x', 'y'),
      datatype: fc.constantFrom('FP32', 'BYTES', 'BOOL', 'none'),
      shape: fc.oneof(fc.array(fc.nat(3), { maxLength: 2 }), fc.jsonValue({ maxDepth: 1 })),
      parameters,
      data: fc.jsonValue({ maxDepth: 2 })
    },
    { requiredKeys: ['name', 'datatype', 'shape'] }
  )
  const json = fc.record(
    {
      inputs: fc.array(input, { maxLength: 2 }),
      outputs: fc.array(fc.record({ name: fc.constantFrom('x', 'y'), parameters }), { maxLength: 2 }),
      parameters
    },
    { requiredKeys: ['inputs'] }
  )
  const spec = { datatype: 'FP32', shape: ['n'] } as const
  const model = { inputs: [{ name: 'x', ...spec }], outputs: [{ name: 'y', ...spec }] }
  fc.assert(
    fc.property(json, fc.uint8Array({ maxLength: 12 }), fc.boolean(), (body, tail, header) => {
      const whole = binaryBody(body, [tail])
      try {
        readV2Body(header ? whole : { ...whole, headerLength: undefined }, bareContract(model), 8)
        return true
      } catch (error) {
        return error instanceof ServingError && error.code !== 'INTERNAL'
      }
    }),
    { numRuns: 3000 }
  )
})
