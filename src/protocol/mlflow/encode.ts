// Outputs → MLflow's answer: `predictions`, row by row or whole as the request was.
import type { NamedTensor } from '../../tensor/tensor.ts'
import { columnsJson, type OutputNames, type RecordsWishes, rowsJson } from '../records/write.ts'

/** Throws INVALID_REQUEST where outputs cannot be given row by row. */
export function invocationResponse(
  outputs: readonly NamedTensor[],
  wishes: RecordsWishes,
  names: OutputNames
): string {
  const json = wishes.form === 'rows' ? rowsJson : columnsJson
  return `{"predictions":${json(outputs, wishes, names)}}`
}
