// Rows → tensors: each row the value of the one input, or an object by feature or by input. What is wrong is said all at once, with the place in
// the body as it was sent.
import { describe, listNames } from '../../base/describe.ts'
import type { Problem } from '../../errors/serving-error.ts'
import { assembleRows, type Row, type RowPlace } from '../../schema/assemble.ts'
import { inputProblems } from '../../schema/check.ts'
import type { Contract } from '../../schema/contract.ts'
import type { Feature } from '../../schema/features.ts'
import type { Signature } from '../../schema/signature.ts'
import { isBytes, isObject, problemsMax, type Read, readValues, type Values, withText } from './values.ts'

/** `path` is where the list of rows stands. */
export function readRows(rows: readonly unknown[], contract: Contract, path: string): Read {
  const isNamed = (value: unknown): boolean => isObject(value) && !isBytes(value)
  const named = isNamed(rows[0])
  const mixed = rows.findIndex(row => isNamed(row) !== named)
  if (mixed > 0) {
    const [first, other] = named ? ['an object', 'a value'] : ['a value', 'an object']
    const problem = 'rows are of two kinds'
    const expected = `${first}, as ${path}[0] is`
    return { problems: [{ path: `${path}[${mixed}]`, kind: 'type', problem, expected, got: other }] }
  }
  return named
    ? readNamedRows(rows as readonly Values[], contract, path)
    : readPlainRows(rows, contract, path)
}

/** Values alone can only be those of one input. */
function readPlainRows(rows: readonly unknown[], { signature, features }: Contract, path: string): Read {
  const [only] = signature.inputs
  if (signature.inputs.length === 1 && only !== undefined) {
    const isColumn = only.shape?.length === 2 && only.shape[1] === 1 && !rows.some(Array.isArray)
    if (!isColumn) return readValues(signature, { [only.name]: rows }, () => path)
    const read = readValues(signature, { [only.name]: rows.map(row => [row]) }, () => path)
    return atRows(read)
  }
  const expected = `objects with ${listNames(features.map(({ name }) => name))}`
  const problem = `the model has ${signature.inputs.length} inputs, so that a row needs names`
  return { problems: [{ path: `${path}[0]`, kind: 'type', problem, expected, got: describe(rows[0]) }] }
}

/** Places of rows that were sent as values alone, not as lists of one. */
function atRows(read: Read): Read {
  const at = (path: string): string => path.replace(/\[0\]$/, '')
  return 'problems' in read
    ? { problems: read.problems.map(problem => ({ ...problem, path: at(problem.path) })) }
    : { ...read, placeOf: (...place) => at(read.placeOf(...place)) }
}

export function readNamedRows(
  rows: readonly Values[],
  { signature, features }: Contract,
  path: string,
  place: RowPlace = (row, feature) =>
    feature === undefined ? `${path}[${row}]` : `${path}[${row}].${feature}`
): Read {
  const wide = wideInputs(signature, features)
  const problems: Problem[] = []
  const texts = signature.inputs.some(({ datatype }) => datatype === 'BYTES')
  let read: readonly Row[] = rows
  if (wide.size > 0 || texts) {
    const changed: Row[] = []
    for (const [index, given] of rows.entries()) {
      const row = wide.size === 0 ? given : spread(given, wide, place(index), problems)
      changed.push(texts ? textsOf(row) : row)
      if (problems.length >= problemsMax) break
    }
    read = changed
  }
  if (problems.length > 0) return { problems }
  const tensors = assembleRows(signature, features, read, place)
  if ('problems' in tensors) return tensors
  // Sizes that the graph fixes, or that inputs share, are those of all rows together.
  const misfits = inputProblems(signature, tensors)
  if (misfits.length > 0) return { problems: misfits.map(problem => ({ ...problem, path })) }
  return {
    tensors,
    placeOf: (input, feature, element) => {
      const rowElements = (tensors.find(({ name }) => name === input)?.data.length ?? 1) / rows.length
      return place(Math.floor(element / rowElements), feature)
    }
  }
}

/** Inputs that have columns, by name, unless a feature has that name. */
function wideInputs(
  { inputs }: Signature,
  features: readonly Feature[]
): ReadonlyMap<string, readonly Feature[]> {
  const names = new Set(features.map(({ name }) => name))
  return new Map(
    inputs
      .filter(({ name }) => !names.has(name))
      .map(({ name }) => [name, features.filter(({ input }) => input === name)])
  )
}

/** A row may give the columns of an input in one list. */
function spread(
  row: Values,
  wide: ReadonlyMap<string, readonly Feature[]>,
  path: string,
  problems: Problem[]
): Row {
  let spreading: Record<string, unknown> | undefined
  for (const [name, columns] of wide) {
    if (!Object.hasOwn(row, name)) continue
    spreading ??= Object.assign(Object.create(null) as Record<string, unknown>, row)
    delete spreading[name]
    const values = row[name]
    if (!Array.isArray(values) || values.length !== columns.length) {
      problems.push({
        path: `${path}.${name}`,
        kind: 'shape',
        problem: `input ${describe(name)} has ${columns.length} columns`,
        expected: `a list of ${columns.length} values`,
        got: describe(values)
      })
      continue
    }
    for (const [index, column] of columns.entries()) {
      if (Object.hasOwn(row, column.name))
        problems.push({
          path: `${path}.${column.name}`,
          kind: 'name',
          problem: `the value is in ${describe(name)} as well`
        })
      spreading[column.name] = values[index] as unknown
    }
  }
  return spreading ?? row
}

function textsOf(row: Row): Row {
  let read: Record<string, unknown> | undefined
  for (const name of Object.keys(row)) {
    const value = row[name]
    if (typeof value !== 'object' || value === null) continue
    read ??= Object.assign(Object.create(null) as Record<string, unknown>, row)
    read[name] = withText(value)
  }
  return read ?? row
}
