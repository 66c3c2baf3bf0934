import t from 'tap'
import { ServingError } from '../../src/errors/serving-error.ts'
import { accepted, refusal, wholeBuffer } from '../../src/protocol/elsewhere.ts'

t.test('a refusal travels as data and is thrown again on arrival', async t => {
  const details = [{ path: 'a', problem: 'b' }]
  const { output, transfer } = refusal(
    new ServingError('INVALID_INPUT', 'no', { details, cause: new Error('inside') })
  )
  t.strictSame(transfer, [])
  const arrived = structuredClone(output)
  t.throws(() => accepted(arrived), { name: 'ServingError', code: 'INVALID_INPUT', message: 'no', details })
  t.notMatch(JSON.stringify(arrived), /inside/)
})

t.test('anything else that is thrown stays an error of that thread', async t => {
  const fault = new TypeError('fault')
  t.throws(() => refusal(fault), fault)
})

t.test('what is no refusal is what was asked for', async t => {
  const output = { inputs: [] }
  t.equal(accepted(output), output)
})

t.test('only a buffer that nobody shares moves', async t => {
  const whole = new Uint8Array(8)
  t.strictSame(wholeBuffer(whole), [whole.buffer])
  t.strictSame(wholeBuffer(whole.subarray(1)), [])
  t.strictSame(wholeBuffer(new Uint8Array(0)), [])
  t.strictSame(wholeBuffer(new Uint8Array(new SharedArrayBuffer(8))), [])
})
