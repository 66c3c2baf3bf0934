import fc from 'fast-check'
import t from 'tap'
import { mlflowRequestSchema } from '../../src/protocol/mlflow/contract-schema.ts'
import { v1RequestSchema } from '../../src/protocol/v1/contract-schema.ts'
import { v2RequestSchema } from '../../src/protocol/v2/contract-schema.ts'
import type { Contract } from '../../src/schema/contract.ts'
import type { FeatureRules } from '../../src/schema/features.ts'
import {
  anyOf,
  bytesSchema,
  elementSchema,
  featureSchema,
  nestedSchema
} from '../../src/schema/json-schema.ts'
import type { TensorSpec } from '../../src/schema/signature.ts'
import { allocate, type Datatype, datatypeNames } from '../../src/tensor/datatype.ts'
import { elementWriter } from '../../src/tensor/json-read.ts'
import { contractFor, contracts } from '../helpers/arbitrary-contracts.ts'
import { compiled, keywordsIn } from '../helpers/json-schema.ts'

const values = [
  ...[0, -0, 1, -1, 0.5, 127, 128, -128, -129, 255, 256, 32_767, 32_768, 65_535, 65_536, 2 ** 31, -(2 ** 31)],
  ...[2 ** 31 - 1, 2 ** 32 - 1, 2 ** 32, 65_504, 65_519.99, 65_520, -65_520, 1e39, -1e39, 1e308],
  ...[3.4028234663852886e38, 3.402823567e38, 3.4028235677973366e38, -3.4028235677973366e38],
  ...[
    true,
    false,
    null,
    '',
    'a',
    'NaN',
    'nan',
    'Infinity',
    '-Infinity',
    '+Infinity',
    '5',
    '007',
    '-1',
    '1.0',
    '1e3'
  ],
  ...['9223372036854775807', '9223372036854775808', '-9223372036854775808', '18446744073709551615', 'a\0b'],
  ...[[], [1], {}, { b64: 'YQ==' }]
]

t.test('an element of each datatype: what the schema takes is what can be written', async t => {
  for (const datatype of datatypeNames) {
    const takes = compiled(elementSchema(datatype))
    const write = elementWriter(datatype, allocate(datatype, 1))
    for (const value of values) t.equal(takes(value), write(0, value), `${datatype} ${JSON.stringify(value)}`)
  }
})

t.test('base64 is checked as far as its letters go', async t => {
  const takes = compiled(bytesSchema)
  for (const b64 of ['', 'YQ==', 'YQ', 'YWI=', 'YWJj', '-_-_']) t.ok(takes({ b64 }), b64)
  for (const value of [{ b64: 'a' }, { b64: 'a b=' }, { b64: 5 }, {}, { b64: '', c: 1 }, 'YQ=='])
    t.notOk(takes(value), JSON.stringify(value))
})

t.test('alternatives are written once, and none of them is nothing', async t => {
  const [number, text] = [{ type: 'number' }, { type: 'string' }]
  t.strictSame(anyOf([number]), number)
  t.strictSame(anyOf([number, { ...number }]), number)
  t.strictSame(anyOf([number, text, number]), { anyOf: [number, text] })
  t.notOk(compiled(anyOf([]))(1))
  t.strictSame(nestedSchema([2, 'n'], number), {
    type: 'array',
    items: { type: 'array', items: number },
    minItems: 2,
    maxItems: 2
  })
})

function feature(datatype: Datatype, rules: FeatureRules, shape: TensorSpec['shape'] = ['n', 1]) {
  const input = { name: 'x', datatype, shape }
  const [only] = contractFor([input], { x: rules }).features
  return featureSchema(only!, input)
}

t.test('words say what is let through, bounds say what is refused', async t => {
  const rules = { min: 0, max: 9, unit: 'cm', description: 'Height' }
  const number = elementSchema('FP64')
  t.strictSame(feature('FP64', rules), {
    ...number,
    description: 'Height. In cm. Expected: 0 to 9; other values are counted.'
  })
  t.match(feature('FP64', { ...rules, outOfRange: 'clip' }), {
    description: /other values are moved into it/
  })
  t.strictSame(feature('FP64', { ...rules, outOfRange: 'reject' }), {
    anyOf: [
      { type: 'number', minimum: 0, maximum: 9 },
      { type: 'string', pattern: '^(NaN)$' }
    ],
    description: 'Height. In cm. Expected: 0 to 9.'
  })
  t.match(feature('FP64', { min: 0, outOfRange: 'reject' }), { anyOf: [{}, { pattern: '^(NaN|Infinity)$' }] })
  t.match(feature('FP64', { max: 0, outOfRange: 'reject' }), {
    anyOf: [{}, { pattern: '^(NaN|-Infinity)$' }]
  })
  t.match(feature('BYTES', { values: ['a', 'b'] }), { description: 'Expected: a, b.' })
  t.strictSame(feature('BYTES', { values: ['a', 'b'], outOfRange: 'reject' }), { enum: ['a', 'b'] })
  const nullable = compiled(feature('BYTES', { values: ['a'], outOfRange: 'reject', nullable: true }))
  for (const value of ['a', '', null]) t.ok(nullable(value), 'an empty text stands for a missing one')
  t.notOk(nullable('b'))
  t.match(feature('FP32', { default: 5 }), { default: 5, anyOf: [{}, { type: 'null' }] })
  t.match(feature('FP32', { type: 'category', values: ['a', 2] }), { anyOf: [{ const: 'a' }, { const: 2 }] })
})

const actions = ['minimum', 'maximum', 'enum']

/** Bounds and lists of values in the schemas of a contract. */
function boundsOf(contract: Contract): string[] {
  return [v1RequestSchema, mlflowRequestSchema, v2RequestSchema].flatMap(schemaOf =>
    [...keywordsIn(schemaOf(contract))].flatMap(({ keyword, path }) =>
      actions.includes(keyword) ? [`${path}/${keyword}`] : []
    )
  )
}

t.test('a bound or a list of values stands for a rule that refuses, whatever the contract', async t => {
  let [bounded, free] = [0, 0]
  fc.assert(
    fc.property(contracts, contract => {
      const bounds = boundsOf(contract)
      const refuses = contract.rules.some(({ action }) => action === 'reject')
      if (bounds.length > 0) bounded++
      else free++
      // A category that has numbers is a list of constants: what is none of them cannot be encoded, whatever the rule.
      return refuses || bounds.length === 0
    }),
    { numRuns: 500, seed: 9 }
  )
  t.ok(bounded > 50 && free > 50, `${bounded} with bounds, ${free} without`)
  for (const outOfRange of ['clip', 'flag', undefined] as const)
    t.strictSame(
      boundsOf(
        contractFor(
          [
            { name: 'x', datatype: 'FP32', shape: ['n', 1] },
            { name: 'plan', datatype: 'BYTES', shape: ['n', 1] },
            { name: 'image', datatype: 'UINT8', shape: ['n', 2, 2] }
          ],
          {
            x: { min: 0, max: 1, outOfRange },
            plan: { values: ['a'], outOfRange: outOfRange === 'clip' ? 'flag' : outOfRange },
            image: { max: 9, outOfRange }
          }
        )
      ),
      []
    )
})
