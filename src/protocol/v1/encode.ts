// Outputs → the V1 answer: `predictions` row by row, or `outputs` whole.
import type { NamedTensor } from '../../tensor/tensor.ts'
import { columnsJson, type OutputNames, type RecordsWishes, rowsJson } from '../records/write.ts'

/** Throws INVALID_REQUEST where outputs cannot be given row by row. */
export function v1Response(
  outputs: readonly NamedTensor[],
  wishes: RecordsWishes,
  names: OutputNames
): string {
  return wishes.form === 'rows'
    ? `{"predictions":${rowsJson(outputs, wishes, names)}}`
    : `{"outputs":${columnsJson(outputs, wishes, names)}}`
}
