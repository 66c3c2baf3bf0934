// JSON Schema of rows and columns for one version: what V1 and MLflow take and give, and an example of each.
import type { Contract } from '../../schema/contract.ts'
import type { Feature } from '../../schema/features.ts'
import {
  anyOf,
  bounded,
  bytesSchema,
  elementSchema,
  featureSchema,
  isOptional,
  type JsonSchema,
  listSchema,
  nestedSchema,
  nothing
} from '../../schema/json-schema.ts'
import type { Signature, TensorSpec } from '../../schema/signature.ts'
import { type Datatype, factsOf } from '../../tensor/datatype.ts'
import type { Dimension } from '../../tensor/shape.ts'
import { columnInputs } from './columns.ts'
import { answerKeys, type OutputNames } from './write.ts'

/** So many inputs with columns have every mixture of forms written out. */
const mixedMax = 3

/** A list of objects by feature; an input that has columns may come as one list of them instead. */
export function recordsSchema(contract: Contract): JsonSchema {
  const rows = rowCount(contract.signature)
  if (rows === 'none') return nothing
  return { ...rowList(rows), items: anyOf(recordForms(contract)) }
}

/** How many rows all inputs have together; none where they cannot have the same. */
export function rowCount({ inputs }: Signature): number | 'any' | 'none' {
  let rows: number | 'any' = 'any'
  for (const { shape } of inputs) {
    if (shape?.length === 0) return 'none'
    const size = shape?.[0]
    if (typeof size !== 'number') continue
    if (rows !== 'any' && rows !== size) return 'none'
    rows = size
  }
  return rows
}

export function rowList(rows: number | 'any'): JsonSchema {
  return { type: 'array', ...(rows === 'any' ? { minItems: 1 } : { minItems: rows, maxItems: rows }) }
}

interface RecordForm {
  readonly properties: readonly (readonly [name: string, schema: JsonSchema])[]
  readonly required: readonly string[]
}

function formsOf(contract: Contract): readonly RecordForm[] {
  const { signature, features } = contract
  const names = new Set(features.map(({ name }) => name))
  const wide = signature.inputs.filter(({ name }) => !names.has(name)).map(({ name }) => name)
  const mixtures = wide.length > mixedMax ? [[], wide] : subsets(wide)
  return mixtures.map(asLists => recordForm(contract, new Set(asLists)))
}

function recordForms(contract: Contract): readonly JsonSchema[] {
  return formsOf(contract).map(({ properties, required }) => objectSchema(properties, required))
}

function objectSchema(properties: RecordForm['properties'], required: readonly string[]): JsonSchema {
  return {
    type: 'object',
    properties: Object.fromEntries(properties),
    additionalProperties: false,
    ...(required.length > 0 && { required })
  }
}

function subsets(names: readonly string[]): readonly string[][] {
  const [first, ...rest] = names
  if (first === undefined) return [[]]
  const without = subsets(rest)
  return [...without, ...without.map(some => [first, ...some])]
}

/** An object with the columns of some inputs in lists and all else by feature. */
function recordForm({ signature, features }: Contract, asLists: ReadonlySet<string>): RecordForm {
  const properties: [name: string, schema: JsonSchema][] = []
  const required: string[] = []
  for (const input of signature.inputs) {
    const own = features.filter(feature => feature.input === input.name)
    const schemas = own.map(feature => featureSchema(feature, input))
    if (asLists.has(input.name)) {
      const description = `The columns in one list: ${own.map(({ name }) => name).join(', ')}.`
      const list = {
        type: 'array',
        description,
        prefixItems: schemas,
        minItems: own.length,
        maxItems: own.length
      }
      properties.push([input.name, list])
      required.push(input.name)
      continue
    }
    for (const [index, feature] of own.entries()) {
      properties.push([feature.name, schemas[index]!])
      if (!isOptional(feature)) required.push(feature.name)
    }
  }
  return { properties, required }
}

/** A list of rows: values of the one input, or records. */
export function rowsSchema(contract: Contract): JsonSchema {
  const records = recordsSchema(contract)
  const [only] = contract.signature.inputs
  if (contract.signature.inputs.length !== 1 || only === undefined) return records
  return anyOf([records, plainRows(only, contract)])
}

function plainRows(input: TensorSpec, contract: Contract): JsonSchema {
  const whole = inputSchema(input, contract)
  if (input.shape?.length !== 2 || input.shape[1] !== 1) return { minItems: 1, ...whole }
  const [count] = input.shape
  const scalars = listSchema(typeof count === 'number' ? count : undefined, innermost(input, contract))
  return {
    anyOf: [
      { minItems: 1, ...whole },
      { minItems: 1, ...scalars }
    ]
  }
}

/** Whole inputs, or lists of values by feature. */
export function columnsSchema(contract: Contract): JsonSchema {
  const { inputs } = contract.signature
  const names = inputs.map(({ name }) => name)
  const [only] = inputs
  const byInput = {
    type: 'object',
    properties: Object.fromEntries(inputs.map(input => [input.name, inputSchema(input, contract)])),
    required: names,
    additionalProperties: false
  }
  return anyOf([
    ...(inputs.length === 1 && only !== undefined ? [inputSchema(only, contract)] : []),
    byInput,
    ...featureColumns(contract)
  ])
}

