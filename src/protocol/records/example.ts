// Tensors → the rows that a person would write: a record by feature where each row has a value of each, else whole inputs.
import type { Contract } from '../../schema/contract.ts'
import type { Feature } from '../../schema/features.ts'
import { factsOf } from '../../tensor/datatype.ts'
import { elementText, nestedJson } from '../../tensor/nested-write.ts'
import { type NamedTensor, rowsOf } from '../../tensor/tensor.ts'

/** The first row as a record; undefined where the inputs have no rows in common, so that only whole inputs will do. */
export function exampleRecord(
  tensors: readonly NamedTensor[],
  { features, signature }: Contract
): Record<string, unknown> | undefined {
  if (tensors.some(tensor => tensor.shape.length === 0 || rowsOf(tensor) < 1)) return undefined
  // A graph with a fixed number of rows takes neither more nor fewer.
  if (signature.inputs.some(({ shape }) => typeof shape?.[0] === 'number' && shape[0] !== 1)) return undefined
  const record = Object.create(null) as Record<string, unknown>
  for (const feature of features) {
    const tensor = tensors.find(({ name }) => name === feature.input)
    if (tensor === undefined) return undefined
    record[feature.name] = recordValue(feature, tensor)
  }
  return { ...record }
}

/** Whole inputs by name. */
export function exampleColumns(tensors: readonly NamedTensor[]): Record<string, unknown> {
  return Object.fromEntries(
    tensors.map(tensor => [tensor.name, JSON.parse(nestedJson(elementText(tensor), tensor.shape)) as unknown])
  )
}

function recordValue(feature: Feature, tensor: NamedTensor): unknown {
  const text = elementText(tensor)
  if (feature.type === 'tensor') return JSON.parse(nestedJson(text, tensor.shape.slice(1))) as unknown
  const element = tensor.data[feature.column]!
  const { rules, type } = feature
  const { kind } = factsOf(tensor.datatype)
  if (kind === 'string') return element === '' && rules.nullable === true ? null : element
  if (Number.isNaN(element) && rules.nullable === true) return null
  if (type === 'category') return rules.values?.[Number(element)] ?? null
  if (type === 'boolean') return Number(element) !== 0
  return JSON.parse(text(feature.column)) as unknown
}
