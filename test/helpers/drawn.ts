// Values drawn at random from a JSON Schema, as far as Kedge's schemas go.
import fc from 'fast-check'
import type { JsonSchema } from '../../src/schema/json-schema.ts'

/** `size` is how long every list is whose length is free: lists of equal lengths are what schemas cannot ask for. */
export function drawn(schema: JsonSchema, size: number): fc.Arbitrary<unknown> {
  if ('const' in schema) return fc.constant(schema['const'])
  if ('enum' in schema) return fc.constantFrom(...(schema['enum'] as readonly unknown[]))
  if (schema['type'] === undefined && 'anyOf' in schema) {
    const parts = schema['anyOf'] as readonly JsonSchema[]
    const useful = parts.filter(part => !isNothing(part) && part['maxItems'] !== 0)
    return fc.oneof(...useful.map(part => drawn(part, size)))
  }
  switch (schema['type']) {
    case 'object':
      return drawnObject(schema, size)
    case 'array':
      return drawnList(schema, size)
    case 'integer':
      return drawnInteger(schema)
    case 'number':
      return drawnNumber(schema)
    case 'string':
      return drawnText(schema)
    case 'boolean':
      return fc.boolean()
    case 'null':
      return fc.constant(null)
    default:
      throw new Error(`nothing can be drawn from ${JSON.stringify(schema)}`)
  }
}

function isNothing(schema: JsonSchema): boolean {
  return 'not' in schema
}

type Properties = Readonly<Record<string, JsonSchema>>

function drawnObject(schema: JsonSchema, size: number): fc.Arbitrary<unknown> {
  const {
    properties = {},
    required = [],
    oneOf,
    anyOf
  } = schema as {
    readonly properties?: Properties
    readonly required?: readonly string[]
    readonly oneOf?: readonly { readonly required: readonly string[] }[]
    readonly anyOf?: readonly { readonly required: readonly string[] }[]
  }
  if (isTensor(properties)) return drawnTensor(properties, size)
  const possible = (oneOf ?? anyOf ?? [{ required: [] }]).filter(({ required }) =>
    required.every(name => !isNothing(properties[name]!))
  )
  const excluded = new Set((oneOf ?? []).flatMap(({ required }) => required))
  return fc.constantFrom(...possible).chain(({ required: chosen }) => {
    const needed = new Set([...required, ...chosen])
    const entries = Object.entries(properties)
      .filter(([name, part]) => !isNothing(part) && (needed.has(name) || !excluded.has(name)))
      .map(([name, part]) => {
        const value = drawn(part, size).map(value => [name, value] as const)
        return needed.has(name) ? value : fc.option(value, { nil: undefined })
      })
    return fc.tuple(...entries).map(list => Object.fromEntries(list.filter(entry => entry !== undefined)))
  })
}

function isTensor(properties: Properties): boolean {
  return 'shape' in properties && 'data' in properties
}

/** That data has as many elements as its shape says is beyond a schema. */
function drawnTensor(properties: Properties, size: number): fc.Arbitrary<unknown> {
  const {
    shape,
    data,
    parameters: _,
    ...rest
  } = properties as Properties & { shape: JsonSchema; data: JsonSchema }
  const sizes = ((shape['prefixItems'] ?? []) as readonly JsonSchema[]).map(part =>
    Number(part['const'] ?? size)
  )
  const count = sizes.reduce((product, each) => product * each, 1)
  const parts = (data['anyOf'] ?? [data]) as readonly JsonSchema[]
  const [flat, nested] = parts
  const lists = [{ ...flat, minItems: count, maxItems: count }, ...(nested === undefined ? [] : [nested])]
  return fc.record({
    ...Object.fromEntries(Object.entries(rest).map(([name, part]) => [name, drawn(part, size)])),
    shape: fc.constant(sizes),
    data: fc.oneof(...lists.map(list => drawn(list, size)))
  })
}

