import t from 'tap'
import { type MonitorPlan, pcaInputs, pcaMonitorName, planOf } from '../../../src/monitoring/drift/plan.ts'
import { featuresOf, type InputRules } from '../../../src/schema/features.ts'
import type { Signature } from '../../../src/schema/signature.ts'
import type { Datatype } from '../../../src/tensor/datatype.ts'
import { numericPlans, plansOf } from '../../helpers/drift-world.ts'

type Outputs = Parameters<typeof plansOf>[2]
type Shape = (string | number)[]

const names = (plans: readonly MonitorPlan[]): string[] => plans.map(({ name }) => name)

const input = (datatype: Datatype, shape: Shape | undefined, rules: InputRules = {}) =>
  plansOf({ inputs: [{ name: 'x', datatype, shape }], outputs: [] }, { x: rules })

const output = (datatype: Datatype, shape: Shape | undefined, rules: NonNullable<Outputs>[string] = {}) =>
  plansOf({ inputs: [], outputs: [{ name: 'y', datatype, shape }] }, {}, { y: rules })

const columns = (count: number, name = 'x'): string[] =>
  Array.from({ length: count }, (_, index) => `${name}[${index}]`)
const projected = (name: string): string[] => [
  ...Array.from({ length: 8 }, (_, index) => `${name}.projection[${index}]`),
  `${name}.norm`
]
const described = (...places: string[]): string[] =>
  places.flatMap(place =>
    ['mean', 'deviation', 'min', 'max', 'zeros'].map(statistic => `${place}.${statistic}`)
  )

t.test('what is monitored of an input follows from its shape', async t => {
  const cases: [datatype: Datatype, shape: Shape | undefined, names: string[]][] = [
    ['FP32', ['n'], ['x']],
    ['FP32', ['n', 1], ['x']],
    ['FP32', ['n', 3], [...columns(3), pcaMonitorName]],
    ['INT64', ['n', 256], [...columns(256), pcaMonitorName]],
    ['BYTES', ['n', 3], columns(3)],
    ['BOOL', ['n', 3], columns(3)],
    ['FP32', ['n', 257], projected('x')],
    ['FP32', ['n', 'width'], projected('x')],
    ['FP32', ['n', 3, 8, 8], described(...columns(3))],
    ['FP32', ['n', 8, 8, 4], described(...columns(4))],
    ['FP32', ['n', 1, 8, 8], described('x')],
    ['FP32', ['n', 2, 8, 8], described('x')],
    ['FP32', ['n', 5, 8, 8], described('x')],
    ['FP32', ['n', 'c', 8, 8], described('x')],
    ['FP32', ['n', 3, 8], described('x')],
    ['FP32', undefined, described('x')],
    ['BYTES', ['n', 2, 2], []],
    ['BYTES', ['n', 'width'], []],
    ['FP32', [], []],
    ['FP32', [1], []],
    ['FP32', [4, 3], []]
  ]
  for (const [datatype, shape, expected] of cases)
    t.strictSame(names(input(datatype, shape)), expected, `${datatype} ${JSON.stringify(shape)}`)
})

t.test('channels of an image know how many they are', async t => {
  const [first] = input('FP32', ['n', 3, 8, 8])
  const base = { from: 'channel', channel: 0, statistic: 'mean' }
  t.strictSame(first?.reading, { ...base, layout: 'first', channels: 3 })
  t.strictSame(input('FP32', ['n', 8, 8, 4])[0]?.reading, { ...base, layout: 'last', channels: 4 })
  t.strictSame(input('FP32', ['n', 3, 8, 3])[0]?.reading, { ...base, layout: 'first', channels: 3 })
  t.strictSame(input('FP32', ['n', 8, 8])[0]?.reading, { ...base, layout: 'one', channels: 1 })
})

