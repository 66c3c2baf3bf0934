// Parquet, a slice of rows at a time; integers of 64 bits come as bigint.
import { asyncBufferFromFile, type FileMetaData, parquetMetadataAsync, parquetReadObjects } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import { messageOf } from '../errors/serving-error.ts'
import { type Row, rowOf, rowsPerChunk, TableError, type TableOptions } from './table.ts'

export async function* readParquet(
  path: string,
  name: string,
  { onProgress }: Pick<TableOptions, 'onProgress'> = {}
): AsyncIterable<readonly Row[]> {
  try {
    const file = await asyncBufferFromFile(path)
    const metadata: FileMetaData = await parquetMetadataAsync(file)
    const total = Number(metadata.num_rows)
    for (let rowStart = 0; rowStart < total; rowStart += rowsPerChunk) {
      const rowEnd = Math.min(total, rowStart + rowsPerChunk)
      const objects = await parquetReadObjects({ file, metadata, rowStart, rowEnd, compressors })
      onProgress?.(rowEnd / total)
      yield objects.map(object => rowOf(Object.keys(object), Object.values(object)))
    }
  } catch (error) {
    throw new TableError(`${name}: not readable as Parquet: ${messageOf(error)}`, { cause: error })
  }
}
