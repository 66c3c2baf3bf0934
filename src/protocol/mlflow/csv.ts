// A CSV body → an inference request: a header line with names of features, then a row a line. Cells are read as their feature's type has them.
import { isUtf8 } from 'node:buffer'
import { CsvError } from 'csv-parse'
import { parse } from 'csv-parse/sync'
import { describe } from '../../base/describe.ts'
import { messageOf, problemsError, ServingError } from '../../errors/serving-error.ts'
import type { Contract } from '../../schema/contract.ts'
import { typedRow } from '../../schema/typed-row.ts'
import { type RecordsRequest, requestOf } from '../records/read.ts'
import { readNamedRows } from '../records/rows.ts'
import { repeatedName } from '../records/values.ts'

/** Longer lines are refused: a quote that is never closed must not make one of the whole body. */
const lineBytesMax = 1024 * 1024

/** Throws INVALID_REQUEST (no table) or INVALID_INPUT (the values). */
export function readCsvBody(body: Uint8Array, contract: Contract): RecordsRequest {
  if (!isUtf8(body)) throw new ServingError('INVALID_REQUEST', 'the body is not UTF-8 text')
  const [header, ...lines] = records(body)
  if (header === undefined || lines.length === 0) {
    const got = header === undefined ? 'nothing' : 'a header line alone'
    throw refusal('expected a header line with names of features and at least one row', got)
  }
  const twice = repeatedName(header)
  if (twice !== undefined) throw refusal(`column ${describe(twice)} stands twice in the header line`)
  // A column without a name is the index that pandas writes first.
  const names = header.map((name, index) => (name === '' && index === 0 ? undefined : name))
  const known = new Set(contract.features.map(({ name }) => name))
  const unknown = names.filter(name => name !== undefined && !known.has(name))
  const rows = lines.map(cells => {
    const row = Object.create(null) as Record<string, unknown>
    for (const [index, name] of names.entries()) if (name !== undefined) row[name] = cells[index]
    const typed = typedRow(row, contract.features) as Record<string, unknown>
    // What is unknown stays, so that it is told.
    for (const name of unknown) typed[name!] = row[name!]
    return typed
  })
  const read = readNamedRows(rows, contract, 'body', (row, feature) =>
    feature === undefined ? `row ${row + 1}` : `row ${row + 1}, column ${feature}`
  )
  return { ...requestOf(read, contract), parameters: {}, form: 'rows', classes: false }
}

function records(body: Uint8Array): readonly (readonly string[])[] {
  try {
    return parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength), {
      bom: true,
      skip_empty_lines: true,
      max_record_size: lineBytesMax
    })
  } catch (error) {
    throw refusal(csvReason(error))
  }
}

function csvReason(error: unknown): string {
  if (!(error instanceof CsvError)) return messageOf(error)
  const { code, lines } = error as CsvError & { readonly lines?: number }
  const where = lines === undefined ? '' : `line ${lines}: `
  switch (code) {
    case 'CSV_RECORD_INCONSISTENT_FIELDS_LENGTH':
      return `${where}expected as many cells as the header line has names`
    case 'CSV_MAX_RECORD_SIZE':
      return `${where}the line is longer than ${lineBytesMax} bytes`
    case 'CSV_QUOTE_NOT_CLOSED':
      return 'a quote is opened and never closed'
    default:
      return `${where}not a row of CSV (${code})`
  }
}

function refusal(problem: string, got?: string): ServingError {
  return problemsError('INVALID_REQUEST', [{ path: 'body', problem, ...(got !== undefined && { got }) }])
}
