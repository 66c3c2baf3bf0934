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
  nestedSchema
} from '../../schema/json-schema.ts'
import type { Signature, TensorSpec } from '../../schema/signature.ts'
import { type Datatype, factsOf } from '../../tensor/datatype.ts'
import { answerKeys, type OutputNames } from './write.ts'

/** So many inputs with columns have every mixture of forms written out. */
const mixedMax = 3

/** An object by feature; an input that has columns may come as one list of them instead. */
export function recordSchema(contract: Contract): JsonSchema {
  const { signature, features } = contract
  const names = new Set(features.map(({ name }) => name))
  const wide = signature.inputs.filter(({ name }) => !names.has(name)).map(({ name }) => name)
  const mixtures = wide.length > mixedMax ? [[], wide] : subsets(wide)
  const forms = mixtures.map(asLists => recordForm(contract, new Set(asLists)))
  return anyOf(forms)
}

function subsets(names: readonly string[]): readonly string[][] {
  const [first, ...rest] = names
  if (first === undefined) return [[]]
  const without = subsets(rest)
  return [...without, ...without.map(some => [first, ...some])]
}

/** An object with the columns of some inputs in lists and all else by feature. */
function recordForm({ signature, features }: Contract, asLists: ReadonlySet<string>): JsonSchema {
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
      if (!isOptional(feature.rules)) required.push(feature.name)
    }
  }
  return {
    type: 'object',
    properties: Object.fromEntries(properties),
    additionalProperties: false,
    ...(required.length > 0 && { required })
  }
}

/** A list of rows: values of the one input, or records. */
export function rowsSchema(contract: Contract): JsonSchema {
  const records = { type: 'array', minItems: 1, items: recordSchema(contract) }
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
  const { signature, features } = contract
  const { inputs } = signature
  const names = inputs.map(({ name }) => name)
  const [only] = inputs
  const byInput = {
    type: 'object',
    properties: Object.fromEntries(inputs.map(input => [input.name, inputSchema(input, contract)])),
    required: names,
    additionalProperties: false
  }
  const specOf = (name: string): TensorSpec => inputs.find(input => input.name === name)!
  const byFeature = {
    type: 'object',
    properties: Object.fromEntries(
      features.map(feature => [
        feature.name,
        { type: 'array', minItems: 1, items: featureSchema(feature, specOf(feature.input)) }
      ])
    ),
    required: features.filter(({ rules }) => !isOptional(rules)).map(({ name }) => name),
    additionalProperties: false
  }
  const hasFeatures = features.some(({ name }) => !names.includes(name))
  const forms = [
    ...(inputs.length === 1 && only !== undefined ? [inputSchema(only, contract)] : []),
    byInput,
    ...(hasFeatures ? [byFeature] : [])
  ]
  return anyOf(forms)
}

/** The whole value of an input, nested by its shape. */
function inputSchema(input: TensorSpec, contract: Contract): JsonSchema {
  const { shape } = input
  const element = innermost(input, contract)
  if (shape === undefined) return { description: `Numbers nested to any depth.` }
  const own = contract.features.filter(feature => feature.input === input.name)
  const byColumn = own.some(({ type, rules }) => type !== 'tensor' && rules.outOfRange === 'reject')
  // An empty list has no inner sizes.
  if (!byColumn || shape.length !== 2)
    return shape.length > 1 ? { minItems: 1, ...nestedSchema(shape, element) } : nestedSchema(shape, element)
  const row = {
    type: 'array',
    prefixItems: own.map(feature => columnSchema(feature, input)),
    minItems: own.length,
    maxItems: own.length
  }
  const [count] = shape
  return { minItems: 1, ...listSchema(typeof count === 'number' ? count : undefined, row) }
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
