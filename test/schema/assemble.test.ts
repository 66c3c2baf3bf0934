import fc from 'fast-check'
import t from 'tap'
import { assembleRows, type Row } from '../../src/schema/assemble.ts'
import { featuresOf, type InputRules } from '../../src/schema/features.ts'
import type { TensorSpec } from '../../src/schema/signature.ts'
import type { Datatype } from '../../src/tensor/datatype.ts'

const input = (name: string, datatype: Datatype, shape: TensorSpec['shape']): TensorSpec => ({
  name,
  datatype,
  shape
})

/** The tensors of rows, or their problems, for inputs with rules that fit. */
function assemble(inputs: TensorSpec[], rules: Record<string, InputRules>, rows: readonly Row[]) {
  const signature = { inputs, outputs: [] }
  const { features, problems } = featuresOf(signature, rules)
  t.strictSame(problems, [])
  return assembleRows(signature, features, rows)
}

/** The elements of the one tensor of rows, or the first problem as `path: problem, expected, got`. */
function elements(inputs: TensorSpec[], rules: Record<string, InputRules>, rows: readonly Row[]): unknown {
  const result = assemble(inputs, rules, rows)
  if ('problems' in result) {
    const { path, problem, expected, got } = result.problems[0]!
    return [`${path}: ${problem}`, expected, got].filter(part => part !== undefined).join(', ')
  }
  return [...result[0]!.data]
}

t.test('features of several inputs come to stand where they belong', async t => {
  const inputs = [
    input('numbers', 'FP32', ['n', 2]),
    input('plan', 'BYTES', ['n', 1]),
    input('visits', 'INT64', ['n'])
  ]
  const rows = [
    { plan: 'pro', height: 1.5, age: 30, visits: 7 },
    { age: 40, height: 2.5, visits: '9007199254740993', plan: '' }
  ]
  t.strictSame(assemble(inputs, { numbers: { columns: [{ name: 'age' }, { name: 'height' }] } }, rows), [
    { name: 'numbers', datatype: 'FP32', shape: [2, 2], data: Float32Array.of(30, 1.5, 40, 2.5) },
    { name: 'plan', datatype: 'BYTES', shape: [2, 1], data: ['pro', ''] },
    { name: 'visits', datatype: 'INT64', shape: [2], data: BigInt64Array.of(7n, 9_007_199_254_740_993n) }
  ])
})

t.test('no rows are tensors without rows', async t => {
  const inputs = [input('a', 'FP32', ['n', 1]), input('b', 'INT8', ['n']), input('c', 'FP32', ['n', 3, null])]
  t.match(assemble(inputs, {}, []), [{ shape: [0, 1] }, { shape: [0] }, { shape: [0, 3, 0] }])
})

t.test('any numbers in any columns: row-major', async t => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 5 }),
      fc.array(fc.array(fc.integer(), { minLength: 5, maxLength: 5 })),
      (width, table) => {
        const columns = Array.from({ length: width }, (_, index) => ({ name: `f${index}` }))
        const rows = table.map(values =>
          Object.fromEntries(columns.map(({ name }, index) => [name, values[index]]))
        )
        t.strictSame(
          elements([input('x', 'FP64', ['n', width])], { x: { columns } }, rows),
          table.flatMap(values => values.slice(0, width))
        )
      }
    ),
    { numRuns: 50 }
  )
})

