// JSON Schema as Kedge writes it → the TypeScript of a value. Numbers that JSON cannot hold are numbers here: the client writes and reads
// them as the server does.
import { propertyName, scalarLiteral } from './source-text.ts'

export type Json = Readonly<Record<string, unknown>>

/** Beyond so many literals a type says what they are instead of naming them. */
const literalsMax = 500

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The alternatives of a schema, flat; itself where there are none. */
export function alternatives(schema: unknown): readonly Json[] {
  if (!isObject(schema)) return []
  const parts = schema['anyOf']
  return Array.isArray(parts) ? parts.flatMap(alternatives) : [schema]
}

export interface Reading {
  /** Of what is answered, a list of known values is all that comes; what is sent may be of any kind that the schema has. */
  readonly answered: boolean
  /** Whether texts may be bytes as well: `{"b64": "…"}`. */
  readonly bytes: boolean
}

export function typeOf(schema: unknown, reading: Reading): string {
  const types = partTypes(schema, reading)
  return types.length === 0 ? 'unknown' : types.join(' | ')
}

function partTypes(schema: unknown, reading: Reading): readonly string[] {
  const all = alternatives(schema)
  const values = all.flatMap(valuesOf)
  if (values.length > 0 && reading.answered) return [literals(values)]
  const kinds = new Set(all.map(({ type }) => type))
  const types = all.map(part => {
    const own = valuesOf(part)
    return own.length > 0 ? literals(own) : partType(part, kinds, reading)
  })
  return [...new Set(types)].filter(type => type !== '')
}

type Scalar = string | number | boolean

const isScalar = (value: unknown): value is Scalar => ['string', 'number', 'boolean'].includes(typeof value)

function valuesOf(part: Json): readonly Scalar[] {
  const listed: unknown = part['enum']
  return [...(Array.isArray(listed) ? (listed as readonly unknown[]) : []), part['const']].filter(isScalar)
}

/** A union of literals, or of the types of theirs where they are too many. */
export function literals(values: readonly Scalar[]): string {
  const all = values.length > literalsMax ? values.map(value => typeof value) : values.map(scalarLiteral)
  return [...new Set(all)].join(' | ')
}

function partType(part: Json, kinds: ReadonlySet<unknown>, reading: Reading): string {
  switch (part['type']) {
    case 'number':
    case 'integer':
      return 'number'
    case 'string':
      // Beside numbers, texts are those that JSON has no number for.
      if (kinds.has('number')) return ''
      return kinds.has('integer') ? 'bigint' : 'string'
    case 'boolean':
      return 'boolean'
    case 'null':
      return 'null'
    case 'array':
      return listOf(partTypes(part['items'], reading))
    case 'object':
      return kinds.has('string') && !reading.bytes ? '' : objectType(part, reading)
    default:
      return 'unknown'
  }
}

function listOf(types: readonly string[]): string {
  const [only = 'unknown', ...others] = types
  const isPlain = others.length === 0 && /^\w+$/.test(only)
  return `readonly ${isPlain ? only : `(${[only, ...others].join(' | ')})`}[]`
}

function objectType({ properties }: Json, reading: Reading): string {
  if (!isObject(properties)) return 'unknown'
  const entries = Object.entries(properties).map(([name, schema]) => [name, typeOf(schema, reading)] as const)
  const types = new Set(entries.map(([, type]) => type))
  const [type] = types
  if (type !== undefined && types.size === 1 && entries.length > 1) {
    const names = entries.length > literalsMax ? 'string' : literals(entries.map(([name]) => name))
    return `Readonly<Record<${names}, ${type}>>`
  }
  return `{ ${entries.map(([name, own]) => `readonly ${propertyName(name)}: ${own}`).join('; ')} }`
}

/** Whether a value holds numbers of which some come as texts: `"NaN"`. */
export function holdsNotFinite(schema: unknown): boolean {
  const all = alternatives(schema)
  if (all.some(part => valuesOf(part).length > 0)) return false
  const kinds = new Set(all.map(({ type }) => type))
  if (kinds.has('number') && kinds.has('string')) return true
  return all.some(({ items, properties }) => {
    const inner = [items, ...(isObject(properties) ? Object.values(properties) : [])]
    return inner.some(holdsNotFinite)
  })
}
