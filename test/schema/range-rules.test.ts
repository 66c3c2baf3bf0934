import t from 'tap'
import { contractOf } from '../../src/schema/contract.ts'
import { type FeatureRules, featuresOf, type InputRules } from '../../src/schema/features.ts'
import { applyRangeRules, type RangeRule, rangeRules } from '../../src/schema/range-rules.ts'
import type { TensorSpec } from '../../src/schema/signature.ts'
import type { Datatype, TensorData } from '../../src/tensor/datatype.ts'
import { halfFromNumber } from '../../src/tensor/half.ts'

function rulesOf(inputs: readonly TensorSpec[], rules: Record<string, InputRules>): readonly RangeRule[] {
  const signature = { inputs, outputs: [] }
  return rangeRules(signature, featuresOf(signature, rules).features)
}

/** The one input x, a column, with these elements: what is found, and what the elements are then. */
function apply(datatype: Datatype, rules: FeatureRules, data: TensorData) {
  const list = rulesOf([{ name: 'x', datatype, shape: ['n', 1] }], { x: rules })
  const tensor = { name: 'x', datatype, shape: [data.length, 1], data }
  const { problems, outOfRange } = applyRangeRules(
    list,
    [tensor],
    (input, { feature }, at) => `${input}.${feature}[${at}]`
  )
  return { problems, outOfRange, data: [...data] }
}

const inf = Number.POSITIVE_INFINITY
const range = (
  outOfRange: 'reject' | 'clip' | 'flag' | undefined,
  min?: number,
  max?: number
): FeatureRules => ({
  outOfRange,
  min,
  max
})

t.test('features without a range have no rule', async t => {
  const x = (datatype: Datatype): TensorSpec => ({ name: 'x', datatype, shape: ['n', 1] })
  for (const [datatype, rules] of [
    ['FP32', {}],
    ['FP32', { outOfRange: 'reject' }],
    ['FP32', { values: [1, 2] }],
    ['BYTES', { min: 1, max: 2 }],
    ['BYTES', {}]
  ] as const)
    t.strictSame(rulesOf([x(datatype)], { x: rules }), [], `${datatype} ${JSON.stringify(rules)}`)
  t.strictSame(
    rangeRules({ inputs: [], outputs: [] }, [
      { name: 'a', input: 'gone', column: 0, type: 'number', rules: { min: 1 } }
    ]),
    []
  )
})

t.test('a rule says what it looks at, in the numbers that the tensor holds', async t => {
  const inputs: TensorSpec[] = [
    { name: 'x', datatype: 'FP32', shape: ['n', 2] },
    { name: 'y', datatype: 'FP16', shape: ['n', 2, 2] },
    { name: 'z', datatype: 'INT64', shape: ['n'] }
  ]
  const rules = rulesOf(inputs, {
    x: { columns: [{ name: 'a' }, { name: 'b', max: 0.1, outOfRange: 'clip' }] },
    y: { type: 'tensor', min: 0.1, max: 5, outOfRange: 'reject' },
    z: { type: 'category', values: ['p', 'q', 'r'] }
  })
  t.match(rules, [
    {
      input: 'x',
      feature: 'b',
      column: 1,
      stride: 2,
      action: 'clip',
      min: -inf,
      max: Math.fround(0.1),
      expected: 'a value up to 0.1'
    },
    {
      input: 'y',
      feature: 'y',
      column: 0,
      stride: 1,
      action: 'reject',
      max: 5,
      expected: 'a value from 0.1 to 5'
    },
    { input: 'z', stride: 1, action: 'flag', min: 0, max: 2, expected: 'a value from 0 to 2' }
  ])
  t.not(rules[1]?.min, 0.1)
  t.strictSame(structuredClone(rules), rules, 'plain data')
})

t.test('what lies outside is refused, moved or counted; a bound and NaN lie inside', async t => {
  const floats = [-inf, -1, 0, 5, 10, 11, inf, Number.NaN]
  t.match(apply('FP64', range('flag', 0, 10), Float64Array.from(floats)), {
    problems: [],
    outOfRange: 4,
    data: floats
  })
  t.match(apply('FP64', range(undefined, 0, 10), Float64Array.from(floats)), { outOfRange: 4, data: floats })
  t.match(apply('FP64', range('clip', 0, 10), Float64Array.from(floats)), {
    problems: [],
    outOfRange: 4,
    data: [0, 0, 0, 5, 10, 10, 10, Number.NaN]
  })
  const { problems, outOfRange } = apply('FP64', range('reject', 0, 10), Float64Array.from(floats))
  t.equal(outOfRange, 0)
  t.strictSame(
    problems.map(({ path }) => path),
    ['x.x[0]', 'x.x[1]', 'x.x[5]', 'x.x[6]']
  )
  t.strictSame(problems[1], {
    path: 'x.x[1]',
    kind: 'range',
    problem: 'feature "x" is out of range',
    expected: 'a value from 0 to 10',
    got: '-1'
  })
  t.match(
    apply('FP32', range('reject', 0.1), Float32Array.of(0.1)),
    { problems: [] },
    'as the tensor holds the bound'
  )
})