function drawnList(schema: JsonSchema, size: number): fc.Arbitrary<unknown> {
  const {
    prefixItems,
    items,
    minItems = 0,
    maxItems = Number.POSITIVE_INFINITY
  } = schema as {
    readonly prefixItems?: readonly JsonSchema[]
    readonly items?: JsonSchema
    readonly minItems?: number
    readonly maxItems?: number
  }
  if (prefixItems !== undefined) return fc.tuple(...prefixItems.map(part => drawn(part, size)))
  const count = Math.min(Math.max(size, minItems), maxItems)
  if (items === undefined) return fc.array(fc.nat(9), { minLength: minItems, maxLength: count })
  if (schema['uniqueItems'] === true) return fc.uniqueArray(drawn(items, size), { maxLength: count })
  // The outputs of V2, each of which is asked for once.
  const { name, shape } = (items['properties'] ?? {}) as Properties
  if (name !== undefined && shape === undefined)
    return fc.uniqueArray(drawn(items, size), {
      maxLength: count,
      selector: output => (output as { readonly name: unknown }).name
    })
  // The inputs of V2: each of them once, in any order.
  if (schema['allOf'] !== undefined) {
    const each = (items['anyOf'] ?? [items]) as readonly JsonSchema[]
    return fc
      .tuple(...each.map(part => drawn(part, size)))
      .chain(list => fc.shuffledSubarray(list, { minLength: list.length, maxLength: list.length }))
  }
  return fc.array(drawn(items, size), { minLength: count, maxLength: count })
}

interface Bounds {
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly exclusiveMaximum?: number
}

function drawnInteger(schema: JsonSchema): fc.Arbitrary<number> {
  const {
    minimum = -Infinity,
    maximum = Infinity,
    exclusiveMinimum = -Infinity,
    exclusiveMaximum = Infinity
  } = schema as Bounds
  const safe = Number.MAX_SAFE_INTEGER
  const min = Math.max(Math.ceil(minimum), Math.floor(exclusiveMinimum) + 1, -safe)
  const max = Math.min(Math.floor(maximum), Math.ceil(exclusiveMaximum) - 1, safe)
  const near = { min: Math.max(min, -20), max: Math.min(max, 20) }
  const small = near.min <= near.max ? near : { min, max }
  return fc.oneof(
    fc.integer(small),
    fc.maxSafeInteger().map(value => Math.min(Math.max(value, min), max))
  )
}

function drawnNumber(schema: JsonSchema): fc.Arbitrary<number> {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema as Bounds
  const min = Math.max(minimum ?? -Infinity, exclusiveMinimum ?? -Infinity, -Number.MAX_VALUE)
  const max = Math.min(maximum ?? Infinity, exclusiveMaximum ?? Infinity, Number.MAX_VALUE)
  const inside = (value: number): boolean =>
    value >= min && value <= max && value !== exclusiveMinimum && value !== exclusiveMaximum
  return fc.oneof(
    fc.double({
      min,
      max,
      noNaN: true,
      minExcluded: min === exclusiveMinimum,
      maxExcluded: max === exclusiveMaximum
    }),
    fc
      .constantFrom(0, 1, 2, 0.5, 7, -1, 10)
      .map(value => (inside(value) ? value : inside(min) ? min : inside(max) ? max : (min + max) / 2))
  )
}

const someTexts = [
  ...[
    'NaN',
    'Infinity',
    '-Infinity',
    '0',
    '-1',
    '7',
    '007',
    '12',
    '9223372036854775807',
    '-9223372036854775808'
  ],
  ...['18446744073709551615', '255', '', 'pro', 'grün', '😀', 'a,b', '"']
]
const someBase64 = ['', 'cHJv', 'YQ==', 'YQ', 'w7w', 'w7w=', '8J-YgA==', '8J+YgA']

function drawnText({ pattern, contentEncoding }: JsonSchema): fc.Arbitrary<string> {
  if (contentEncoding === 'base64') return fc.constantFrom(...someBase64)
  const fits = new RegExp(typeof pattern === 'string' ? pattern : '', 'u')
  const some = fc.constantFrom(...someTexts.filter(text => fits.test(text)))
  const isAny = fits.test('a b') && fits.test('ü')
  return isAny
    ? fc.oneof(
        some,
        fc.string({ unit: 'grapheme', maxLength: 6 }).filter(text => fits.test(text))
      )
    : some
}
