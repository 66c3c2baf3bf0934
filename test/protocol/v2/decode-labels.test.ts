// A body that names a label is read for the version of that label, from the width of its integers on.
import t from 'tap'
import { ServingError } from '../../../src/errors/serving-error.ts'
import { readV2Body, type V2Body } from '../../../src/protocol/v2/decode.ts'
import { bareContract } from '../../../src/schema/contract.ts'
import type { Signature } from '../../../src/schema/signature.ts'
import { tensorBytes } from '../../../src/tensor/binary-write.ts'
import { binaryBody, jsonBody } from '../../helpers/v2-bodies.ts'

const of = (datatype: string, name = 'x'): Signature =>
  ({ inputs: [{ name, datatype, shape: [1] }], outputs: [] }) as unknown as Signature
const floats = of('FP32')
const wide = of('INT64')

/** Reads for `signature`, `others` being that of any label; says which labels were asked for. */
function read(body: V2Body, signature: Signature, others: Signature, tensorsMax = 8) {
  const asked: string[] = []
  const request = readV2Body(body, bareContract(signature), tensorsMax, label => {
    asked.push(label)
    return bareContract(others)
  })
  return { request, asked }
}

const digits = '9007199254740993'
const textOf = (datatype: string, parameters: string) =>
  `{"inputs":[{"name":"x","shape":[1],"datatype":"${datatype}","data":[${digits}]}]${parameters}}`
const byLabel = ',"parameters":{"label":"candidate","timeout":5000}'

t.test('without a label nobody is asked', async t => {
  for (const parameters of [
    '',
    ',"parameters":{}',
    ',"parameters":{"timeout":1}',
    ',"parameters":{"Label":"a"}'
  ])
    t.strictSame(read(jsonBody(textOf('INT64', parameters)), wide, floats).asked, [], parameters)
})

t.test('the version of the label says what the body means', async t => {
  const { request, asked } = read(jsonBody(textOf('INT64', byLabel)), floats, wide)
  t.strictSame(asked, ['candidate'], 'asked once')
  t.strictSame(request.inputs[0]?.data, BigInt64Array.of(9_007_199_254_740_993n), 'to the last digit')
  t.strictSame([request.timeoutMs, request.parameters], [5, { label: 'candidate', timeout: 5000 }])
  const narrow = read(jsonBody(textOf('FP32', byLabel)), wide, floats)
  t.strictSame(narrow.request.inputs[0]?.data, Float32Array.of(Number(digits)))
})

t.test(
  'a body that only the version of the label would take is taken, one that only the other would is not',
  async t => {
    const body = (name: string) =>
      jsonBody({
        inputs: [{ name, shape: [1], datatype: 'FP32', data: [1] }],
        parameters: { label: 'candidate' }
      })
    t.equal(read(body('other'), floats, of('FP32', 'other')).request.inputs[0]?.name, 'other')
    t.throws(() => read(body('x'), floats, of('FP32', 'other')), { code: 'INVALID_INPUT' })
  }
)

t.test('binary data is read for the version of the label too', async t => {
  const part = tensorBytes({ datatype: 'INT64', shape: [1], data: BigInt64Array.of(-1n) })
  const input = { name: 'x', shape: [1], datatype: 'INT64', parameters: { binary_data_size: 8 } }
  const body = binaryBody({ inputs: [input], parameters: { label: 'candidate' } }, [part])
  t.strictSame(read(body, floats, wide).request.inputs[0]?.data, BigInt64Array.of(-1n))
})

t.test('what whoever is asked throws, and what the second reading finds, is the answer', async t => {
  const body = jsonBody(textOf('FP32', byLabel))
  const refuse = (): never => {
    throw new ServingError('LABEL_NOT_FOUND', 'no such label')
  }
  t.throws(() => readV2Body(body, bareContract(floats), 8, refuse), { code: 'LABEL_NOT_FOUND' })
  t.throws(() => read(body, floats, floats, 0), { code: 'INVALID_REQUEST', message: /too many tensors/ })
})

t.test('where labels are of no use, one changes nothing', async t => {
  t.equal(readV2Body(jsonBody(textOf('FP32', byLabel)), bareContract(floats), 8).inputs.length, 1)
})
