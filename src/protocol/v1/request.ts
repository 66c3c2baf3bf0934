// A V1 body → an inference request that fits a version: rows (`instances`) by value, by input or by feature, or whole inputs. What is wrong is
// said all at once, with the place in the body as it was sent.
import { describe } from '../../base/describe.ts'
import { type Problem, problemsError } from '../../errors/serving-error.ts'
import { assembleRows, type Row } from '../../schema/assemble.ts'
import { outputProblems } from '../../schema/check.ts'
import type { Feature } from '../../schema/features.ts'
import { type Signature, takesWideIntegers } from '../../schema/signature.ts'
import type { InferenceRequest, NamedTensor } from '../../tensor/tensor.ts'
import { parseEnvelope, parseJsonBody } from '../json-body.ts'
import { type PredictEnvelope, predictRequestSchema } from './schemas.ts'
import { isBytes, isObject, readValues, type Values, withText } from './values.ts'

/** What a body is read for. */
export interface PredictTarget {
  readonly signature: Signature
  readonly features: readonly Feature[]
}

export interface PredictRequest extends InferenceRequest {
  /** Row form answers row by row, column form with whole values. */
  readonly form: 'rows' | 'columns'
  /** Labels and probabilities by the names of their classes. */
  readonly classes: boolean
}

const keys = Object.keys(predictRequestSchema.shape)
const problemsMax = 32

/** Throws INVALID_JSON, INVALID_REQUEST (the envelope) or INVALID_INPUT (the values). */
export function readPredictBody(body: Uint8Array, target: PredictTarget): PredictRequest {
  const json = parseJsonBody(body, takesWideIntegers(target.signature))
  return readPredict(parseEnvelope(predictRequestSchema, json, () => keys), target)
}

export function readPredict(envelope: PredictEnvelope, target: PredictTarget): PredictRequest {
  const { instances, inputs: whole, outputs, classes = false } = envelope
  if ((instances === undefined) === (whole === undefined)) {
    const got = instances === undefined ? 'neither' : 'both'
    throw problemsError('INVALID_REQUEST', [
      { path: 'body', problem: 'not valid', expected: 'exactly one of instances and inputs', got }
    ])
  }
  if (outputs !== undefined) refuse(outputProblems(target.signature, outputs))
  const tensors = instances === undefined ? readColumns(whole, target) : readRows(instances, target)
  if ('problems' in tensors) throw problemsError('INVALID_INPUT', tensors.problems)
  const form = instances === undefined ? 'columns' : 'rows'
  const wanted = outputs === undefined || outputs.length === 0 ? undefined : outputs
  return { inputs: tensors, outputs: wanted, parameters: {}, form, classes }
}

function refuse(problems: readonly Problem[]): void {
  if (problems.length > 0) throw problemsError('INVALID_INPUT', problems)
}

type Read = NamedTensor[] | { readonly problems: readonly Problem[] }

function readColumns(whole: unknown, { signature }: PredictTarget): Read {
  const [only] = signature.inputs
  const isNamed = isObject(whole) && !isBytes(whole)
  if (isNamed) return readValues(signature, whole, name => `inputs.${name}`)
  if (signature.inputs.length === 1 && only !== undefined)
    return readValues(signature, { [only.name]: whole }, () => 'inputs')
  const names = signature.inputs.map(({ name }) => name).join(', ')
  const expected = `an object with ${names}`
  return { problems: [{ path: 'inputs', problem: 'not valid', expected, got: describe(whole) }] }
}

function readRows(instances: readonly unknown[], target: PredictTarget): Read {
  const isNamed = (value: unknown): boolean => isObject(value) && !isBytes(value)
  const named = isNamed(instances[0])
  const mixed = instances.findIndex(instance => isNamed(instance) !== named)
  if (mixed > 0) {
    const [first, other] = named ? ['an object', 'a value'] : ['a value', 'an object']
    const problem = 'rows are of two kinds'
    const expected = `${first}, as instances[0] is`
    return { problems: [{ path: `instances[${mixed}]`, problem, expected, got: other! }] }
  }
  return named ? readNamedRows(instances as readonly Values[], target) : readPlainRows(instances, target)
}

/** Values alone can only be those of one input. */
function readPlainRows(instances: readonly unknown[], { signature, features }: PredictTarget): Read {
  const [only] = signature.inputs
  if (signature.inputs.length === 1 && only !== undefined)
    return readValues(signature, { [only.name]: instances }, () => 'instances')
  const names = features.map(({ name }) => name)
  const expected = `objects with ${names.slice(0, 16).join(', ')}`
  const problem = `the model has ${signature.inputs.length} inputs, so that a row needs names`
  return { problems: [{ path: 'instances[0]', problem, expected, got: describe(instances[0]) }] }
}

function readNamedRows(instances: readonly Values[], { signature, features }: PredictTarget): Read {
  const wide = wideInputs(signature, features)
  const problems: Problem[] = []
  const texts = signature.inputs.some(({ datatype }) => datatype === 'BYTES')
  const rows: Row[] = []
  for (const [index, instance] of instances.entries()) {
    const row = wide.size === 0 ? instance : spread(instance, wide, `instances[${index}]`, problems)
    rows.push(texts ? textsOf(row) : row)
    if (problems.length >= problemsMax) break
  }
  return problems.length > 0 ? { problems } : assembleRows(signature, features, rows)
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
  for (const name of Object.keys(row)) {
    const columns = wide.get(name)
    if (columns === undefined) continue
    spreading ??= Object.assign(Object.create(null) as Record<string, unknown>, row)
    delete spreading[name]
    const values = row[name]
    if (!Array.isArray(values) || values.length !== columns.length) {
      problems.push({
        path: `${path}.${name}`,
        problem: `input ${describe(name)} has ${columns.length} columns`,
        expected: `a list of ${columns.length} values`,
        got: Array.isArray(values) ? `a list of ${values.length}` : describe(values)
      })
      continue
    }
    for (const [index, column] of columns.entries()) {
      if (Object.hasOwn(spreading, column.name))
        problems.push({ path: `${path}.${column.name}`, problem: `the value is in ${describe(name)} as well` })
      spreading[column.name] = values[index] as unknown
    }
  }
  return spreading ?? row
}

function textsOf(row: Row): Row {
  if (!Object.values(row).some(value => isObject(value) || Array.isArray(value))) return row
  const read = Object.create(null) as Record<string, unknown>
  for (const [name, value] of Object.entries(row)) read[name] = withText(value)
  return read
}
