import t from 'tap'
import { requestOf, wantedOutputs } from '../../../src/protocol/records/read.ts'
import { contractFor } from '../../helpers/arbitrary-contracts.ts'

const contract = contractFor([{ name: 'x', datatype: 'FP32', shape: ['n', 2] }], {
  x: {
    columns: [
      { name: 'a', max: 1, outOfRange: 'reject' },
      { name: 'b', max: 1, outOfRange: 'clip' }
    ]
  }
})
const read = (...data: number[]) => ({
  tensors: [
    { name: 'x', datatype: 'FP32', shape: [data.length / 2, 2], data: Float32Array.from(data) } as const
  ],
  placeOf: (input: string, feature: string, element: number) => `${input}/${feature}/${element}`
})

t.test('tensors become a request; what is out of range is moved and counted', async t => {
  const request = requestOf(read(1, 5, 0, 1), contract)
  t.equal(request.outOfRange, 1)
  t.strictSame([...request.inputs[0]!.data], [1, 1, 0, 1])
})

t.test('what may not be is refused, all at once', async t => {
  t.throws(() => requestOf(read(2, 5, 3, 1), contract), {
    code: 'INVALID_INPUT',
    details: [{ path: 'x/a/0' }, { path: 'x/a/2' }]
  })
  t.throws(() => requestOf({ problems: [{ path: 'p', problem: 'wrong' }] }, contract), {
    code: 'INVALID_INPUT',
    message: 'p: wrong'
  })
})

t.test('outputs are names', async t => {
  t.equal(wantedOutputs(contract, undefined), undefined)
  t.equal(wantedOutputs(contract, []), undefined, 'none means all, as in V2')
  t.strictSame(wantedOutputs(contract, ['z', 'y']), ['z', 'y'])
  t.throws(() => wantedOutputs(contract, ['y', 'Z', 'y']), {
    code: 'INVALID_INPUT',
    details: [{ path: 'outputs[1]', hint: "did you mean 'z'?" }, { path: 'outputs[2]' }]
  })
})
