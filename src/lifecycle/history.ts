// Reads the audit log back: what happened to one model, the newest first, from before a restart too.
import { auditFile } from './audit.ts'
import type { AuditRow } from './audit-row.ts'

/** A row of the audit log, as it was written. */
export type HistoryRow = AuditRow

/** What reading needs of the state directory. */
export interface LineSource {
  /** From the newest to the oldest, read as they are asked for. */
  newestFirst(name: string): AsyncIterable<string> | Iterable<string>
}

export interface HistoryLimits {
  readonly rowsMax: number
}

/** The newest rows of a model. Lines that are no rows, such as one that a crash cut short, are passed over. */
export async function history(
  store: LineSource,
  model: string,
  { rowsMax }: HistoryLimits
): Promise<HistoryRow[]> {
  const rows: HistoryRow[] = []
  // As the rows were written: other models' need no parsing, which is what takes time.
  const mark = `"model":${JSON.stringify(model)}`
  for await (const line of store.newestFirst(auditFile)) {
    const row = line.includes(mark) ? parseRow(line) : undefined
    if (row?.model !== model) continue
    rows.push(row)
    if (rows.length >= rowsMax) break
  }
  return rows
}

function parseRow(line: string): HistoryRow | undefined {
  try {
    const row = JSON.parse(line) as Partial<HistoryRow> | null
    const isRow = typeof row?.time === 'string' && typeof row.event === 'string'
    return isRow ? (row as HistoryRow) : undefined
  } catch {
    return undefined
  }
}
