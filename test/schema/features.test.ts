import t from 'tap'
import {
  type FeatureRules,
  type FeatureType,
  featuresOf,
  type InputRules
} from '../../src/schema/features.ts'
import type { TensorSpec } from '../../src/schema/signature.ts'
import { type Datatype, datatypeNames } from '../../src/tensor/datatype.ts'

type Shape = TensorSpec['shape']

const input = (datatype: Datatype, shape: Shape, name = 'x'): TensorSpec => ({ name, datatype, shape })

/** The features of inputs, and what is wrong with the rules. */
const read = (inputs: TensorSpec[], rules: Record<string, InputRules> = {}) =>
  featuresOf({ inputs, outputs: [] }, rules)

/** What is wrong with rules for one `[N, 1]` input. */
const problemsOf = (datatype: Datatype, rules: FeatureRules): readonly string[] =>
  read([input(datatype, ['n', 1])], { x: rules }).problems

t.test(
  'without rules, an input of one value a row is a feature of the type that its datatype implies',
  async t => {
    const types: Record<Datatype, FeatureType> = {
      ...{ BOOL: 'boolean', BYTES: 'string', FP16: 'number', FP32: 'number', FP64: 'number' },
      ...{ INT8: 'integer', INT16: 'integer', INT32: 'integer', INT64: 'integer' },
      ...{ UINT8: 'integer', UINT16: 'integer', UINT32: 'integer', UINT64: 'integer' }
    }
    for (const datatype of datatypeNames) {
      for (const shape of [['n'], [null], ['n', 1]]) {
        const { features, problems } = read([input(datatype, shape)])
        t.strictSame(features, [{ name: 'x', input: 'x', column: 0, type: types[datatype], rules: {} }])
        t.strictSame(problems, [])
      }
    }
  }
)

t.test('without rules, any other input is one feature, a tensor', async t => {
  const shapes: Shape[] = [['n', 2], ['n', null], ['n', 3, 8, 8], [], [4], [1, 1], undefined]
  for (const shape of shapes) {
    const { features, problems } = read([input('FP32', shape)])
    t.match(features, [{ name: 'x', type: 'tensor', column: 0 }], `[${shape}]`)
    t.strictSame(problems, [])
  }
})

t.test('columns are features in their order, inputs in the order of the graph', async t => {
  const { features, problems } = read(
    [
      input('FP32', ['n', 2], 'numbers'),
      input('BYTES', ['n', 1], 'plan'),
      input('INT64', ['n', null], 'counts')
    ],
    {
      counts: { columns: [{ name: 'visits' }] },
      numbers: {
        columns: [
          { name: 'age', min: 0, unit: 'years' },
          { name: 'smoker', type: 'boolean' }
        ]
      },
      plan: { type: 'category', values: ['basic', 'pro'] }
    }
  )
  t.strictSame(problems, [])
  t.strictSame(features, [
    { name: 'age', input: 'numbers', column: 0, type: 'number', rules: { min: 0, unit: 'years' } },
    { name: 'smoker', input: 'numbers', column: 1, type: 'boolean', rules: { type: 'boolean' } },
    {
      name: 'plan',
      input: 'plan',
      column: 0,
      type: 'category',
      rules: { type: 'category', values: ['basic', 'pro'] }
    },
    { name: 'visits', input: 'counts', column: 0, type: 'integer', rules: {} }
  ])
})

t.test('rules for inputs that the graph does not have', async t => {
  const rules = { amuont: {}, other: {}, __proto__x: {} }
  t.strictSame(read([input('FP32', ['n'], 'amount')], rules).problems, [
    `inputs: the graph has no input "amuont" (did you mean 'amount'?)`,
    'inputs: the graph has no input "other"',
    'inputs: the graph has no input "__proto__x"'
  ])
  for (const name of ['constructor', 'toString'])
    t.strictSame(read([input('FP32', ['n'], name)]), {
      features: [{ name, input: name, column: 0, type: 'number', rules: {} }],
      problems: []
    })
})

t.test('columns have to be as many as the graph says, and stand in a table', async t => {
  const columns = [{ name: 'a' }, { name: 'b' }]
  const cases: [shape: Shape, problem: string | undefined][] = [
    [['n', 2], undefined],
    [['n', null], undefined],
    [[1, 2], undefined],
    [undefined, undefined],
    [['n', 3], 'inputs.x.columns: 2 columns are declared, the graph says FP32 [n,3]'],
    [['n'], 'inputs.x.columns: only a tensor of rank 2 has columns, the graph says FP32 [n]'],
    [['n', 2, 2], 'inputs.x.columns: only a tensor of rank 2 has columns, the graph says FP32 [n,2,2]'],
    [[], 'inputs.x.columns: only a tensor of rank 2 has columns, the graph says FP32 []']
  ]
  for (const [shape, problem] of cases)
    t.strictSame(
      read([input('FP32', shape)], { x: { columns } }).problems,
      problem === undefined ? [] : [problem]
    )
})