t.test('a value of each type becomes an element, or a problem', async t => {
  const values = ['basic', 'pro', 3]
  const category = { type: 'category', values } as const
  const misfit = (expected: string, got: string): string =>
    `instances[0].x: the value does not fit the feature, ${expected}, ${got}`
  const cases: [datatype: Datatype, rules: InputRules, value: unknown, element: unknown][] = [
    ['FP32', category, 'pro', 1],
    ['INT64', category, 3, 2n],
    ['INT64', category, '3', misfit("one of 'basic', 'pro', '3'", '"3"')],
    ['FP32', category, 'Pro', misfit("one of 'basic', 'pro', '3'", '"Pro"')],
    ['BYTES', category, 'new', 'new'],
    ['BYTES', category, 3, misfit("one of 'basic', 'pro', '3'", '3')],
    ['BOOL', {}, true, 1],
    ['BOOL', {}, 1, misfit('a boolean', '1')],
    ['BOOL', {}, 'true', misfit('a boolean', '"true"')],
    ['FP32', { type: 'boolean' }, true, 1],
    ['INT64', { type: 'boolean' }, false, 0n],
    ['INT8', {}, 5, 5],
    ['INT8', {}, 5.5, misfit('a whole number', '5.5')],
    ['INT8', {}, 128, 'instances[0].x: not a INT8 value, a whole number from -128 to 127, 128'],
    ['INT8', {}, '5', misfit('a whole number', '"5"')],
    ['INT64', {}, '5', 5n],
    ['INT64', {}, 5n, 5n],
    [
      'INT64',
      {},
      'five',
      'instances[0].x: not a INT64 value, a whole number from -9223372036854775808 to 9223372036854775807, "five"'
    ],
    ['FP32', { type: 'integer' }, 5, 5],
    ['FP32', { type: 'integer' }, 5.5, misfit('a whole number', '5.5')],
    ['FP32', { type: 'integer' }, 'NaN', misfit('a whole number', '"NaN"')],
    ['FP32', { type: 'integer' }, Number.NaN, misfit('a whole number', 'NaN')],
    ['FP32', {}, 0.5, 0.5],
    ['FP32', {}, '-Infinity', -Infinity],
    ['FP32', {}, '5', 'instances[0].x: not a FP32 value, a number within the range of FP32, "5"'],
    ['FP32', {}, 1e39, 'instances[0].x: not a FP32 value, a number within the range of FP32, 1e+39'],
    ['FP32', {}, [1], 'instances[0].x: not a FP32 value, a number within the range of FP32, an array of 1'],
    ['FP16', {}, 1, 0x3c00],
    ['BYTES', {}, 'läst', 'läst'],
    ['BYTES', {}, 5, 'instances[0].x: not a BYTES value, a string of Unicode text without NUL, 5']
  ]
  for (const [datatype, rules, value, element] of cases) {
    const result = elements([input('x', datatype, ['n', 1])], { x: rules }, [{ x: value }])
    t.strictSame(
      result,
      typeof element === 'string' && element.startsWith('instances') ? element : [element],
      `${datatype} ${JSON.stringify(rules)} ${String(value)}`
    )
  }
})

t.test('a missing value, or null: the default, else NaN or nothing where that is allowed', async t => {
  const cases: [datatype: Datatype, rules: InputRules, element: unknown][] = [
    ['FP32', { default: 7 }, 7],
    ['FP32', { default: 7, nullable: true }, 7],
    ['FP32', { default: 0 }, 0],
    ['FP32', { nullable: true }, Number.NaN],
    ['FP64', { nullable: true }, Number.NaN],
    ['FP16', { nullable: true }, 0x7e00],
    ['BYTES', { nullable: true }, ''],
    ['BYTES', { default: '' }, ''],
    ['INT64', { nullable: true, default: -1 }, -1n],
    ['BOOL', { default: false }, 0],
    ['FP32', { type: 'category', values: ['a', 'b'], default: 'b' }, 1],
    ['BYTES', { type: 'category', values: [1, 2], default: 2 }, '2']
  ]
  for (const [datatype, rules, element] of cases) {
    const result = elements([input('x', datatype, ['n', 1])], { x: rules }, [
      {},
      { x: null },
      { x: undefined }
    ])
    t.strictSame(result, [element, element, element], `${datatype} ${JSON.stringify(rules)}`)
  }
  const number = [input('x', 'FP32', ['n', 1])]
  t.equal(elements(number, {}, [{}]), 'instances[0].x: the feature is missing, a number')
  t.equal(elements(number, {}, [{ x: 1 }, { x: null }]), 'instances[1].x: null is not allowed here, a number')
})

t.test('a name on the prototype is no value', async t => {
  for (const name of ['toString', 'constructor'])
    t.equal(
      elements([input(name, 'BYTES', ['n', 1])], {}, [{}]),
      `instances[0].${name}: the feature is missing, a string`
    )
})

