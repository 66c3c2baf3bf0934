// What a client is generated from, read out of the document that `GET /v2/models/{m}/schema` answers: with checks, since it may come from a
// server that is none of ours.
import { describe } from '../base/describe.ts'
import { alternatives, holdsNotFinite, isObject, type Json, literals, typeOf } from './schema-type.ts'
import { sentence } from './source-text.ts'

export interface ModelFacts {
  readonly model: string
  readonly version: string
  readonly description: string | undefined
  readonly features: readonly FeatureFacts[]
  readonly prediction: PredictionFacts
}

export interface FeatureFacts {
  readonly name: string
  /** Its type in TypeScript. */
  readonly type: string
  /** A record may leave it out, or hold null. */
  readonly optional: boolean
  /** Sentences that say what it is. */
  readonly notes: readonly string[]
}

export interface PredictionFacts {
  /** Whether to ask for classes by name. */
  readonly classes: boolean
  /** By name, or one without a name that stands alone. */
  readonly outputs: readonly OutputFacts[]
}

export interface OutputFacts {
  /** Undefined where it is all of the prediction. */
  readonly name: string | undefined
  readonly type: string
  /** Whether numbers may come as texts: "NaN". */
  readonly notFinite: boolean
}

/** What came does not describe a model; the message says what is amiss. */
export class ContractError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'ContractError'
  }
}

/** Throws ContractError. */
export function readFacts(document: unknown, description: string | undefined): ModelFacts {
  const { model, version, features, v1 } = isObject(document) ? document : {}
  if (typeof model !== 'string' || typeof version !== 'string')
    throw new ContractError(`expected the contract of a model, got ${describe(document)}`)
  if (!Array.isArray(features) || !features.every(isFeature) || !isObject(v1))
    throw new ContractError(`the contract of ${describe(model)} lacks features or its V1 form`)
  const { request, response } = v1
  const record = recordProperties(request, features)
  if (record === undefined)
    throw new ContractError(`the contract of ${describe(model)} has no rows by feature`)
  const prediction = predictionFacts(request, response)
  if (prediction === undefined)
    throw new ContractError(`the contract of ${describe(model)} has no answer by output`)
  return {
    model,
    version,
    description,
    features: features.map(feature => featureFacts(feature, record[feature.name])),
    prediction
  }
}

interface Feature extends Json {
  readonly name: string
  readonly type: string
}

function isFeature(value: unknown): value is Feature {
  return isObject(value) && typeof value['name'] === 'string' && typeof value['type'] === 'string'
}

function property(schema: unknown, ...path: readonly string[]): unknown {
  const [key, ...rest] = path
  if (key === undefined) return schema
  return isObject(schema) && Object.hasOwn(schema, key) ? property(schema[key], ...rest) : undefined
}

/** The form of a row that is an object by feature: the one of all forms that knows every feature. */
function recordProperties(request: unknown, features: readonly Feature[]): Json | undefined {
  for (const list of alternatives(property(request, 'properties', 'instances'))) {
    for (const form of alternatives(list['items'])) {
      const { properties } = form
      if (isObject(properties) && features.every(({ name }) => Object.hasOwn(properties, name)))
        return properties
    }
  }
  return undefined
}

function featureFacts(feature: Feature, schema: unknown): FeatureFacts {
  const { name, type, nullable, default: standard } = feature
  const given = alternatives(schema).filter(part => part['type'] !== 'null')
  const optional = nullable === true || standard !== undefined
  return {
    name,
    type: categoryType(feature, given) ?? typeOf({ anyOf: given }, { answered: false, bytes: false }),
    optional,
    notes: notesOf(feature, type)
  }
}

/** A category in text: a schema that lets others through, to be counted, says nothing of its values. */
function categoryType({ type, values }: Feature, given: readonly Json[]): string | undefined {
  if (type !== 'category' || !Array.isArray(values)) return undefined
  return given.some(part => part['type'] === 'string') ? literals(values.map(String)) : undefined
}

const isKnown = (value: unknown): boolean => ['string', 'number', 'boolean'].includes(typeof value)

function notesOf(
  { description, unit, min, max, nullable, default: standard, outOfRange }: Feature,
  type: string
) {
  const notes: string[] = []
  if (typeof description === 'string') notes.push(sentence(description))
  if (typeof unit === 'string') notes.push(`Unit: ${unit}.`)
  if (typeof min === 'number' || typeof max === 'number') {
    const [from, to] = [min, max].map(bound => (typeof bound === 'number' ? String(bound) : 'any'))
    notes.push(`Expected: ${from} to ${to}; ${fates.get(outOfRange) ?? 'others are counted'}.`)
  }
  if (type === 'integer') notes.push('A whole number.')
  if (isKnown(standard)) notes.push(`Missing: ${String(standard)} is taken.`)
  else if (nullable === true) notes.push('May be missing.')
  return notes
}

const fates = new Map<unknown, string>([
  ['reject', 'others are refused'],
  ['clip', 'others are moved into it']
])

const endsBytes = /_bytes$/

/** One output stands alone, several stand by name. Where model.yaml names classes, the schema has a second form for them. */
function predictionFacts(request: unknown, response: unknown): PredictionFacts | undefined {
  const names = alternatives(property(request, 'properties', 'outputs', 'items')).map(part => part['const'])
  const forms = alternatives(property(response, 'properties', 'predictions'))
  const rows = forms.at(-1)?.['items']
  const classes = forms.length > 1
  const bytes = names.some(name => typeof name === 'string' && endsBytes.test(name))
  const facts = (name: string | undefined, schema: unknown): OutputFacts => ({
    name,
    type: typeOf(schema, { answered: true, bytes }),
    notFinite: holdsNotFinite(schema)
  })
  if (names.length < 2) return { classes, outputs: [facts(undefined, rows)] }
  const byName = alternatives(rows)[0]?.['properties']
  if (!isObject(byName)) return undefined
  return { classes, outputs: Object.entries(byName).map(([name, schema]) => facts(name, schema)) }
}
