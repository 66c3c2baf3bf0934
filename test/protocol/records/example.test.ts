import t from 'tap'
import { exampleColumns, exampleRecord } from '../../../src/protocol/records/example.ts'
import { exampleTensors } from '../../../src/schema/example.ts'
import type { InputRules } from '../../../src/schema/features.ts'
import type { TensorSpec } from '../../../src/schema/signature.ts'
import type { Datatype, TensorData } from '../../../src/tensor/datatype.ts'
import { contractFor } from '../../helpers/arbitrary-contracts.ts'

function record(
  datatype: Datatype,
  shape: number[],
  data: TensorData,
  rules: InputRules,
  pattern: TensorSpec['shape']
) {
  const contract = contractFor([{ name: 'x', datatype, shape: pattern }], { x: rules })
  return exampleRecord([{ name: 'x', datatype, shape, data }], contract)
}

t.test('a record has what a person would write for each feature', async t => {
  const cases: [datatype: Datatype, data: TensorData, rules: InputRules, value: unknown][] = [
    ['FP32', Float32Array.of(0.1), {}, 0.1],
    ['FP32', Float32Array.of(Number.NaN), {}, 'NaN'],
    ['FP32', Float32Array.of(Number.NaN), { nullable: true }, null],
    ['BYTES', ['a'], {}, 'a'],
    ['BYTES', [''], {}, ''],
    ['BYTES', [''], { nullable: true }, null],
    ['INT64', BigInt64Array.of(1n), { type: 'category', values: ['p', 'q'] }, 'q'],
    ['INT64', BigInt64Array.of(7n), { type: 'category', values: ['p', 'q'] }, null],
    ['BOOL', Uint8Array.of(1), {}, true],
    ['FP32', Float32Array.of(0), { type: 'boolean' }, false],
    ['INT8', Int8Array.of(-3), {}, -3]
  ]
  for (const [datatype, data, rules, value] of cases)
    t.strictSame(
      record(datatype, [1, 1], data, rules, ['n', 1]),
      { x: value },
      `${datatype} ${JSON.stringify(rules)}`
    )
  t.strictSame(
    record('UINT8', [2, 2, 1], Uint8Array.of(1, 2, 3, 4), {}, ['n', 2, 1]),
    { x: [[1], [2]] },
    'the first row'
  )
  const columns = { columns: [{ name: 'a' }, { name: '__proto__' }] }
  t.equal(
    JSON.stringify(record('FP32', [1, 2], Float32Array.of(1, 2), columns, ['n', 2])),
    '{"a":1,"__proto__":2}'
  )
})

t.test('inputs without rows in common are columns', async t => {
  const data = Float32Array.of(1, 2)
  t.equal(record('FP32', [], Float32Array.of(1), {}, []), undefined)
  t.equal(record('FP32', [0, 2], new Float32Array(), {}, ['n', 2]), undefined)
  t.equal(record('FP32', [2], data, {}, [2]), undefined, 'a graph of two rows')
  t.strictSame(record('FP32', [1], Float32Array.of(1), {}, [1]), { x: 1 })
  const contract = contractFor([{ name: 'x', datatype: 'FP32', shape: [2, 1] }])
  t.equal(exampleRecord(exampleTensors(contract), contract), undefined)
  t.strictSame(exampleColumns(exampleTensors(contract)), { x: [[0], [0]] })
  t.equal(exampleRecord([], contract), undefined)
})
