// Columns → tensors: the whole value of the one input, whole inputs by name, or a list of values by feature.
import { describe, listNames } from '../../base/describe.ts'
import type { Problem } from '../../errors/serving-error.ts'
import type { Contract } from '../../schema/contract.ts'
import { readNamedRows } from './rows.ts'
import { isBytes, isObject, problemsMax, type Read, readValues, type Values } from './values.ts'

/** `path` is where the value stands. */
export function readColumns(whole: unknown, contract: Contract, path: string): Read {
  const { signature, features } = contract
  const [only] = signature.inputs
  if (isObject(whole) && !isBytes(whole)) {
    const inputs = new Set(signature.inputs.map(({ name }) => name))
    const known = new Set(features.map(({ name }) => name))
    const columns = columnInputs(contract)
    const isByFeature = (name: string): boolean =>
      columns.has(name) ? isFlat(whole[name]) : !inputs.has(name) && known.has(name)
    return Object.keys(whole).some(isByFeature)
      ? readFeatureColumns(whole, contract, path)
      : readValues(signature, whole, name => `${path}.${name}`)
  }
  if (signature.inputs.length === 1 && only !== undefined)
    return readValues(signature, { [only.name]: whole }, () => path)
  const expected = `an object with ${listNames(signature.inputs.map(({ name }) => name))}`
  return { problems: [{ path, kind: 'type', problem: 'not valid', expected, got: describe(whole) }] }
}

/** Inputs of one column that are a feature of the same name: a list of values there is no whole input, which would be a list of lists. */
export function columnInputs({ signature, features }: Contract): ReadonlySet<string> {
  const columns = signature.inputs.filter(
    ({ name, shape }) =>
      shape?.length === 2 &&
      shape[1] === 1 &&
      features.some(feature => feature.name === name && feature.type !== 'tensor')
  )
  return new Set(columns.map(({ name }) => name))
}

function isFlat(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && !value.some(Array.isArray)
}

function readFeatureColumns(columns: Values, contract: Contract, path: string): Read {
  const names = Object.keys(columns)
  const problems: Problem[] = []
  const first = columns[names[0]!]
  const count = Array.isArray(first) ? first.length : 0
  for (const name of names) {
    const column = columns[name]
    if (Array.isArray(column) && column.length === count && count > 0) continue
    const expected = count > 0 ? `a list of ${count}, as ${path}.${names[0]} is` : 'a list of values'
    const problem = 'columns are lists of one length'
    problems.push({ path: `${path}.${name}`, kind: 'shape', problem, expected, got: describe(column) })
  }
  if (problems.length > 0) return { problems: problems.slice(0, problemsMax) }
  const rows = Array.from({ length: count }, (_, index) => {
    const row = Object.create(null) as Record<string, unknown>
    for (const name of names) row[name] = (columns[name] as readonly unknown[])[index]
    return row
  })
  return readNamedRows(rows, contract, path, (row, feature) =>
    feature === undefined ? path : `${path}.${feature}[${row}]`
  )
}