t.test('a name stands for one feature, in all inputs together', async t => {
  const inputs = [input('FP32', ['n', 2], 'a'), input('FP32', ['n', 1], 'b')]
  t.strictSame(read(inputs, { a: { columns: [{ name: 'x' }, { name: 'x' }] } }).problems, [
    'inputs.a: feature "x" is declared twice'
  ])
  t.strictSame(read(inputs, { a: { columns: [{ name: 'x' }, { name: 'b' }] } }).problems, [
    'inputs.b: feature "b" is declared twice'
  ])
})

t.test('a type needs one value a row', async t => {
  t.strictSame(read([input('FP32', ['n', 2])], { x: { type: 'number' } }).problems, [
    'inputs.x: type number needs one value a row, the graph says FP32 [n,2]; declare columns'
  ])
  t.strictSame(read([input('FP32', ['n', 2])], { x: { type: 'tensor' } }).problems, [])
  t.strictSame(read([input('FP32', [4])], { x: { type: 'number' } }).problems.length, 1)
})

t.test('which types live in which datatypes', async t => {
  const fits: Record<FeatureType, readonly Datatype[]> = {
    number: ['FP16', 'FP32', 'FP64'],
    integer: datatypeNames.filter(name => name !== 'BOOL' && name !== 'BYTES'),
    boolean: datatypeNames.filter(name => name !== 'BYTES'),
    string: ['BYTES'],
    category: datatypeNames,
    tensor: datatypeNames
  }
  for (const [type, good] of Object.entries(fits) as [FeatureType, readonly Datatype[]][]) {
    for (const datatype of datatypeNames) {
      const problems = problemsOf(datatype, type === 'category' ? { type, values: ['a'] } : { type })
      t.equal(problems.length, good.includes(datatype) ? 0 : 1, `${type} in ${datatype}: ${problems.join()}`)
      for (const problem of problems) t.match(problem, `inputs.x: type ${type} does not fit ${datatype}`)
    }
  }
  t.strictSame(problemsOf('INT64', { type: 'number' }), [
    'inputs.x: type number does not fit INT64; say integer'
  ])
  t.strictSame(problemsOf('FP32', { type: 'category' }), ['inputs.x: type category needs values'])
})

t.test('a value may only be missing where the tensor can say so, or a default stands in', async t => {
  const needs = datatypeNames.filter(name => problemsOf(name, { nullable: true }).length > 0)
  t.strictSame(
    needs,
    datatypeNames.filter(name => !['FP16', 'FP32', 'FP64', 'BYTES'].includes(name))
  )
  t.strictSame(problemsOf('INT64', { nullable: true }), [
    'inputs.x: nullable needs a default, since INT64 cannot hold a missing value'
  ])
  t.strictSame(problemsOf('INT64', { nullable: true, default: 0 }), [])
  t.strictSame(problemsOf('BOOL', { nullable: true, default: false }), [])
  t.strictSame(problemsOf('INT64', { nullable: false }), [])
})

t.test('a default has to be a value of the feature', async t => {
  const values = ['basic', 2, true]
  const refused = 'is out of the range that outOfRange: reject asks for'
  const cases: [datatype: Datatype, rules: FeatureRules, problem: string | undefined][] = [
    ['FP32', { default: 0.5 }, undefined],
    ['FP32', { default: '0.5' }, 'default "0.5" is no number'],
    ['FP32', { default: true }, 'default true is no number'],
    ['INT8', { default: 3 }, undefined],
    ['INT8', { default: 0.5 }, 'default 0.5 is no integer'],
    ['BOOL', { default: false }, undefined],
    ['BOOL', { default: 0 }, 'default 0 is no boolean'],
    ['BYTES', { default: '' }, undefined],
    ['BYTES', { default: 5 }, 'default 5 is no string'],
    ['FP32', { type: 'category', values, default: 2 }, undefined],
    ['FP32', { type: 'category', values, default: '2' }, 'default "2" is no value of the category'],
    ['FP32', { type: 'tensor', default: 1 }, 'default 1 is no tensor'],
    ['FP32', { default: 5, max: 5, outOfRange: 'reject' }, undefined],
    ['FP32', { default: 6, max: 5, outOfRange: 'clip' }, undefined],
    ['FP32', { default: 6, max: 5 }, undefined],
    ['FP32', { default: 6, max: 5, outOfRange: 'reject' }, `default 6 ${refused}`],
    ['INT8', { default: -6, min: -5, outOfRange: 'reject' }, `default -6 ${refused}`],
    ['BYTES', { default: 'c', values: ['a', 2], outOfRange: 'reject' }, `default "c" ${refused}`],
    ['BYTES', { default: '2', values: ['a', 2], outOfRange: 'reject' }, undefined]
  ]
  for (const [datatype, rules, problem] of cases) {
    const expected = problem === undefined ? [] : [`inputs.x: ${problem}`]
    t.strictSame(problemsOf(datatype, rules), expected, JSON.stringify(rules))
  }
})

t.test('a problem in a column says which', async t => {
  const columns = [{ name: 'a' }, { name: 'b', type: 'string' as const }]
  t.strictSame(read([input('FP32', ['n', 2])], { x: { columns } }).problems, [
    'inputs.x.columns[1] (b): type string does not fit FP32'
  ])
})
