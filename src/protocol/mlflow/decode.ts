// A body for /invocations → an inference request: a data frame, rows, columns, or CSV.
import { describe, listNames } from '../../base/describe.ts'
import { type Problem, problemsError } from '../../errors/serving-error.ts'
import type { Contract } from '../../schema/contract.ts'
import { takesWideIntegers } from '../../schema/signature.ts'
import { parseEnvelope, parseJsonBody } from '../json-body.ts'
import { readColumns } from '../records/columns.ts'
import { type RecordsRequest, requestOf } from '../records/read.ts'
import { readNamedRows, readRows } from '../records/rows.ts'
import { problemsMax, type Read, repeatedName } from '../records/values.ts'
import { type InvocationsEnvelope, invocationsSchema } from './schemas.ts'

const forms = ['dataframe_split', 'dataframe_records', 'instances', 'inputs'] as const
const keys = Object.keys(invocationsSchema.shape)

/** Throws INVALID_JSON, INVALID_REQUEST (the envelope) or INVALID_INPUT (the values). */
export function readInvocation(body: Uint8Array, contract: Contract): RecordsRequest {
  const json = parseJsonBody(body, takesWideIntegers(contract.signature))
  const envelope = parseEnvelope(invocationsSchema, json, path =>
    path.length === 0 ? keys : ['index', 'columns', 'data']
  )
  const given = forms.filter(form => envelope[form] !== undefined)
  const [form] = given
  if (given.length !== 1 || form === undefined)
    throw problemsError('INVALID_REQUEST', [
      {
        path: 'body',
        problem: 'not valid',
        expected: `exactly one of ${forms.join(', ')}`,
        got: given.length === 0 ? 'none of them' : given.join(' and ')
      }
    ])
  if (Object.keys(envelope.params ?? {}).length > 0)
    throw problemsError('INVALID_REQUEST', [
      { path: 'params', problem: 'the model takes no parameters', expected: 'no params, or an empty object' }
    ])
  const read = readForm(form, envelope, contract)
  const answer = form === 'inputs' ? 'columns' : 'rows'
  return { ...requestOf(read, contract), parameters: {}, form: answer, classes: false }
}

function readForm(form: (typeof forms)[number], envelope: InvocationsEnvelope, contract: Contract): Read {
  if (form === 'inputs') return readColumns(envelope.inputs, contract, 'inputs')
  const rows = form === 'dataframe_split' ? envelope.dataframe_split?.data : envelope[form]
  if (rows === undefined || rows.length === 0) {
    const path = form === 'dataframe_split' ? 'dataframe_split.data' : form
    throw problemsError('INVALID_REQUEST', [
      { path, problem: 'not valid', expected: 'at least one row', got: 'an empty array' }
    ])
  }
  if (form === 'dataframe_split') return readSplit(envelope.dataframe_split!, contract)
  if (form === 'instances') return readRows(rows, contract, form)
  return readNamedRows(envelope.dataframe_records!, contract, form)
}

function readSplit(
  { columns, data }: NonNullable<InvocationsEnvelope['dataframe_split']>,
  contract: Contract
): Read {
  const names = columns ?? contract.features.map(({ name }) => name)
  const problems: Problem[] = []
  const twice = repeatedName(names)
  if (twice !== undefined)
    problems.push({
      path: 'dataframe_split.columns',
      kind: 'name',
      problem: `column ${describe(twice)} stands twice`
    })
  for (const [index, row] of data.entries()) {
    if (row.length === names.length || problems.length >= problemsMax) continue
    problems.push({
      path: `dataframe_split.data[${index}]`,
      kind: 'shape',
      problem: 'a row has a value for each column',
      expected: `${names.length} values (${listNames(names)})`,
      got: `${row.length}`
    })
  }
  if (problems.length > 0) return { problems }
  const rows = data.map(values => {
    const row = Object.create(null) as Record<string, unknown>
    for (let index = 0; index < names.length; index++) row[names[index]!] = values[index]
    return row
  })
  const places = new Map(names.map((name, index) => [name, index]))
  return readNamedRows(rows, contract, 'dataframe_split.data', (row, feature) => {
    const column = feature === undefined ? undefined : places.get(feature)
    const path = `dataframe_split.data[${row}]`
    return column === undefined ? path : `${path}[${column}]`
  })
}