t.test('how values are understood: what is declared, else what the tensor can hold', async t => {
  const cases: [datatype: Datatype, rules: InputRules, expected: Partial<MonitorPlan>][] = [
    ['FP32', {}, { kind: 'open', distinctMax: 20, nullable: false, names: undefined }],
    ['FP32', { type: 'number', min: -1, max: 5 }, { kind: 'numeric', min: -1, max: 5 }],
    ['FP32', { type: 'integer' }, { kind: 'open', distinctMax: 50 }],
    ['INT64', {}, { kind: 'open', distinctMax: 50 }],
    ['UINT8', {}, { kind: 'open', distinctMax: 50 }],
    ['FP32', { nullable: true }, { nullable: true }],
    ['BOOL', {}, { kind: 'categorical', names: ['false', 'true'] }],
    ['FP32', { type: 'boolean' }, { kind: 'categorical', names: ['false', 'true'] }],
    ['INT64', { type: 'category', values: ['a', 'b'] }, { kind: 'categorical', names: ['a', 'b'] }],
    ['INT64', { type: 'category', values: [3, true] }, { kind: 'categorical', names: ['3', 'true'] }],
    ['BYTES', { type: 'category', values: ['a', 'b'] }, { kind: 'categorical', names: undefined }],
    ['BYTES', { type: 'string' }, { kind: 'open', distinctMax: 20 }]
  ]
  for (const [datatype, rules, expected] of cases)
    t.match(input(datatype, ['n'], rules), [expected], `${datatype} ${JSON.stringify(rules)}`)
})

t.test('columns have the names that model.yaml gives, and their place', async t => {
  const plans = input('FP32', ['n', 3], {
    columns: [
      { name: '__proto__', type: 'number' },
      { name: 'a"b\n', type: 'boolean' },
      { name: 'x', type: 'number', nullable: true }
    ]
  })
  t.strictSame(names(plans), ['__proto__', 'a"b\n', 'x', pcaMonitorName])
  t.strictSame(
    plans.map(({ reading }) => reading),
    [...[0, 1, 2].map(column => ({ from: 'column', column })), { from: 'pca' }]
  )
})

t.test('what is monitored of an output follows from its role', async t => {
  const scores = (...each: string[]): string[] => each.map(score => `output:y:${score}`)
  const all = ['confidence', 'entropy', 'class']
  const cases: [rules: NonNullable<Outputs>[string], shape: Shape, names: string[]][] = [
    [{}, ['n'], ['output:y']],
    [{}, ['n', 2], columns(2, 'output:y')],
    [{}, ['n', 32], columns(32, 'output:y')],
    [{}, ['n', 33], columns(33, 'output:y')],
    [{}, ['n', 300], projected('output:y')],
    [{ role: 'embedding' }, ['n', 300], projected('output:y')],
    [{ role: 'embedding' }, ['n', 4], columns(4, 'output:y')],
    [{ role: 'probabilities' }, ['n', 2], scores('0', '1', ...all)],
    [{ role: 'probabilities', classes: ['no', true] }, ['n', 2], scores('no', 'true', ...all)],
    [{ role: 'probabilities', classes: ['no'] }, ['n', 2], scores('no', '1', ...all)],
    [{ role: 'probabilities' }, ['n', 33], scores(...all)],
    [{ role: 'probabilities' }, ['n', 1], ['output:y']],
    [{ role: 'probabilities' }, ['n', 'classes'], projected('output:y')],
    [{}, [2], []]
  ]
  for (const [rules, shape, expected] of cases)
    t.strictSame(names(output('FP32', shape, rules)), expected, `${rules.role} ${JSON.stringify(shape)}`)
})

t.test('an output of one value is what its role says', async t => {
  const cases: [datatype: Datatype, rules: NonNullable<Outputs>[string], expected: Partial<MonitorPlan>][] = [
    ['FP32', {}, { kind: 'open' }],
    ['FP32', { role: 'score' }, { kind: 'numeric' }],
    ['FP32', { role: 'value' }, { kind: 'numeric' }],
    ['INT64', { role: 'label' }, { kind: 'categorical', names: undefined }],
    ['INT64', { role: 'label', classes: ['no', 'yes'] }, { kind: 'categorical', names: ['no', 'yes'] }],
    ['INT64', { role: 'label', classes: [-1, 1] }, { kind: 'categorical', names: undefined }],
    ['BYTES', { role: 'label', classes: ['no', 'yes'] }, { kind: 'categorical', names: undefined }]
  ]
  for (const [datatype, rules, expected] of cases)
    t.match(output(datatype, ['n'], rules), [expected], `${datatype} ${JSON.stringify(rules)}`)
})

