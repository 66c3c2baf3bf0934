import t from 'tap'
import { type LogPlan, planOf, type Rule } from '../../../src/monitoring/prediction-log/plan.ts'
import { featuresOf, type InputRules } from '../../../src/schema/features.ts'
import type { Signature } from '../../../src/schema/signature.ts'
import { manifestOf } from '../../helpers/fakes.ts'

const signature: Signature = {
  inputs: [
    { name: 'x', datatype: 'FP32', shape: ['batch', 2] },
    { name: 'plan', datatype: 'BYTES', shape: ['batch', 1] },
    { name: 'image', datatype: 'FP32', shape: ['batch', 3, 8, 8] }
  ],
  outputs: [{ name: 'label', datatype: 'INT64', shape: ['batch'] }]
}
const inputs: Record<string, InputRules> = { x: { columns: [{ name: 'age' }, { name: 'height' }] } }
const { features } = featuresOf(signature, inputs)

function plan(predictionLog: object): LogPlan {
  return planOf({ signature, features, manifest: manifestOf({ inputs, predictionLog }) })
}

/** Each name with its rule: columns, whole tensors, outputs. */
function rulesOf({ inputs, outputs }: LogPlan): Record<string, Rule> {
  return Object.fromEntries(
    [...inputs.values(), ...outputs.values()].flatMap(({ name, columns, rule }) =>
      (columns ?? [{ name, rule }]).map(column => [column.name, column.rule])
    )
  )
}

t.test('columns stand under their own names, tensors under theirs', async t => {
  const { inputs, outputs, unknownNames } = plan({})
  t.match(inputs.get('x')!.columns, [{ name: 'age', feature: features[0] }, { name: 'height' }])
  t.match(inputs.get('plan')!.columns, [{ name: 'plan' }])
  t.equal(inputs.get('image')!.columns, undefined)
  t.equal(outputs.get('label')!.columns, undefined)
  t.strictSame(unknownNames, [])
})

t.test(
  'a rule holds for its name, that of an input for its columns, the standard for all others',
  async t => {
    const all = (rule: Rule) => ({ age: rule, height: rule, plan: rule, image: rule, label: rule })
    const cases: [predictionLog: object, rules: Record<string, Rule>][] = [
      [{}, all('keep')],
      [{ standard: 'redact' }, all('redact')],
      [
        { standard: 'hash', features: { age: 'keep' } },
        { ...all('hash'), age: 'keep' }
      ],
      [{ features: { x: 'redact', age: 'hash' } }, { ...all('keep'), height: 'redact', age: 'hash' }],
      [{ features: { image: 'redact', label: 'hash' } }, { ...all('keep'), image: 'redact', label: 'hash' }]
    ]
    for (const [predictionLog, rules] of cases)
      t.strictSame(rulesOf(plan(predictionLog)), rules, JSON.stringify(predictionLog))
  }
)

t.test('a tensor whose columns do not all stay is not kept whole', async t => {
  const whole = (predictionLog: object): Rule => plan(predictionLog).inputs.get('x')!.rule
  t.equal(whole({}), 'keep')
  for (const rule of ['hash', 'redact']) t.equal(whole({ features: { height: rule } }), 'redact')
})

t.test('a name that nothing has hides all that has no rule', async t => {
  const slip = plan({ features: { agee: 'redact', height: 'keep' } })
  t.strictSame(slip.unknownNames, ['agee'])
  t.strictSame(rulesOf(slip), {
    age: 'redact',
    height: 'keep',
    plan: 'redact',
    image: 'redact',
    label: 'redact'
  })
  t.equal(rulesOf(plan({ standard: 'hash', features: { toString: 'keep' } }))['age'], 'hash')
})

t.test('words of the language are no rules', async t => {
  const odd: Signature = { inputs: [{ name: 'constructor', datatype: 'FP32', shape: ['n', 1] }], outputs: [] }
  const found = planOf({ signature: odd, features: featuresOf(odd, {}).features, manifest: manifestOf() })
  t.strictSame(rulesOf(found), { constructor: 'keep' })
})
