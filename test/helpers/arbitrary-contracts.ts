// Made-up contracts for property tests: columns, one input a feature, whole tensors and mixtures of them, with rules of every kind.
import fc from 'fast-check'
import { type Contract, contractOf } from '../../src/schema/contract.ts'
import { type FeatureRules, featuresOf, type InputRules } from '../../src/schema/features.ts'
import type { TensorSpec } from '../../src/schema/signature.ts'
import { type Datatype, factsOf } from '../../src/tensor/datatype.ts'

/** What people call things, and what programs stumble over. */
const names = [
  'age',
  'x',
  'a b',
  'dot.ted',
  'größe',
  'constructor',
  'toString',
  'length',
  '0',
  '😀',
  'b',
  'Age2'
]

const outOfRange = fc.constantFrom('reject', 'reject', 'clip', 'flag', undefined)
const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined })

/** A range, and what stands for a missing value, within it. */
function numberRules(type: 'number' | 'integer', low: number, nullable: boolean): fc.Arbitrary<FeatureRules> {
  return fc
    .record({
      span: fc.nat(20),
      hasMin: fc.boolean(),
      hasMax: fc.boolean(),
      outOfRange,
      hasDefault: fc.boolean()
    })
    .chain(({ span, hasMin, hasMax, hasDefault, outOfRange }) =>
      fc.record({
        type: fc.constant(type),
        outOfRange: fc.constant(outOfRange),
        min: fc.constant(hasMin ? low : undefined),
        max: fc.constant(hasMax ? low + span : undefined),
        default: fc.constant(hasDefault ? low + span : undefined),
        nullable: nullable || hasDefault ? fc.boolean() : fc.constant(undefined)
      })
    )
}

const texts = ['basic', 'pro', '', 'ö']

function textRules(type: 'string' | 'category'): fc.Arbitrary<FeatureRules> {
  const values = fc.subarray(texts, { minLength: 1 })
  return values.chain(values =>
    fc.record({
      type: fc.constant(type),
      values: type === 'category' ? fc.constant(values) : maybe(fc.constant(values)),
      outOfRange,
      nullable: maybe(fc.boolean()),
      default: maybe(fc.constantFrom(...values))
    })
  )
}

const categoryRules: fc.Arbitrary<FeatureRules> = fc
  .subarray(['basic', 'pro', 3, 0.5, true], { minLength: 1 })
  .chain(values =>
    fc.record({
      type: fc.constant('category' as const),
      values: fc.constant(values),
      outOfRange,
      default: maybe(fc.constantFrom(...values))
    })
  )

const booleanRules: fc.Arbitrary<FeatureRules> = fc.record({
  type: fc.constant('boolean' as const),
  default: maybe(fc.boolean())
})

function rulesFor(datatype: Datatype): fc.Arbitrary<FeatureRules> {
  return anyRulesFor(datatype).map(rules => possible(rules, datatype))
}

/** Nothing can be moved into a range that has no bounds. */
function possible(rules: FeatureRules, datatype: Datatype): FeatureRules {
  const hasBounds = datatype !== 'BYTES' && (rules.min !== undefined || rules.max !== undefined)
  return rules.outOfRange === 'clip' && !hasBounds ? { ...rules, outOfRange: 'flag' } : rules
}

function anyRulesFor(datatype: Datatype): fc.Arbitrary<FeatureRules> {
  switch (factsOf(datatype).kind) {
    case 'bool':
      return booleanRules
    case 'string':
      return fc.oneof(textRules('string'), textRules('category'))
    case 'integer':
    case 'bigint':
      return fc.oneof(numberRules('integer', 0, false), categoryRules, booleanRules)
    case 'float':
    case 'half':
      return fc.oneof(
        numberRules('number', -2.5, true),
        numberRules('number', 0.1, true),
        numberRules('integer', -3, true),
        categoryRules,
        booleanRules
      )
  }
}

function tensorRules(datatype: Datatype): fc.Arbitrary<FeatureRules> {
  const { kind } = factsOf(datatype)
  if (kind === 'bool') return fc.constant({})
  if (kind === 'string')
    return textRules('string').map(({ default: _, ...rules }) => ({
      ...possible(rules, datatype),
      type: 'tensor' as const
    }))
  const isFloating = kind === 'float' || kind === 'half'
  return numberRules('number', 0, false).map(({ default: _, nullable, ...rules }) => ({
    ...possible(rules, datatype),
    type: 'tensor' as const,
    ...(isFloating && { nullable })
  }))
}

const datatype = fc.constantFrom<Datatype>(
  'FP32',
  'FP32',
  'FP64',
  'FP16',
  'INT64',
  'UINT64',
  'INT8',
  'BOOL',
  'BYTES'
)

type Part = (names: readonly string[]) => { readonly spec: TensorSpec; readonly rules: InputRules }

/** An input that is one feature. */
const oneColumn: fc.Arbitrary<Part> = datatype.chain(datatype =>
  fc.tuple(fc.constantFrom(['n', 1], ['n']), rulesFor(datatype)).map(
    ([shape, rules]): Part =>
      ([name]) => ({ spec: { name: name!, datatype, shape }, rules })
  )
)

/** An input with columns, which may be called as one of them is. */
const columns: fc.Arbitrary<Part> = datatype.chain(datatype =>
  fc
    .tuple(
      fc.array(rulesFor(datatype), { minLength: 1, maxLength: 3 }),
      fc.boolean(),
      fc.constantFrom('n', 'n', 'n', 2)
    )
    .map(
      ([list, isNamesake, rows]): Part =>
        ([name, ...others]) => ({
          spec: { name: name!, datatype, shape: [rows, list.length] },
          rules: {
            columns: list.map((rules, index) => ({
              ...rules,
              name: index === 0 && isNamesake ? name! : others[index]!
            }))
          }
        })
    )
)

const tensorShapes: readonly TensorSpec['shape'][] = [
  ['n', 3],
  ['n', 2, 2],
  ['n', 'k'],
  ['n', null, 2],
  ['n', 2, null],
  ['n', 'k', 'k'],
  [2, 2],
  [3]
]

const wholeTensor: fc.Arbitrary<Part> = datatype.chain(datatype =>
  fc.tuple(fc.constantFrom(...tensorShapes), tensorRules(datatype)).map(
    ([shape, rules]): Part =>
      ([name]) => ({ spec: { name: name!, datatype, shape }, rules })
  )
)

/** Contracts of one to three inputs. */
export const contracts: fc.Arbitrary<Contract> = fc
  .tuple(
    fc.array(fc.oneof(oneColumn, columns, wholeTensor), { minLength: 1, maxLength: 3 }),
    fc.shuffledSubarray(names, { minLength: 12, maxLength: 12 })
  )
  .map(([parts, names]) => {
    const made = parts.map((part, index) => part(names.slice(index * 4, index * 4 + 4)))
    const rules = Object.fromEntries(made.map(({ spec, rules }) => [spec.name, rules]))
    return contractFor(
      made.map(({ spec }) => spec),
      rules
    )
  })

/** A contract, or an error that says why the rules do not fit. */
export function contractFor(
  inputs: readonly TensorSpec[],
  rules: Readonly<Record<string, InputRules>> = {}
): Contract {
  const outputs = ['y', 'z'].map(name => ({ name, datatype: 'FP32' as const, shape: ['n', 1] }))
  const signature = { inputs, outputs }
  const { features, problems } = featuresOf(signature, rules)
  if (problems.length > 0) throw new Error(problems.join('; '))
  return contractOf(signature, features)
}
