// What a version takes and gives in V2, as JSON Schema, with an example. That the product of a shape is the length of its data, and that named
// dimensions agree, is beyond a schema.
import type { Contract } from '../../schema/contract.ts'
import { anyOf, elementSchema, type JsonSchema, listSchema, nestedSchema } from '../../schema/json-schema.ts'
import type { Signature, TensorSpec } from '../../schema/signature.ts'
import { factsOf } from '../../tensor/datatype.ts'
import { tensorDataJson } from '../../tensor/json-write.ts'
import type { NamedTensor } from '../../tensor/tensor.ts'

/** Those that mean something, and any others. */
function parameters(known: Readonly<Record<string, JsonSchema>>): JsonSchema {
  const value = anyOf([{ type: 'string' }, { type: 'number' }, { type: 'boolean' }])
  return { type: 'object', properties: known, additionalProperties: value }
}

const whole = { type: 'integer', exclusiveMinimum: -1 }
const requestParameters = parameters({
  timeout: { ...anyOf([whole, { type: 'string', pattern: '^[0-9]{1,19}$' }]), description: 'Microseconds.' },
  priority: { ...whole, exclusiveMaximum: 10 },
  label: { type: 'string', minLength: 1, description: 'The version of this label answers.' },
  binary_data_output: { type: 'boolean' }
})
const inputParameters = parameters({ binary_data_size: { ...whole, exclusiveMaximum: 2 ** 53 } })
const binary = {
  required: ['parameters'],
  properties: { parameters: { properties: { binary_data_size: {} }, required: ['binary_data_size'] } }
}
const outputParameters = parameters({
  binary_data: { type: 'boolean' },
  classification: {
    type: 'integer',
    exclusiveMinimum: 0,
    description: 'Only the best so many classes, as texts.'
  }
})

export function v2RequestSchema({ signature }: Pick<Contract, 'signature'>): JsonSchema {
  const { inputs, outputs } = signature
  const output = {
    type: 'object',
    properties: { name: anyOf(outputs.map(({ name }) => ({ const: name }))), parameters: outputParameters },
    required: ['name'],
    additionalProperties: false
  }
  return {
    type: 'object',
    properties: {
      id: { type: 'string' },
      parameters: requestParameters,
      model_name: { type: 'string' },
      model_version: { type: 'string' },
      inputs: {
        type: 'array',
        items: anyOf(inputs.map(inputSchema)),
        minItems: inputs.length,
        maxItems: inputs.length,
        allOf: inputs.map(({ name }) => containing(name))
      },
      outputs: {
        type: 'array',
        items: output,
        allOf: outputs.map(({ name }) => ({ ...containing(name), minContains: 0, maxContains: 1 }))
      }
    },
    required: ['inputs'],
    additionalProperties: false
  }
}

function containing(name: string): JsonSchema {
  return { contains: { properties: { name: { const: name } } } }
}

function inputSchema(input: TensorSpec): JsonSchema {
  const { name, datatype, shape } = input
  const element = elementSchema(datatype)
  const nested = shape === undefined || shape.length < 2 ? [] : [nestedSchema(shape, element)]
  return {
    type: 'object',
    properties: {
      name: { const: name },
      datatype: { const: datatype },
      shape: shapeSchema(input),
      data: shape === undefined ? { type: 'array' } : anyOf([listSchema(undefined, element), ...nested]),
      parameters: inputParameters
    },
    required: ['name', 'datatype', 'shape'],
    additionalProperties: false,
    // Data may follow as bytes instead.
    oneOf: [{ required: ['data'] }, binary]
  }
}

function shapeSchema({ shape }: TensorSpec): JsonSchema {
  const free = { type: 'integer', exclusiveMinimum: -1, exclusiveMaximum: 2 ** 53 }
  if (shape === undefined) return listSchema(undefined, free)
  return {
    type: 'array',
    prefixItems: shape.map(size => (typeof size === 'number' ? { const: size } : free)),
    minItems: shape.length,
    maxItems: shape.length
  }
}

export function v2ResponseSchema({ outputs }: Signature): JsonSchema {
  // Classification answers with texts, whatever the output holds.
  const classified = { type: 'array', items: { type: 'string' } }
  return {
    type: 'object',
    properties: {
      id: { type: 'string' },
      model_name: { type: 'string' },
      model_version: { type: 'string' },
      outputs: {
        type: 'array',
        items: anyOf(
          outputs.map(output => ({
            type: 'object',
            properties: {
              name: { const: output.name },
              datatype: anyOf([{ const: output.datatype }, { const: 'BYTES' }]),
              shape: { type: 'array', items: { type: 'integer', exclusiveMinimum: -1 } },
              parameters: { type: 'object' },
              data: anyOf([{ type: 'array', items: answered(output) }, classified])
            },
            required: ['name', 'datatype', 'shape']
          }))
        )
      }
    },
    required: ['model_name', 'model_version', 'outputs']
  }
}

function answered({ datatype }: TensorSpec): JsonSchema {
  return factsOf(datatype).kind === 'bool' ? { type: 'boolean' } : elementSchema(datatype)
}

export function v2Example(tensors: readonly NamedTensor[]): unknown {
  return {
    inputs: tensors.map(tensor => ({
      name: tensor.name,
      shape: tensor.shape,
      datatype: tensor.datatype,
      data: JSON.parse(tensorDataJson(tensor)) as unknown
    }))
  }
}