/** A list by feature. At least one name has to be no input's, or one column's, by which this form is told from whole inputs. */
function featureColumns(contract: Contract): readonly JsonSchema[] {
  const columns = columnInputs(contract)
  const inputs = contract.signature.inputs.map(({ name }) => name).filter(name => !columns.has(name))
  const rows = rowCount(contract.signature)
  if (rows === 'none') return []
  return formsOf(contract).flatMap(({ properties, required }) => {
    const telling = properties.map(([name]) => name).filter(name => !inputs.includes(name))
    if (telling.length === 0) return []
    const lists = properties.map(([name, items]) => [name, { ...rowList(rows), items }] as const)
    const schema = objectSchema(lists, required)
    const isTold = telling.some(name => required.includes(name))
    return [isTold ? schema : { ...schema, anyOf: telling.map(name => ({ required: [name] })) }]
  })
}

/** The whole value of an input, nested by its shape. */
function inputSchema(input: TensorSpec, contract: Contract): JsonSchema {
  const { shape } = input
  const element = innermost(input, contract)
  if (shape === undefined) return { description: `Numbers nested to any depth.` }
  const own = contract.features.filter(feature => feature.input === input.name)
  const byColumn = own.some(({ type, rules }) => type !== 'tensor' && rules.outOfRange === 'reject')
  if (!byColumn || shape.length !== 2) return wholeSchema(shape, element)
  const row = {
    type: 'array',
    prefixItems: own.map(feature => columnSchema(feature, input)),
    minItems: own.length,
    maxItems: own.length
  }
  return wholeSchema(shape.slice(0, 1), row, true)
}

/** Nested by the shape. What is empty has lost its inner lists, and with them its rank. */
function wholeSchema(shape: readonly Dimension[], element: JsonSchema, isNested = false): JsonSchema {
  return shape.reduceRight<JsonSchema>((inner, size, axis) => {
    if (typeof size === 'number') return listSchema(size, inner)
    const isInnermost = !isNested && axis === shape.length - 1
    return { ...listSchema(undefined, inner), ...(!isInnermost && { minItems: 1 }) }
  }, element)
}

/** A column as the tensor has it: of a category that has numbers, the place of its value. */
function columnSchema({ type, rules }: Feature, input: TensorSpec): JsonSchema {
  const element = plainElement(input.datatype)
  const { values, outOfRange } = rules
  if (outOfRange !== 'reject') return element
  if (factsOf(input.datatype).kind === 'string')
    return values === undefined
      ? element
      : { enum: [...values.map(String), ...(rules.nullable === true ? [''] : [])] }
  return type === 'category' && values !== undefined
    ? bounded(element, { min: 0, max: values.length - 1, outOfRange })
    : bounded(element, rules)
}

function innermost(input: TensorSpec, { features }: Contract): JsonSchema {
  const own = features.filter(feature => feature.input === input.name)
  const [only] = own
  if (own.length === 1 && only !== undefined) return columnSchema(only, input)
  return plainElement(input.datatype)
}

function plainElement(datatype: Datatype): JsonSchema {
  const element = elementSchema(datatype)
  return datatype === 'BYTES' ? { anyOf: [element, bytesSchema] } : element
}

/** One entry a row: the value of the one output, or an object by output. */
export function predictionsSchema(signature: Signature, names: OutputNames, classes: boolean): JsonSchema {
  const rows = (output: TensorSpec): JsonSchema => outputValue(output, output.shape?.slice(1), names, classes)
  return { type: 'array', items: oneOrNamed(signature, names, classes, rows) }
}

/** Whole values: of the one output, or an object by output. */
export function outputsSchema(signature: Signature, names: OutputNames, classes: boolean): JsonSchema {
  return oneOrNamed(signature, names, classes, output => outputValue(output, output.shape, names, classes))
}

function oneOrNamed(
  { outputs }: Signature,
  names: OutputNames,
  classes: boolean,
  schemaOf: (output: TensorSpec) => JsonSchema
): JsonSchema {
  const [only] = outputs
  if (outputs.length === 1 && only !== undefined) return schemaOf(only)
  const keys = answerKeys(
    outputs.map(({ name }) => ({ name, role: classes ? names[name]?.role : undefined }))
  )
  // One output that is asked for alone stands alone.
  return {
    anyOf: [
      {
        type: 'object',
        properties: Object.fromEntries(outputs.map((output, index) => [keys[index]!, schemaOf(output)]))
      },
      ...outputs.map(schemaOf)
    ]
  }
}

function outputValue(
  { name, datatype }: TensorSpec,
  shape: TensorSpec['shape'],
  names: OutputNames,
  classes: boolean
): JsonSchema {
  const { role, classes: known } = names[name] ?? {}
  const element = answered(datatype)
  if (shape === undefined) return {}
  if (classes && known !== undefined && role === 'label')
    return nestedSchema(shape, { anyOf: [...known.map(value => ({ const: value })), element] })
  if (classes && known !== undefined && role === 'probabilities' && shape.length > 0) {
    const byClass = {
      type: 'object',
      properties: Object.fromEntries(known.map(value => [String(value), element])),
      required: known.map(String)
    }
    return nestedSchema(shape.slice(0, -1), byClass)
  }
  return nestedSchema(shape, element)
}

/** An element of an answer. */
function answered(datatype: Datatype): JsonSchema {
  switch (factsOf(datatype).kind) {
    case 'bool':
      return { type: 'boolean' }
    case 'string':
      return { anyOf: [{ type: 'string' }, bytesSchema] }
    case 'integer':
    case 'bigint':
      return { type: 'integer' }
    case 'float':
    case 'half':
      return { anyOf: [{ type: 'number' }, { type: 'string', pattern: '^(NaN|-?Infinity)$' }] }
  }
}