t.test('the class is not watched twice where the model gives it as a label', async t => {
  const outputs = [
    { name: 'label', datatype: 'INT64' as const, shape: ['n'] },
    { name: 'p', datatype: 'FP32' as const, shape: ['n', 2] }
  ]
  const plans = plansOf(
    { inputs: [], outputs },
    {},
    { label: { role: 'label' }, p: { role: 'probabilities' } }
  )
  t.strictSame(names(plans), [
    'output:label',
    'output:p:0',
    'output:p:1',
    'output:p:confidence',
    'output:p:entropy'
  ])
})

t.test('an output that is called as a key of objects has no rules by accident', async t => {
  const outputs = [{ name: 'constructor', datatype: 'FP32' as const, shape: ['n'] }]
  t.match(plansOf({ inputs: [], outputs }), [{ name: 'output:constructor', kind: 'open' }])
})

t.test('two quantities of one name are told apart', async t => {
  const classes = ['confidence', 'class', 'class']
  const plans = output('FP32', ['n', 3], { role: 'probabilities', classes })
  const y = (name: string): string => `output:y:${name}`
  t.strictSame(names(plans), [
    y('confidence'),
    y('class'),
    y('class (2)'),
    y('confidence (2)'),
    y('entropy'),
    y('class (3)')
  ])
  const signature: Signature = {
    inputs: [{ name: 'x', datatype: 'FP32', shape: ['n', 2] }],
    outputs: [{ name: 'y', datatype: 'FP32', shape: ['n'] }]
  }
  const rules = { columns: [{ name: 'output:y' }, { name: 'output:y (2)' }] }
  t.strictSame(names(plansOf(signature, { x: rules })), [
    'output:y',
    'output:y (2)',
    'output:y (3)',
    pcaMonitorName
  ])
})

t.test('inputs first, then outputs, then what is derived; of too many the first', async t => {
  const signature: Signature = {
    inputs: [{ name: 'x', datatype: 'FP32', shape: ['n', 2] }],
    outputs: [{ name: 'y', datatype: 'FP32', shape: ['n'] }]
  }
  const { features } = featuresOf(signature, {})
  const cases: [max: number, names: string[], leftOut: number][] = [
    [512, ['x[0]', 'x[1]', 'output:y', pcaMonitorName], 0],
    [4, ['x[0]', 'x[1]', 'output:y', pcaMonitorName], 0],
    [3, ['x[0]', 'x[1]', 'output:y'], 1],
    [1, ['x[0]'], 3]
  ]
  for (const [max, expected, leftOut] of cases) {
    const plan = planOf({ signature, features, manifest: { outputs: {} } }, max)
    t.strictSame([names(plan.monitors), plan.leftOut], [expected, leftOut], `at most ${max}`)
  }
  t.strictSame(plansOf({ inputs: [], outputs: [] }), [])
})

t.test('the residual reads the numeric columns of inputs, of two and more, and of not too many', async t => {
  const signature: Signature = {
    inputs: [
      { name: 'a', datatype: 'FP32', shape: ['n', 2] },
      { name: 'flag', datatype: 'BOOL', shape: ['n'] },
      { name: 'word', datatype: 'BYTES', shape: ['n'] },
      { name: 'code', datatype: 'INT64', shape: ['n'] },
      { name: 'image', datatype: 'FP32', shape: ['n', 3, 2, 2] }
    ],
    outputs: [{ name: 'y', datatype: 'FP32', shape: ['n'] }]
  }
  const plans = plansOf(signature, { code: { type: 'category', values: ['x', 'y'] } })
  t.strictSame(names(pcaInputs(plans)), ['a[0]', 'a[1]'])
  t.match(plans.at(-1), { name: pcaMonitorName, role: 'derived', kind: 'numeric', reading: { from: 'pca' } })
  const has = (count: number): boolean => numericPlans(count).some(({ role }) => role === 'derived')
  t.strictSame([1, 2, 256, 257].map(has), [false, true, true, false])
})
