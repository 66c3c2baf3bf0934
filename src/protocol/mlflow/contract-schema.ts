// What a version takes and gives in MLflow's dialect, as JSON Schema, with an example.
import type { Contract } from '../../schema/contract.ts'
import { featureSchema, type JsonSchema, nothing } from '../../schema/json-schema.ts'
import type { NamedTensor } from '../../tensor/tensor.ts'
import {
  columnsSchema,
  outputsSchema,
  predictionsSchema,
  recordsSchema,
  rowCount,
  rowList,
  rowsSchema
} from '../records/contract-schema.ts'
import { exampleColumns, exampleRecord } from '../records/example.ts'
import type { OutputNames } from '../records/write.ts'

export function mlflowRequestSchema(contract: Contract): JsonSchema {
  const forms = {
    dataframe_split: splitSchema(contract),
    dataframe_records: recordsSchema(contract),
    instances: rowsSchema(contract),
    inputs: columnsSchema(contract)
  }
  return {
    type: 'object',
    properties: { ...forms, params: { anyOf: [{ type: 'object', maxProperties: 0 }, { type: 'null' }] } },
    additionalProperties: false,
    oneOf: Object.keys(forms).map(form => ({ required: [form] }))
  }
}

/** Columns in any order are fine; a schema can tie the cells to them in the model's own order alone. */
function splitSchema({ features, signature }: Contract): JsonSchema {
  const rows = rowCount(signature)
  if (rows === 'none') return nothing
  const specOf = (input: string) => signature.inputs.find(({ name }) => name === input)!
  const cells = features.map(feature => featureSchema(feature, specOf(feature.input)))
  return {
    type: 'object',
    properties: {
      index: { type: 'array' },
      columns: {
        type: 'array',
        prefixItems: features.map(({ name }) => ({ const: name })),
        minItems: features.length,
        maxItems: features.length
      },
      data: {
        ...rowList(rows),
        items: { type: 'array', prefixItems: cells, minItems: cells.length, maxItems: cells.length }
      }
    },
    required: ['data'],
    additionalProperties: false
  }
}

export function mlflowResponseSchema({ signature }: Contract, names: OutputNames): JsonSchema {
  return {
    type: 'object',
    properties: {
      predictions: {
        anyOf: [predictionsSchema(signature, names, false), outputsSchema(signature, names, false)]
      }
    },
    required: ['predictions']
  }
}

export function mlflowExample(tensors: readonly NamedTensor[], contract: Contract): unknown {
  const record = exampleRecord(tensors, contract)
  return record === undefined ? { inputs: exampleColumns(tensors) } : { dataframe_records: [record] }
}
