// The fields that people think in: the columns of a model's inputs, as model.yaml declares them or the graph implies them.
import { describe } from '../base/describe.ts'
import { suggestion } from '../base/nearest-name.ts'
import { factsOf } from '../tensor/datatype.ts'
import { describeSpec, type Signature, type TensorSpec } from './signature.ts'

export type FeatureType = 'number' | 'integer' | 'boolean' | 'category' | 'string' | 'tensor'

/** What model.yaml may say of a feature. */
export interface FeatureRules {
  readonly type?: FeatureType | undefined
  readonly unit?: string | undefined
  readonly description?: string | undefined
  readonly min?: number | undefined
  readonly max?: number | undefined
  readonly values?: readonly (string | number | boolean)[] | undefined
  readonly nullable?: boolean | undefined
  readonly default?: string | number | boolean | undefined
  readonly outOfRange?: 'reject' | 'clip' | 'flag' | undefined
}

/** What model.yaml says of an input: rules for its columns, or for the input itself as one feature. */
export interface InputRules extends FeatureRules {
  readonly columns?: readonly (FeatureRules & { readonly name: string })[] | undefined
}

/** A feature and where it goes: column `column` of the input called `input`, or, for type `tensor`, the whole input. */
export interface Feature {
  readonly name: string
  readonly input: string
  readonly column: number
  readonly type: FeatureType
  readonly rules: FeatureRules
}

/** Each input's features in the order of the signature, and every contradiction between the rules and the graph. */
export function featuresOf(
  signature: Signature,
  rules: Readonly<Record<string, InputRules>>
): { readonly features: readonly Feature[]; readonly problems: readonly string[] } {
  const problems: string[] = []
  const names = signature.inputs.map(input => input.name)
  for (const name of Object.keys(rules)) {
    if (names.includes(name)) continue
    const hint = suggestion(name, names)
    problems.push(`inputs: the graph has no input ${describe(name)}${hint === '' ? '' : ` (${hint})`}`)
  }
  const features = signature.inputs.flatMap(input => {
    const declared = Object.hasOwn(rules, input.name) ? rules[input.name]! : {}
    return declared.columns === undefined
      ? [inputFeature(input, declared, problems)]
      : columnFeatures(input, declared.columns, problems)
  })
  const seen = new Set<string>()
  for (const { name, input } of features) {
    if (seen.has(name)) problems.push(`inputs.${input}: feature ${describe(name)} is declared twice`)
    seen.add(name)
  }
  return { features, problems }
}

function columnFeatures(
  input: TensorSpec,
  columns: NonNullable<InputRules['columns']>,
  problems: string[]
): Feature[] {
  const width = input.shape?.[1]
  const path = `inputs.${input.name}.columns`
  if (input.shape !== undefined && input.shape.length !== 2) {
    problems.push(`${path}: only a tensor of rank 2 has columns, the graph says ${describeSpec(input)}`)
  } else if (typeof width === 'number' && width !== columns.length) {
    problems.push(`${path}: ${columns.length} columns are declared, the graph says ${describeSpec(input)}`)
  }
  return columns.map(({ name, ...rules }, column) => {
    const type = rules.type ?? impliedType(input)
    const misfit = typeMisfit(type, input, rules)
    if (misfit !== undefined) problems.push(`${path}[${column}] (${name}): ${misfit}`)
    return { name, input: input.name, column, type, rules }
  })
}

function inputFeature(input: TensorSpec, rules: FeatureRules, problems: string[]): Feature {
  const type = rules.type ?? (isOneColumn(input) ? impliedType(input) : 'tensor')
  const path = `inputs.${input.name}`
  if (type !== 'tensor' && !isOneColumn(input)) {
    problems.push(
      `${path}: type ${type} needs one value a row, the graph says ${describeSpec(input)}; declare columns`
    )
  }
  const misfit = typeMisfit(type, input, rules)
  if (misfit !== undefined) problems.push(`${path}: ${misfit}`)
  return { name: input.name, input: input.name, column: 0, type, rules }
}

/** One value a row: `[N]` or `[N, 1]`. */
function isOneColumn(input: TensorSpec): boolean {
  const { shape } = input
  return (
    shape !== undefined &&
    typeof shape[0] !== 'number' &&
    (shape.length === 1 || (shape.length === 2 && shape[1] === 1))
  )
}

function impliedType(input: TensorSpec): FeatureType {
  switch (factsOf(input.datatype).kind) {
    case 'bool':
      return 'boolean'
    case 'integer':
    case 'bigint':
      return 'integer'
    case 'float':
    case 'half':
      return 'number'
    case 'string':
      return 'string'
  }
}

/** Why a feature of `type` cannot live in a tensor of the input's datatype. */
function typeMisfit(type: FeatureType, input: TensorSpec, rules: FeatureRules): string | undefined {
  const { kind } = factsOf(input.datatype)
  const textual = kind === 'string'
  if (type === 'string' && !textual) return `type string does not fit ${input.datatype}`
  if ((type === 'number' || type === 'integer') && (textual || kind === 'bool'))
    return `type ${type} does not fit ${input.datatype}`
  if (type === 'number' && kind !== 'float' && kind !== 'half')
    return `type number does not fit ${input.datatype}; say integer`
  if (type === 'boolean' && textual) return `type boolean does not fit ${input.datatype}`
  if (type === 'category' && rules.values === undefined) return 'type category needs values'
  if (rules.outOfRange === 'clip' && (textual || (rules.min === undefined && rules.max === undefined)))
    return textual ? 'outOfRange clip needs numbers' : 'outOfRange clip needs min or max'
  if (
    rules.nullable === true &&
    !textual &&
    kind !== 'float' &&
    kind !== 'half' &&
    rules.default === undefined
  ) {
    return `nullable needs a default, since ${input.datatype} cannot hold a missing value`
  }
  if (rules.default !== undefined && !fits(rules.default, type, rules))
    return `default ${describe(rules.default)} is no ${type === 'category' ? 'value of the category' : type}`
  if (rules.outOfRange === 'reject' && isOutOfRange(rules.default, type, rules))
    return `default ${describe(rules.default)} is out of the range that outOfRange: reject asks for`
  return undefined
}

/** A default that its own rule refuses would make every request without the value a bad one. */
function isOutOfRange(value: FeatureRules['default'], type: FeatureType, rules: FeatureRules): boolean {
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY, values } = rules
  if (typeof value === 'number' && (type === 'number' || type === 'integer'))
    return value < min || value > max
  return (
    typeof value === 'string' &&
    type === 'string' &&
    values !== undefined &&
    !values.map(String).includes(value)
  )
}

/** Whether a default could be sent as a value of the feature. */
function fits(value: string | number | boolean, type: FeatureType, rules: FeatureRules): boolean {
  switch (type) {
    case 'number':
      return typeof value === 'number'
    case 'integer':
      return Number.isInteger(value)
    case 'boolean':
    case 'string':
      return typeof value === type
    case 'category':
      return rules.values?.includes(value) ?? false
    case 'tensor':
      return false
  }
}
