// CSV with a header line (RFC 4180): quotes, quoted newlines, a byte order mark, either line ending. Every value is text; an empty
// cell is undefined.
import { createReadStream } from 'node:fs'
import { CsvError, parse } from 'csv-parse'
import { messageOf } from '../errors/serving-error.ts'
import { type Row, rowOf, rowsPerChunk, shareRead, TableError, type TableOptions } from './table.ts'

export async function* readCsv(
  path: string,
  name: string,
  { lineBytesMax, onProgress }: TableOptions
): AsyncIterable<readonly Row[]> {
  const parser = parse({ bom: true, skip_empty_lines: true, max_record_size: lineBytesMax })
  const source = createReadStream(path)
  source.on('error', error => parser.destroy(error))
  source.pipe(parser)
  let columns: readonly string[] | undefined
  let rows: Row[] = []
  try {
    for await (const record of parser as AsyncIterable<readonly string[]>) {
      if (columns === undefined) {
        columns = header(record, name)
        continue
      }
      rows.push(
        rowOf(
          columns,
          record.map(cell => (cell === '' ? undefined : cell))
        )
      )
      if (rows.length < rowsPerChunk) continue
      onProgress?.(shareRead(source))
      yield rows
      rows = []
    }
  } catch (error) {
    throw error instanceof TableError ? error : new TableError(`${name}: ${reason(error)}`, { cause: error })
  } finally {
    source.destroy()
  }
  if (columns === undefined)
    throw new TableError(`${name}: expected a line with the names of the columns, got an empty file`)
  onProgress?.(1)
  if (rows.length > 0) yield rows
}

function header(columns: readonly string[], name: string): readonly string[] {
  const twice = columns.find((column, index) => columns.indexOf(column) !== index)
  if (twice !== undefined) throw new TableError(`${name}: column '${twice}' stands twice in the first line`)
  return columns
}

function reason(error: unknown): string {
  if (!(error instanceof CsvError)) return messageOf(error)
  const { code, lines } = error as CsvError & { readonly lines?: number }
  const where = lines === undefined ? '' : `line ${lines}: `
  switch (code) {
    case 'CSV_RECORD_INCONSISTENT_FIELDS_LENGTH':
      return `${where}expected as many cells as the first line has names`
    case 'CSV_MAX_RECORD_SIZE':
      return `${where}the line is longer than allowed`
    case 'CSV_QUOTE_NOT_CLOSED':
      return 'a quote is opened and never closed'
    default:
      return `${where}${error.message}`
  }
}
