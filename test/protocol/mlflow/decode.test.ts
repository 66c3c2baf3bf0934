import t from 'tap'
import { readInvocation } from '../../../src/protocol/mlflow/decode.ts'
import { contractFor } from '../../helpers/arbitrary-contracts.ts'

const contract = contractFor([{ name: 'x', datatype: 'INT64', shape: ['n', 2] }], {
  x: {
    columns: [
      { name: 'a', max: 5, outOfRange: 'reject' },
      { name: 'b', default: 9 }
    ]
  }
})
const read = (body: unknown) =>
  readInvocation(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)), contract)
const split = (columns: unknown, data: unknown) => ({ dataframe_split: { columns, data } })

t.test('each form, and the form of its answer', async t => {
  const cases: [body: unknown, elements: readonly bigint[], form: string][] = [
    [split(['b', 'a'], [[2, 1]]), [1n, 2n], 'rows'],
    [split(['a'], [[1], [3]]), [1n, 9n, 3n, 9n], 'rows'],
    [split(['x'], [[[1, 2]]]), [1n, 2n], 'rows'],
    [{ dataframe_split: { data: [[1, 2]], index: ['r'] } }, [1n, 2n], 'rows'],
    [{ dataframe_records: [{ a: 1, b: null }], params: null }, [1n, 9n], 'rows'],
    [{ instances: [[1, 2]], params: {} }, [1n, 2n], 'rows'],
    [{ inputs: [[1, 2]] }, [1n, 2n], 'columns'],
    ['{"inputs":{"a":[1],"b":[9007199254740993]}}', [1n, 9_007_199_254_740_993n], 'columns']
  ]
  for (const [body, elements, form] of cases) {
    const request = read(body)
    t.strictSame([...request.inputs[0]!.data], elements, JSON.stringify(body))
    t.match(request, { form, classes: false, parameters: {} })
  }
})

t.test('what is wrong is told where it stands', async t => {
  const cases: [body: unknown, code: string, message: RegExp][] = [
    [{}, 'INVALID_REQUEST', /got none of them/],
    [{ inputs: 1, instances: [1] }, 'INVALID_REQUEST', /got instances and inputs/],
    [{ instances: [[1, 2]], params: { a: 1 } }, 'INVALID_REQUEST', /^params: the model takes no parameters/],
    [{ instances: [[1, 2]], params: 5 }, 'INVALID_REQUEST', /^params: .*expected an object/],
    [{ instances: [] }, 'INVALID_REQUEST', /^instances: .*at least one row/],
    [{ dataframe_split: [] }, 'INVALID_REQUEST', /^dataframe_split: .*an object with columns and data/],
    [
      { dataframe_split: { column: ['a'], data: [] } },
      'INVALID_REQUEST',
      /unknown key "column"; did you mean 'columns'/
    ],
    [split(['a', 5], [[1, 2]]), 'INVALID_REQUEST', /^dataframe_split.columns\[1\]: .*a name/],
    [split(['a'], [1]), 'INVALID_REQUEST', /^dataframe_split.data\[0\]: .*a list of values/],
    [split(['a'], []), 'INVALID_REQUEST', /^dataframe_split.data: .*at least one row/],
    [split(['a', 'b'], [[1, 2], [1]]), 'INVALID_INPUT', /^dataframe_split.data\[1\]: .*expected 2 values/],
    [split(['a', 'a'], [[1, 2]]), 'INVALID_INPUT', /^dataframe_split.columns: column "a" stands twice/],
    [
      split(['b', 'a'], [[1, 6]]),
      'INVALID_INPUT',
      /^dataframe_split.data\[0\]\[1\]: feature "a" is out of range/
    ],
    [split(['b'], [[1]]), 'INVALID_INPUT', /^dataframe_split.data\[0\]: the feature is missing/],
    [
      split(['a', 'c'], [[1, 1]]),
      'INVALID_INPUT',
      /^dataframe_split.data\[0\]: the model has no feature "c"/
    ],
    [
      { dataframe_records: [{ a: 6 }] },
      'INVALID_INPUT',
      /^dataframe_records\[0\].a: feature "a" is out of range/
    ],
    [{ dataframe_records: [1] }, 'INVALID_REQUEST', /^dataframe_records\[0\]: .*an object by feature/]
  ]
  for (const [body, code, message] of cases)
    t.throws(() => read(body), { code, message }, JSON.stringify(body))
  try {
    read(split(['a'], new Array(100).fill([])))
    t.fail('ragged')
  } catch (error) {
    t.equal((error as { details: unknown[] }).details.length, 32)
  }
})
