// JSON Schema (2020-12) of the values that a version takes and gives. What is refused is in the schema; what is let through is in words:
// `minimum`, `maximum` and `enum` stand for rules that say `reject` alone, and a datatype's own limits are exclusive bounds.
import { type Datatype, factsOf } from '../tensor/datatype.ts'
import type { Dimension } from '../tensor/shape.ts'
import type { Feature, FeatureRules } from './features.ts'
import { integerPattern } from './integer-pattern.ts'
import type { TensorSpec } from './signature.ts'

export type JsonSchema = Readonly<Record<string, unknown>>

/** What JSON has no numbers for. */
const notFinite: JsonSchema = { type: 'string', pattern: '^(NaN|-?Infinity)$' }

/** The least number that rounds to infinity. */
const overflows: Partial<Record<Datatype, number>> = { FP32: 3.4028235677973366e38, FP16: 65_520 }

/** One element of a tensor, as V2 and lists of plain values have it. */
export function elementSchema(datatype: Datatype): JsonSchema {
  const { kind, range } = factsOf(datatype)
  switch (kind) {
    case 'bool':
      return { anyOf: [{ type: 'boolean' }, { const: 0 }, { const: 1 }] }
    case 'integer': {
      const [low, high] = range!.map(Number) as [number, number]
      return { type: 'integer', exclusiveMinimum: low - 1, exclusiveMaximum: high + 1 }
    }
    case 'bigint':
      return { anyOf: [wideNumber(range!), { type: 'string', pattern: integerPattern(range!) }] }
    case 'float':
    case 'half':
      return { anyOf: [finite(datatype), notFinite] }
    case 'string':
      return { type: 'string', pattern: text }
  }
}

/** No NUL, at which the runtime would cut. */
const text = '^[^\\u0000]*$'

function finite(datatype: Datatype): JsonSchema {
  const bound = overflows[datatype]
  return { type: 'number', ...(bound !== undefined && { exclusiveMinimum: -bound, exclusiveMaximum: bound }) }
}

/** Beyond what a number holds exactly, digits are to be written plainly, which a schema cannot tell from others. */
function wideNumber([low, high]: readonly [bigint, bigint]): JsonSchema {
  return { type: 'integer', exclusiveMinimum: Number(low) - 1, exclusiveMaximum: Number(high) + 1 }
}

const base64Pattern = '^(?:[A-Za-z0-9+/_-]{4})*(?:[A-Za-z0-9+/_-]{2,3}={0,2})?$'

/** What nothing fits. */
export const nothing: JsonSchema = { not: {} }

/** `{"b64": "…"}`, which stands for text in dialects of rows and columns. */
export const bytesSchema: JsonSchema = {
  type: 'object',
  properties: { b64: { type: 'string', contentEncoding: 'base64', pattern: base64Pattern } },
  required: ['b64'],
  additionalProperties: false
}

/** What a record holds for a feature. Without a value where that is allowed, `null` will do. */
export function featureSchema(feature: Feature, input: TensorSpec): JsonSchema {
  const value = valueSchema(feature, input)
  const described = { ...value, ...annotations(feature) }
  return isOptional(feature) ? { ...annotations(feature), anyOf: [value, { type: 'null' }] } : described
}

/** Whether a record may leave the feature out. Of a whole tensor nothing tells how large it would be. */
export function isOptional({ type, rules }: Feature): boolean {
  return type !== 'tensor' && (rules.nullable === true || rules.default !== undefined)
}

function valueSchema({ type, rules }: Feature, input: TensorSpec): JsonSchema {
  const { kind } = factsOf(input.datatype)
  switch (type) {
    case 'category':
      // What is no value cannot be encoded, whatever the rule says.
      return kind === 'string'
        ? textSchema(rules)
        : anyOf((rules.values ?? []).map(value => ({ const: value })))
    case 'boolean':
      return { type: 'boolean' }
    case 'integer': {
      const element = elementSchema(input.datatype)
      const isWhole =
        kind === 'float' || kind === 'half' ? { ...finite(input.datatype), type: 'integer' } : element
      return bounded(isWhole, rules)
    }
    case 'number':
      return bounded(elementSchema(input.datatype), rules)
    case 'string':
      return textSchema(rules)
    case 'tensor': {
      const element = kind === 'string' ? textSchema(rules) : bounded(elementSchema(input.datatype), rules)
      return rowSchema(input.shape?.slice(1) ?? [], element)
    }
  }
}

