// One JSON object a line; empty lines say nothing.
import { createReadStream, type ReadStream } from 'node:fs'
import { messageOf } from '../errors/serving-error.ts'
import { type Row, rowOf, rowsPerChunk, shareRead, TableError, type TableOptions } from './table.ts'

export async function* readJsonLines(
  path: string,
  name: string,
  { lineBytesMax, onProgress }: TableOptions
): AsyncIterable<readonly Row[]> {
  let rows: Row[] = []
  let number = 0
  const source = createReadStream(path, { encoding: 'utf8' })
  for await (const line of lines(source, name, lineBytesMax)) {
    number++
    if (line.trim() === '') continue
    rows.push(parseRow(line, `${name}: line ${number}`))
    if (rows.length < rowsPerChunk) continue
    onProgress?.(shareRead(source))
    yield rows
    rows = []
  }
  onProgress?.(1)
  if (rows.length > 0) yield rows
}

/** Not node:readline, which keeps a line of any length in memory. */
async function* lines(source: ReadStream, name: string, lineBytesMax: number): AsyncIterable<string> {
  let rest = ''
  try {
    for await (const piece of source as AsyncIterable<string>) {
      const parts = `${rest}${piece}`.split('\n')
      rest = parts.pop() ?? ''
      yield* parts
      if (rest.length > lineBytesMax)
        throw new TableError(`${name}: a line is longer than ${lineBytesMax} bytes`)
    }
  } catch (error) {
    throw error instanceof TableError
      ? error
      : new TableError(`${name}: ${messageOf(error)}`, { cause: error })
  }
  if (rest !== '') yield rest
}

function parseRow(line: string, where: string): Row {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch (error) {
    throw new TableError(`${where}: expected a JSON object: ${messageOf(error)}`, { cause: error })
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new TableError(`${where}: expected a JSON object`)
  return rowOf(Object.keys(value), Object.values(value))
}