t.test('each kind of number', async t => {
  const cases: [datatype: Datatype, rules: FeatureRules, data: TensorData, moved: unknown[]][] = [
    ['INT8', range('clip', -1, 3), Int8Array.of(-5, 0, 5), [-1, 0, 3]],
    ['UINT8', range('clip', 2), Uint8Array.of(0, 255), [2, 255]],
    [
      'INT64',
      { type: 'integer', min: -1.5, max: 3.5, outOfRange: 'clip' },
      BigInt64Array.of(-9n, 2n, 2n ** 60n),
      [-1n, 2n, 3n]
    ],
    [
      'FP16',
      range('clip', 0, 2),
      Uint16Array.of(halfFromNumber(-1), halfFromNumber(3)),
      [0, halfFromNumber(2)]
    ],
    ['FP32', range('clip', undefined, 0.1), Float32Array.of(1), [Math.fround(0.1)]],
    [
      'INT64',
      { type: 'category', values: ['p', 'q'], outOfRange: 'clip' },
      BigInt64Array.of(-1n, 7n),
      [0n, 1n]
    ]
  ]
  for (const [datatype, rules, data, moved] of cases) {
    const before = [...data]
    t.strictSame(apply(datatype, rules, data).data, moved, `${datatype} ${before.join()}`)
  }
})

t.test('texts are refused or counted, never moved', async t => {
  const texts = ['pro', 'Pro', '']
  const category: FeatureRules = { type: 'category', values: ['basic', 'pro'] }
  t.match(apply('BYTES', { ...category, outOfRange: 'reject' }, [...texts]), {
    outOfRange: 0,
    problems: [
      { path: 'x.x[1]', expected: "one of 'basic', 'pro'", got: '"Pro"', hint: "did you mean 'pro'?" },
      { path: 'x.x[2]', hint: undefined }
    ]
  })
  t.match(apply('BYTES', { ...category, outOfRange: 'clip' }, [...texts]), { outOfRange: 2, data: texts })
  t.match(
    apply('BYTES', { ...category, nullable: true }, [...texts]),
    { outOfRange: 1 },
    '"" stands for nothing'
  )
  t.match(
    apply('BYTES', { ...category, values: ['1', 2] }, ['1', '2', '3']),
    { outOfRange: 1 },
    'numbers are spelt'
  )
})

t.test('problems are collected up to a number; columns and inputs each have their own rules', async t => {
  t.equal(apply('FP32', range('reject', 0), new Float32Array(100).fill(-1)).problems.length, 32)
  const inputs: TensorSpec[] = [
    { name: 'x', datatype: 'FP32', shape: ['n', 2] },
    { name: 'y', datatype: 'FP32', shape: ['n', 1] }
  ]
  const rules = rulesOf(inputs, {
    x: {
      columns: [
        { name: 'a', max: 1, outOfRange: 'clip' },
        { name: 'b', max: 2, outOfRange: 'clip' }
      ]
    },
    y: { max: 3, outOfRange: 'clip' }
  })
  const x = { name: 'x', datatype: 'FP32', shape: [2, 2], data: Float32Array.of(9, 9, 0, 9) } as const
  const y = { name: 'y', datatype: 'FP32', shape: [1, 1], data: Float32Array.of(9) } as const
  t.match(
    applyRangeRules(rules, [y, x], () => ''),
    { outOfRange: 4 }
  )
  t.strictSame([[...x.data], [...y.data]], [[1, 2, 0, 2], [3]])
  t.match(
    applyRangeRules(rules, [y], () => ''),
    { outOfRange: 0 },
    'what a request lacks is not looked at'
  )
})

t.test('a contract has its rules', async t => {
  const signature = { inputs: [{ name: 'x', datatype: 'FP32', shape: ['n', 1] } as const], outputs: [] }
  const { features } = featuresOf(signature, { x: { max: 1 } })
  t.match(contractOf(signature, features), { signature, features, rules: [{ feature: 'x', max: 1 }] })
})