/** Nested, or flat. Free sizes are read off the nesting, so that a flat list can only be empty there. */
function rowSchema(shape: readonly Dimension[], element: JsonSchema): JsonSchema {
  const nested = nestedSchema(shape, element)
  if (shape.every(size => typeof size === 'number')) {
    const count = shape.reduce((product, size) => product * size, 1)
    return shape.length < 2 ? nested : anyOf([nested, listSchema(count, element)])
  }
  return typeof shape[0] === 'number' ? anyOf([nested, { type: 'array', maxItems: 0 }]) : nested
}

function textSchema(rules: FeatureRules): JsonSchema {
  const { values, outOfRange, nullable } = rules
  if (values === undefined || outOfRange !== 'reject')
    return { anyOf: [{ type: 'string', pattern: text }, bytesSchema] }
  const allowed = values.map(String)
  return { enum: nullable === true && !allowed.includes('') ? [...allowed, ''] : allowed }
}

/** With the bounds of a rule that refuses; strings such as "NaN" are neither above nor below. */
export function bounded(schema: JsonSchema, { min, max, outOfRange }: FeatureRules): JsonSchema {
  if (outOfRange !== 'reject' || (min === undefined && max === undefined)) return schema
  const bounds = { ...(min !== undefined && { minimum: min }), ...(max !== undefined && { maximum: max }) }
  const { anyOf: parts } = schema as { readonly anyOf?: readonly JsonSchema[] }
  if (parts === undefined) return { ...schema, ...bounds }
  return anyOf(
    parts.flatMap((part): readonly JsonSchema[] => {
      const pattern = (part as { readonly pattern?: string }).pattern
      if (part['type'] !== 'string') return [{ ...part, ...bounds }]
      // Infinities lie outside of any bound; digits in quotes would escape it.
      if (pattern === notFinite['pattern']) return [{ ...part, pattern: notFinitePattern(min, max) }]
      return []
    })
  )
}

function notFinitePattern(min: number | undefined, max: number | undefined): string {
  const allowed = [
    'NaN',
    ...(max === undefined ? ['Infinity'] : []),
    ...(min === undefined ? ['-Infinity'] : [])
  ]
  return `^(${allowed.join('|')})$`
}

/** What a schema says beside what it checks. */
function annotations({ rules }: Feature): JsonSchema {
  const { description, unit, min, max, values, outOfRange = 'flag', default: byDefault } = rules
  const range =
    min === undefined && max === undefined
      ? undefined
      : `${min ?? 'any'} to ${max ?? 'any'}${outOfRange === 'reject' ? '' : outOfRange === 'clip' ? '; other values are moved into it' : '; other values are counted'}`
  const parts = [
    description === undefined ? undefined : /[.!?]$/.test(description) ? description : `${description}.`,
    unit === undefined ? undefined : `In ${unit}.`,
    range === undefined ? undefined : `Expected: ${range}.`,
    values === undefined || outOfRange === 'reject'
      ? undefined
      : `Expected: ${values.slice(0, 32).map(String).join(', ')}.`
  ].filter(part => part !== undefined)
  return {
    ...(parts.length > 0 && { description: parts.join(' ') }),
    ...(byDefault !== undefined && { default: byDefault })
  }
}

/** Any of these; the one itself where there is one, none twice, and nothing where there are none. */
export function anyOf(schemas: readonly JsonSchema[]): JsonSchema {
  const texts = schemas.map(schema => JSON.stringify(schema))
  const [only, ...others] = schemas.filter((_, index) => texts.indexOf(texts[index]!) === index)
  return only === undefined ? nothing : others.length === 0 ? only : { anyOf: [only, ...others] }
}

/** Lists in lists, as a shape says; a free size is any. */
export function nestedSchema(shape: readonly Dimension[], element: JsonSchema): JsonSchema {
  return shape.reduceRight<JsonSchema>(
    (inner, size) => listSchema(typeof size === 'number' ? size : undefined, inner),
    element
  )
}

export function listSchema(count: number | undefined, items: JsonSchema): JsonSchema {
  return { type: 'array', items, ...(count !== undefined && { minItems: count, maxItems: count }) }
}
