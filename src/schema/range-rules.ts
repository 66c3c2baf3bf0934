// What model.yaml says of values that are out of range: refused, moved to the bound, or counted. Looks at tensors, so that a value means the
// same in every dialect. Rules are plain data, which may travel to another thread.
import { describe, listNames } from '../base/describe.ts'
import { suggestion } from '../base/nearest-name.ts'
import type { Problem } from '../errors/serving-error.ts'
import { type Datatype, factsOf, type TensorData } from '../tensor/datatype.ts'
import { halfFromNumber, numberFromHalf } from '../tensor/half.ts'
import type { NamedTensor } from '../tensor/tensor.ts'
import type { Feature } from './features.ts'
import type { Signature } from './signature.ts'

export interface RangeRule {
  readonly input: string
  readonly feature: string
  readonly column: number
  /** Elements from one value of the feature to the next; 1 where the whole tensor is the feature. */
  readonly stride: number
  readonly action: 'reject' | 'clip' | 'flag'
  /** As the datatype holds them: a bound itself is in range. */
  readonly min: number
  readonly max: number
  /** The range in words, as it was declared. */
  readonly expected: string
  /** Allowed texts; undefined for numbers. */
  readonly texts: readonly string[] | undefined
  /** An empty text, which stands for a missing one, is in range. */
  readonly nullable: boolean
}

/** The place of element `index` of an input, as the request spelt it. */
export type PlaceOf = (input: string, rule: RangeRule, index: number) => string

const problemsMax = 32

export function rangeRules(signature: Signature, features: readonly Feature[]): readonly RangeRule[] {
  return features.flatMap(({ name, input, column, type, rules }) => {
    const spec = signature.inputs.find(({ name }) => name === input)
    if (spec === undefined) return []
    const isText = factsOf(spec.datatype).kind === 'string'
    const { min, max, values, outOfRange = 'flag', nullable = false } = rules
    const texts = isText && values !== undefined ? values.map(String) : undefined
    // A category in a numeric tensor is the index of its value.
    const bounds =
      type === 'category' && !isText && values !== undefined
        ? { min: 0, max: values.length - 1 }
        : { min: min ?? Number.NEGATIVE_INFINITY, max: max ?? Number.POSITIVE_INFINITY }
    const isBounded = texts !== undefined || (!isText && (bounds.min > -Infinity || bounds.max < Infinity))
    if (!isBounded) return []
    const stride = type === 'tensor' ? 1 : features.filter(({ input: other }) => other === input).length
    const expected = texts === undefined ? rangeText(bounds.min, bounds.max) : `one of ${listNames(texts)}`
    const held = { min: asHeld(spec.datatype, bounds.min), max: asHeld(spec.datatype, bounds.max) }
    return [{ input, feature: name, column, stride, action: outOfRange, ...held, expected, texts, nullable }]
  })
}

export interface RangeFindings {
  /** Of values whose rule says `reject`. */
  readonly problems: readonly Problem[]
  /** Values that were let through or moved. */
  readonly outOfRange: number
}

const nothingFound: RangeFindings = { problems: [], outOfRange: 0 }

/** Looks at every value that has a rule; moves those whose rule says `clip`. NaN is missing, not out of range. */
export function applyRangeRules(
  rules: readonly RangeRule[],
  tensors: readonly NamedTensor[],
  placeOf: PlaceOf
): RangeFindings {
  if (rules.length === 0) return nothingFound
  let outOfRange = 0
  let tensor: NamedTensor | undefined
  const problems: Problem[] = []
  for (const rule of rules) {
    if (tensor?.name !== rule.input) tensor = tensors.find(({ name }) => name === rule.input)
    if (tensor === undefined) continue
    const { data } = tensor
    const isHalf = factsOf(tensor.datatype).kind === 'half'
    for (let index = rule.column; index < data.length; index += rule.stride) {
      const value = isHalf ? numberFromHalf(data[index] as number) : data[index]!
      if (isInRange(rule, value)) continue
      if (rule.action === 'reject') {
        if (problems.length < problemsMax)
          problems.push(problemOf(rule, value, placeOf(rule.input, rule, index)))
        continue
      }
      outOfRange++
      if (rule.action === 'clip' && typeof value !== 'string') clip(data, index, value, rule, isHalf)
    }
  }
  return outOfRange === 0 && problems.length === 0 ? nothingFound : { problems, outOfRange }
}

function isInRange({ min, max, texts, nullable }: RangeRule, value: number | bigint | string): boolean {
  if (typeof value === 'string')
    return texts === undefined || texts.includes(value) || (nullable && value === '')
  return !(value < min || value > max)
}

function clip(
  data: TensorData,
  index: number,
  value: number | bigint,
  rule: RangeRule,
  isHalf: boolean
): void {
  const bound = value < rule.min ? rule.min : rule.max
  if (typeof value === 'bigint') data[index] = BigInt(value < rule.min ? Math.ceil(bound) : Math.floor(bound))
  else data[index] = isHalf ? halfFromNumber(bound) : bound
}

function problemOf(rule: RangeRule, value: number | bigint | string, path: string): Problem {
  const { feature, expected, texts } = rule
  const problem = `feature ${describe(feature)} is out of range`
  const got = describe(value)
  const hint = texts === undefined ? '' : suggestion(String(value), texts)
  const base: Problem = { path, kind: 'range', problem, expected, got }
  return hint === '' ? base : { ...base, hint }
}

/** The number that a bound becomes in a tensor. */
function asHeld(datatype: Datatype, bound: number): number {
  if (datatype === 'FP32') return Math.fround(bound)
  return datatype === 'FP16' ? numberFromHalf(halfFromNumber(bound)) : bound
}

function rangeText(min: number, max: number): string {
  if (max === Number.POSITIVE_INFINITY) return `a value from ${min}`
  return min === Number.NEGATIVE_INFINITY ? `a value up to ${max}` : `a value from ${min} to ${max}`
}
