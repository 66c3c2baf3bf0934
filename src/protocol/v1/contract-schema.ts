// What a version takes and gives in V1, as JSON Schema, with an example.
import type { Contract } from '../../schema/contract.ts'
import { anyOf, type JsonSchema } from '../../schema/json-schema.ts'
import type { NamedTensor } from '../../tensor/tensor.ts'
import { columnsSchema, outputsSchema, predictionsSchema, rowsSchema } from '../records/contract-schema.ts'
import { exampleColumns, exampleRecord } from '../records/example.ts'
import type { OutputNames } from '../records/write.ts'

export function v1RequestSchema(contract: Contract): JsonSchema {
  const { signature } = contract
  const outputs = {
    type: 'array',
    items: anyOf(signature.outputs.map(({ name }) => ({ const: name }))),
    uniqueItems: true
  }
  return {
    type: 'object',
    properties: {
      signature_name: { anyOf: [{ const: 'serving_default' }, { const: '' }] },
      instances: rowsSchema(contract),
      inputs: columnsSchema(contract),
      outputs,
      classes: { type: 'boolean' }
    },
    additionalProperties: false,
    oneOf: [{ required: ['instances'] }, { required: ['inputs'] }]
  }
}

export function v1ResponseSchema({ signature }: Contract, names: OutputNames): JsonSchema {
  const either = (of: (classes: boolean) => JsonSchema): JsonSchema =>
    hasClasses(names) ? { anyOf: [of(false), of(true)] } : of(false)
  return {
    type: 'object',
    properties: {
      predictions: either(classes => predictionsSchema(signature, names, classes)),
      outputs: either(classes => outputsSchema(signature, names, classes))
    }
  }
}

export function v1Example(tensors: readonly NamedTensor[], contract: Contract): unknown {
  const record = exampleRecord(tensors, contract)
  return record === undefined ? { inputs: exampleColumns(tensors) } : { instances: [record] }
}

function hasClasses(names: OutputNames): boolean {
  return Object.values(names).some(
    name => name?.classes !== undefined || name?.role === 'label' || name?.role === 'probabilities'
  )
}
