import t from 'tap'
import { pcaInputs, planOf } from '../../../src/monitoring/drift/plan.ts'
import { featuresOf, type InputRules } from '../../../src/schema/features.ts'
import type { Signature, TensorSpec } from '../../../src/schema/signature.ts'
import { plansOf } from '../../helpers/drift-world.ts'

const spec = (name: string, datatype: TensorSpec['datatype'], shape: TensorSpec['shape']): TensorSpec => ({
  name,
  datatype,
  shape
})

type Outputs = Parameters<typeof planOf>[0]['manifest']['outputs']

/** Names and kinds of what is monitored. */
function monitored(
  signature: Signature,
  inputs: Readonly<Record<string, InputRules>> = {},
  outputs: Outputs = {}
) {
  return plansOf(signature, inputs, outputs).map(({ name, kind }) => `${name} ${kind}`)
}

t.test('features of a table, one monitor each, and the residual of the numbers', async t => {
  const columns = [
    { name: 'age', type: 'number' as const, min: 0, max: 120 },
    { name: 'visits', type: 'integer' as const },
    { name: 'plan', type: 'category' as const, values: ['basic', 'pro'] },
    { name: 'is new', type: 'boolean' as const }
  ]
  const signature = { inputs: [spec('x', 'FP32', ['n', 4]), spec('city', 'BYTES', ['n', 1])], outputs: [] }
  t.strictSame(monitored(signature, { x: { columns } }), [
    'age numeric',
    'visits open',
    'plan categorical',
    'is new categorical',
    'city open',
    'derived:pca_residual numeric'
  ])
  const plans = plansOf(signature, { x: { columns } })
  t.strictSame(
    pcaInputs(plans).map(({ name }) => name),
    ['age', 'visits']
  )
  t.match(plans, [
    { min: 0, max: 120, distinctMax: 20 },
    { distinctMax: 50 },
    { names: ['basic', 'pro'], reading: { from: 'column', column: 2 } },
    { names: ['false', 'true'] }
  ])
})

t.test('images by channel, embeddings by projections and norm, other tensors as one', async t => {
  const of = (shape: TensorSpec['shape'], datatype: TensorSpec['datatype'] = 'FP32') =>
    monitored({ inputs: [spec('x', datatype, shape)], outputs: [] })
  const statistics = ['mean', 'deviation', 'min', 'max', 'zeros']
  const rgb = [0, 1, 2].flatMap(channel => statistics.map(name => `x[${channel}].${name} numeric`))
  t.strictSame(of(['n', 3, 224, 224]), rgb)
  t.strictSame(of(['n', 224, 224, 3]), rgb)
  t.strictSame(
    of(['n', 2, 8, 8]),
    statistics.map(name => `x.${name} numeric`)
  )
  t.strictSame(
    of(['n', null, null]),
    statistics.map(name => `x.${name} numeric`)
  )
  t.strictSame(
    of(undefined),
    statistics.map(name => `x.${name} numeric`)
  )
  const projections = Array.from({ length: 8 }, (_, index) => `x.projection[${index}] numeric`)
  t.strictSame(of(['n', 768]), [...projections, 'x.norm numeric'])
  t.strictSame(of([3, 4]), [], 'without rows there is nothing to watch')
  t.strictSame(of(['n', 'words', 2], 'BYTES'), [], 'nor in texts of several dimensions')
})

t.test('outputs by their role', async t => {
  const probabilities = spec('p', 'FP32', ['n', 3])
  const label = spec('l', 'INT64', ['n'])
  const classes = ['a', 'b', 'c']
  const of = (outputs: readonly TensorSpec[], rules: Outputs) => monitored({ inputs: [], outputs }, {}, rules)
  t.strictSame(
    of([label, probabilities], { l: { role: 'label', classes }, p: { role: 'probabilities', classes } }),
    [
      'output:l categorical',
      'output:p:a numeric',
      'output:p:b numeric',
      'output:p:c numeric',
      'output:p:confidence numeric',
      'output:p:entropy numeric'
    ]
  )
  t.strictSame(of([probabilities], { p: { role: 'probabilities' } }).slice(3), [
    'output:p:confidence numeric',
    'output:p:entropy numeric',
    'output:p:class categorical'
  ])
  t.strictSame(of([spec('v', 'FP32', ['n', 1])], { v: { role: 'value' } }), ['output:v numeric'])
  t.strictSame(of([spec('v', 'FP32', ['n', 2])], {}), ['output:v[0] open', 'output:v[1] open'])
  t.equal(of([spec('e', 'FP32', ['n', 16])], { e: { role: 'embedding' } }).length, 16)
  t.strictSame(of([spec('w', 'FP32', ['n', 1000])], { w: { role: 'probabilities' } }), [
    'output:w:confidence numeric',
    'output:w:entropy numeric',
    'output:w:class categorical'
  ])
})

t.test('labels that name themselves keep their numbers', async t => {
  const names = (classes: readonly (string | number)[]) =>
    plansOf({ inputs: [], outputs: [spec('l', 'INT64', ['n'])] }, {}, { l: { role: 'label', classes } })[0]
      ?.names
  t.strictSame(names(['no', 'yes']), ['no', 'yes'])
  t.equal(names([-1, 1]), undefined)
})

t.test('beyond the limit nothing is monitored, and that is told', async t => {
  const signature = { inputs: [spec('x', 'FP32', ['n', 10])], outputs: [] }
  const columns = Array.from({ length: 10 }, (_, index) => ({ name: `f${index}` }))
  const { features } = featuresOf(signature, { x: { columns } })
  const { monitors, leftOut } = planOf({ signature, features, manifest: { outputs: {} } }, 4)
  t.strictSame([monitors.length, leftOut], [4, 7])
})