t.test('fields that the model does not have', async t => {
  const result = assemble([input('income', 'FP32', ['n', 1])], {}, [
    { income: 1 },
    { incom: 1, other: 2, income: 3 }
  ])
  t.strictSame(result, {
    problems: [
      {
        path: 'instances[1]',
        kind: 'name',
        problem: 'the model has no feature "incom"',
        expected: "one of 'income'",
        hint: "did you mean 'income'?"
      },
      {
        path: 'instances[1]',
        kind: 'name',
        problem: 'the model has no feature "other"',
        expected: "one of 'income'"
      }
    ]
  })
})

t.test('problems are collected, up to a number, and name their place', async t => {
  const columns = [{ name: 'a' }, { name: 'b' }]
  const inputs = [input('x', 'FP32', ['n', 2]), input('y', 'FP32', ['n', 2])]
  const result = assemble(inputs, { x: { columns } }, [
    { a: 'x', y: [1, 2] },
    { a: 1, b: 'y', y: [1] }
  ])
  t.match(result, {
    problems: [
      { path: 'instances[0].a' },
      { path: 'instances[0].b' },
      { path: 'instances[1].b' },
      { path: 'instances[1].y' }
    ]
  })
  for (const row of [{}, { a: 'x', b: 'x', y: 'x' }, { c: 1 }]) {
    const many = assemble(inputs, { x: { columns } }, new Array<Row>(100).fill(row))
    t.equal('problems' in many && many.problems.length, 32)
  }
})

t.test('paths begin as the caller says', async t => {
  const signature = { inputs: [input('x', 'FP32', ['n', 1])], outputs: [] }
  const result = assembleRows(
    signature,
    featuresOf(signature, {}).features,
    [{}],
    row => `dataframe_records[${row}].x`
  )
  t.match(result, { problems: [{ path: 'dataframe_records[0].x' }] })
})

t.test('a tensor feature takes a list a row, nested or flat', async t => {
  const image = [input('x', 'UINT8', ['n', 2, 2])]
  t.strictSame(
    assemble(image, {}, [
      {
        x: [
          [1, 2],
          [3, 4]
        ]
      },
      { x: [5, 6, 7, 8] }
    ]),
    [{ name: 'x', datatype: 'UINT8', shape: [2, 2, 2], data: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8) }]
  )
  t.strictSame(assemble([input('x', 'BYTES', ['n', 2])], {}, [{ x: ['a', 'b'] }]), [
    { name: 'x', datatype: 'BYTES', shape: [1, 2], data: ['a', 'b'] }
  ])
  t.match(elements(image, {}, [{ x: [[1, 2], [3]] }]), /^instances\[0\]\.x/)
  t.match(elements(image, {}, [{ x: [1, 2, 3] }]), /^instances\[0\]\.x: shape \[2,2\] does not match/)
  for (const value of [5, null, 'abcd', {}])
    t.match(elements(image, {}, [{ x: value }]), /data has to be a list/)
  t.match(elements(image, {}, [{}]), /^instances\[0\]\.x: data has to be a list/)
})

t.test('free dimensions are as large as in the first row, and equal in all', async t => {
  const words = [input('x', 'INT32', ['n', 'words', null])]
  t.match(assemble(words, {}, [{ x: [[1, 2, 3]] }, { x: [[4, 5, 6]] }]), [{ shape: [2, 1, 3] }])
  t.match(assemble(words, {}, [{ x: [] }]), [{ shape: [1, 0, 0] }])
  t.match(elements(words, {}, [{ x: [[1, 2]] }, { x: [[1, 2, 3]] }]), /^instances\[1\]\.x/)
})

t.test('a ragged list allocates no more than it holds', async t => {
  const free = [input('x', 'FP32', ['n', null, null])]
  const side = 200_000
  const row = { x: [new Array<number>(side).fill(0), ...new Array<number>(side).fill(0)] }
  t.match(elements(free, {}, [row]), /^instances\[0\]\.x: shape \[200001,200000\] does not match the data/)
  const fixed = [input('x', 'FP32', ['n', 2 ** 20, 2 ** 20])]
  t.match(elements(fixed, {}, [{ x: [[0]] }]), /^instances\[0\]\.x: shape \[1048576,1048576\] does not match/)
})
