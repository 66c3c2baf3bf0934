import t from 'tap'
import { readV1Body } from '../../../src/protocol/v1/decode.ts'
import { contractFor } from '../../helpers/arbitrary-contracts.ts'

const contract = contractFor([{ name: 'x', datatype: 'INT64', shape: ['n', 1] }], {
  x: { max: 5, outOfRange: 'flag' }
})
const read = (body: unknown) =>
  readV1Body(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)), contract)

t.test('what a body asks for, and how it is to be answered', async t => {
  t.match(read({ instances: [1, 2] }), {
    form: 'rows',
    classes: false,
    outputs: undefined,
    outOfRange: 0,
    parameters: {}
  })
  t.match(read({ inputs: [[6]], classes: true, outputs: ['y'] }), {
    form: 'columns',
    classes: true,
    outputs: ['y'],
    outOfRange: 1
  })
  t.match(read({ signature_name: '', instances: [{ x: 1 }] }), { form: 'rows' })
  t.match(
    read('\ufeff{"instances":[9007199254740993]}').inputs[0]?.data[0],
    9_007_199_254_740_993n,
    'digit by digit'
  )
})

t.test('bodies that are none', async t => {
  const cases: [body: unknown, code: string, message: RegExp][] = [
    ['', 'INVALID_JSON', /the body is empty/],
    ['[1', 'INVALID_JSON', /not JSON/],
    ['null', 'INVALID_REQUEST', /expected an object, got null/],
    [[], 'INVALID_REQUEST', /expected an object/],
    [{}, 'INVALID_REQUEST', /got neither/],
    [{ instances: [1], inputs: null }, 'INVALID_REQUEST', /got both/],
    [{ instances: 1 }, 'INVALID_REQUEST', /expected a list of rows/],
    [{ instances: [] }, 'INVALID_REQUEST', /at least one row/],
    [{ instances: [1], classes: 1 }, 'INVALID_REQUEST', /classes: .*true or false/],
    [{ instances: [1], outputs: 'y' }, 'INVALID_REQUEST', /outputs: .*names of outputs/],
    [{ instances: [1], outputs: [1] }, 'INVALID_REQUEST', /outputs\[0\]/],
    [{ instances: [1], signature_name: 'predict' }, 'INVALID_REQUEST', /expected serving_default/],
    [{ instances: [1], input: 1 }, 'INVALID_REQUEST', /unknown key "input"/],
    [{ instances: [1], outputs: ['q'] }, 'INVALID_INPUT', /outputs\[0\]: the model has no output "q"/],
    [{ instances: ['a'] }, 'INVALID_INPUT', /instances\[0\]: not a INT64 value/]
  ]
  for (const [body, code, message] of cases)
    t.throws(() => read(body), { code, message }, JSON.stringify(body))
})
