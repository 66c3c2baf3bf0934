import fc from 'fast-check'
import t from 'tap'
import { v1Example } from '../../src/protocol/v1/contract-schema.ts'
import { readV1Body } from '../../src/protocol/v1/decode.ts'
import { exampleTensors } from '../../src/schema/example.ts'
import type { InputRules } from '../../src/schema/features.ts'
import type { TensorSpec } from '../../src/schema/signature.ts'
import type { Datatype } from '../../src/tensor/datatype.ts'
import { contractFor, contracts } from '../helpers/arbitrary-contracts.ts'

function elements(datatype: Datatype, rules: InputRules, shape: TensorSpec['shape'] = ['n', 1]): unknown[] {
  const [tensor] = exampleTensors(contractFor([{ name: 'x', datatype, shape }], { x: rules }))
  return [...tensor!.data]
}

t.test('a value in the middle of the range, of the kind that the feature has', async t => {
  const cases: [datatype: Datatype, rules: InputRules, element: unknown][] = [
    ['FP32', {}, 0],
    ['FP64', { min: 0, max: 3 }, 1.5],
    ['FP64', { min: 0, max: 2 / 3 }, 0.333],
    ['FP64', { min: 1000.001, max: 1000.002 }, 1000.0015],
    ['FP32', { min: 5 }, 5],
    ['FP32', { min: -5 }, 0],
    ['FP32', { max: -5 }, -5],
    ['FP32', { max: 5 }, 0],
    ['FP32', { min: 0, max: 3, default: 2 }, 2],
    ['FP32', { type: 'integer', min: 0, max: 3 }, 2],
    ['INT8', { min: 0.1, max: 0.9, outOfRange: 'flag' }, 0],
    ['INT64', { min: 1, max: 4 }, 3n],
    ['BOOL', {}, 0],
    ['BOOL', { default: true }, 1],
    ['FP32', { type: 'boolean', default: true }, 1],
    ['BYTES', {}, 'text'],
    ['BYTES', { values: ['a', 'b'] }, 'a'],
    ['BYTES', { type: 'category', values: ['a', 'b'], default: 'b' }, 'b'],
    ['FP32', { type: 'category', values: ['a', 'b'], default: 'b' }, 1],
    ['INT64', { type: 'category', values: ['a', 'b'] }, 0n]
  ]
  for (const [datatype, rules, element] of cases)
    t.strictSame(elements(datatype, rules), [element], `${datatype} ${JSON.stringify(rules)}`)
})

t.test('one row, free sizes of one, each column by its own rules', async t => {
  const columns = {
    columns: [
      { name: 'a', min: 2 },
      { name: 'b', min: 4 }
    ]
  }
  t.strictSame(elements('FP32', columns, ['n', 2]), [2, 4])
  t.strictSame(elements('FP32', columns, [2, 2]), [2, 4, 2, 4])
  const shapes: [shape: TensorSpec['shape'], size: readonly number[]][] = [
    [
      ['n', 3, null, 'k'],
      [1, 3, 1, 1]
    ],
    [[], []],
    [undefined, [1]]
  ]
  for (const [shape, size] of shapes)
    t.match(exampleTensors(contractFor([{ name: 'x', datatype: 'FP32', shape }])), [{ shape: size }])
})

t.test('what a made-up contract has for an example, it takes', async t => {
  fc.assert(
    fc.property(contracts, contract => {
      const tensors = exampleTensors(contract)
      const body = v1Example(tensors, contract)
      const { inputs } = readV1Body(Buffer.from(JSON.stringify(body)), contract)
      t.strictSame(
        inputs.map(({ data }) => [...data]),
        tensors.map(({ data }) => [...data]),
        JSON.stringify(body)
      )
    }),
    { numRuns: 300, seed: 5 }
  )
})
