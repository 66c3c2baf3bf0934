// What a data file is to its readers: rows, and what can be wrong with them.
import { type ReadStream, statSync } from 'node:fs'

/** Values by column. It has no prototype: a column may have any name. */
export type Row = Readonly<Record<string, unknown>>

/** A data file that cannot be read; the message names the file, the line or row, and what was expected. */
export class TableError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'TableError'
  }
}

export interface TableOptions {
  /** Longest line of a text file, in bytes. */
  readonly lineBytesMax: number
  /** Told of the share of the file that was read, before each chunk. */
  readonly onProgress?: ((share: number) => void) | undefined
}

export interface Table {
  /** True where every value is text as it stood in the file. */
  readonly isText: boolean
  /** Throws TableError. */
  chunks(): AsyncIterable<readonly Row[]>
}

export const rowsPerChunk = 1024

/** A row from values in the order of `columns`; the last of equal names counts. */
export function rowOf(columns: readonly string[], values: readonly unknown[]): Row {
  const row = Object.create(null) as Record<string, unknown>
  for (const [index, column] of columns.entries()) row[column] = values[index]
  return row
}

/** How much of its file a stream has read, from 0 to 1. */
export function shareRead(source: ReadStream): number {
  const bytes = statSync(source.path, { throwIfNoEntry: false })?.size ?? 0
  return bytes === 0 ? 0 : Math.min(1, source.bytesRead / bytes)
}
