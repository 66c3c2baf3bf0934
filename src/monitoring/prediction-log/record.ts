// One logged request as a line of JSON that is never longer than it may be: rows are left out until it fits. Written in steps, so that
// whoever writes can attend to requests between them.
import type { Outcome } from '../../inference/observer.ts'
import type { ColumnsEntry, Entry, TensorEntry } from './capture.ts'
import { elementText, listJson } from './values.ts'

export interface RecordFacts {
  /** ISO 8601, when the answer was known. */
  readonly time: string
  readonly model: string
  readonly version: number
  readonly protocol: string
  readonly outcome: Outcome
  readonly durationMs: number
  /** The caller's own. */
  readonly id: string | undefined
  /** Given by the log, to refer to. */
  readonly predictionId: string
  readonly rows: number
}

export interface PredictionRecord {
  readonly facts: RecordFacts
  readonly inputs: readonly Entry[]
  readonly outputs: readonly Entry[]
  /** Rows that the entries hold at least. */
  readonly rowsKept: number
}

/** A text that stands for `json`, the JSON of a value. */
export type Hash = (json: string) => string

/**
 * The line without its newline, of `bytesMax` bytes at most; it yields after each piece of work. `inputs` and `outputs` have a list
 * with one value a row under the name of each feature, `{ datatype, shape, data }` under that of a tensor that is logged whole,
 * `hashes` in place of `data` where the rule says so, one a row, and "[redacted]" where nothing is kept.
 */
export function* recordLine(record: PredictionRecord, hash: Hash, bytesMax: number): Generator<void, string> {
  for (let rows = record.rowsKept; rows > 0; rows = Math.floor(rows / 2)) {
    const line = yield* lineOf(record, rows, hash, bytesMax)
    if (line !== undefined) return line
  }
  return `${head(record.facts, 0)},"inputs":{},"outputs":{}}`
}

/** The line with so many rows, or undefined as soon as it is too long. */
function* lineOf(
  { facts, inputs, outputs }: PredictionRecord,
  rows: number,
  hash: Hash,
  bytesMax: number
): Generator<void, string | undefined> {
  const parts = [head(facts, rows)]
  let bytes = Buffer.byteLength(parts[0]!) + ',"inputs":{},"outputs":{}}'.length
  for (const [key, entries] of Object.entries({ inputs, outputs })) {
    parts.push(`,"${key}":{`)
    let separator = ''
    for (const entry of entries) {
      for (const member of membersOf(entry, rows, hash)) {
        if (member !== undefined) {
          bytes += Buffer.byteLength(member) + separator.length
          if (bytes > bytesMax) return undefined
          parts.push(separator, member)
          separator = ','
        }
        yield
      }
    }
    parts.push('}')
  }
  return `${parts.join('')}}`
}

function head(facts: RecordFacts, rows: number): string {
  return JSON.stringify({ ...facts, rowsLeftOut: facts.rows - rows }).slice(0, -1)
}

/** The members of an object, `"name":value`; undefined where there is more work to do before the next one. */
function* membersOf(entry: Entry, rows: number, hash: Hash): Generator<string | undefined> {
  switch (entry.form) {
    case 'redacted':
      yield `${JSON.stringify(entry.name)}:${redacted}`
      return
    case 'described':
      yield `${JSON.stringify(entry.name)}:{${shapeJson(entry)}}`
      return
    case 'columns':
      yield* columnMembers(entry, rows, hash)
      return
    case 'tensor':
      yield* tensorMember(entry, rows, hash)
  }
}

const redacted = '"[redacted]"'

function* columnMembers(
  { columns, datatype, data }: ColumnsEntry,
  rows: number,
  hash: Hash
): Generator<string | undefined> {
  for (const [column, { name, rule, feature }] of columns.entries()) {
    if (rule === 'redact') {
      yield `${JSON.stringify(name)}:${redacted}`
      continue
    }
    const textOf = elementText(datatype, feature)
    const texts: string[] = []
    for (let row = 0; row < rows; row++) {
      const text = textOf(data[row * columns.length + column]!)
      texts.push(rule === 'keep' ? text : JSON.stringify(hash(text)))
      if (rule === 'hash') yield undefined
    }
    yield `${JSON.stringify(name)}:[${texts.join()}]`
  }
}

function* tensorMember(entry: TensorEntry, rows: number, hash: Hash): Generator<string | undefined> {
  const { name, rule, datatype, data, rowElements } = entry
  const head = `${JSON.stringify(name)}:{${shapeJson(entry)}`
  const values = rowElements === undefined ? data : data.slice(0, rows * rowElements)
  if (rule === 'keep') {
    yield `${head},"data":${listJson(datatype, values)}}`
    return
  }
  const hashes: string[] = []
  const step = rowElements ?? values.length
  for (let row = 0; row < (rowElements === undefined ? 1 : rows); row++) {
    hashes.push(hash(listJson(datatype, values.slice(row * step, (row + 1) * step))))
    yield undefined
  }
  yield `${head},"hashes":${JSON.stringify(hashes)}}`
}

function shapeJson({
  datatype,
  shape
}: {
  readonly datatype: string
  readonly shape: readonly number[]
}): string {
  return `"datatype":"${datatype}","shape":[${shape.join()}]`
}
