// Rows of a data file, in chunks, whatever its format: CSV, JSONL or Parquet by the file's ending. Memory stays bounded by a chunk.
import { extname } from 'node:path'
import { readCsv } from './csv.ts'
import { readJsonLines } from './jsonl.ts'
import { type Row, type Table, TableError, type TableOptions } from './table.ts'

/** The decoders are loaded with the first file: most servers read none. */
async function* readParquet(path: string, name: string): AsyncIterable<readonly Row[]> {
  const parquet = await import('./parquet.ts')
  yield* parquet.readParquet(path, name)
}

const readers = {
  '.csv': { isText: true, read: readCsv },
  '.jsonl': { isText: false, read: readJsonLines },
  '.ndjson': { isText: false, read: readJsonLines },
  '.parquet': { isText: false, read: readParquet }
} as const

/** Whether `path` ends as a data file does. */
export function isTable(path: string): boolean {
  return extname(path).toLowerCase() in readers
}

/** Throws TableError where the ending says nothing. */
export function openTable(path: string, name: string, options: TableOptions): Table {
  const ending = extname(path).toLowerCase()
  if (!Object.hasOwn(readers, ending)) {
    const expected = `expected ${Object.keys(readers).join(', ')}`
    throw new TableError(`${name}: not a data file by its ending, ${expected}`)
  }
  const { isText, read } = readers[ending as keyof typeof readers]
  return { isText, chunks: () => read(path, name, options) }
}
