// Copies what the prediction log may keep of tensors, while they are whole: a bounded number of rows and elements, texts cut short,
// nothing of what is redacted. This is all that happens on a request's own turn.
import { type Datatype, factsOf, type TensorData } from '../../tensor/datatype.ts'
import type { Shape } from '../../tensor/shape.ts'
import type { NamedTensor } from '../../tensor/tensor.ts'
import type { ColumnPlan, Rule, TensorPlan } from './plan.ts'

export interface CaptureLimits {
  readonly rowsPerRequestMax: number
  readonly elementsPerTensorMax: number
  readonly recordBytesMax: number
}

/** What a record says of a tensor. */
export type Entry =
  | { readonly form: 'redacted'; readonly name: string }
  /** Too large to be kept. */
  | { readonly form: 'described'; readonly name: string; readonly datatype: Datatype; readonly shape: Shape }
  | ColumnsEntry
  | TensorEntry

/** One value a row for each column, row by row. Of columns that are redacted there need not be any. */
export interface ColumnsEntry {
  readonly form: 'columns'
  readonly columns: readonly ColumnPlan[]
  readonly datatype: Datatype
  readonly data: TensorData
}

export interface TensorEntry {
  readonly form: 'tensor'
  readonly name: string
  readonly rule: 'keep' | 'hash'
  readonly datatype: Datatype
  /** As it came, whatever was left out of `data`. */
  readonly shape: Shape
  readonly data: TensorData
  /** Elements of one row; undefined where the first dimension counts no rows. */
  readonly rowElements: number | undefined
}

export interface Capture {
  readonly entries: readonly Entry[]
  /** The first rows of the request, so many of them. */
  readonly rowsKept: number
  /** Memory that the copies take. */
  readonly bytes: number
}

/** Longer texts are cut; how long they were is said. */
export const textCharsMax = 1024
/** Of longer texts the hash covers the beginning and the length. */
export const hashedCharsMax = 65_536

/** What an entry takes besides its data, roughly. */
const entryBytes = 256

/** Tensors without a plan, such as nobody knows, are left out. */
export function capture(
  tensors: readonly NamedTensor[],
  plans: ReadonlyMap<string, TensorPlan>,
  rows: number,
  limits: CaptureLimits
): Capture {
  const planned: { readonly tensor: NamedTensor; readonly plan: TensorPlan }[] = []
  for (const tensor of tensors) {
    const plan = plans.get(tensor.name)
    if (plan !== undefined) planned.push({ tensor, plan: fitted(plan, tensor, rows) })
  }
  const shown = planned.filter(({ plan }) => !isRedacted(plan)).map(({ tensor }) => tensor)
  const rowsKept = rowsThatFit(shown, rows, limits)
  let bytes = planned.length * entryBytes
  const entries = planned.map(({ tensor, plan }) => {
    const entry = entryOf(tensor, plan, rows, rowsKept, limits.elementsPerTensorMax)
    if ('data' in entry) bytes += bytesOf(entry.data)
    return entry
  })
  return { entries, rowsKept, bytes }
}

function entryOf(
  tensor: NamedTensor,
  plan: TensorPlan,
  rows: number,
  rowsKept: number,
  elementsMax: number
): Entry {
  const { name, datatype, shape } = tensor
  const { columns, rule } = plan
  if (columns === undefined && rule === 'redact') return { form: 'redacted', name }
  if (columns !== undefined && isRedacted(plan)) return { form: 'columns', columns, datatype, data: [] }
  const rowElements = rowElementsOf(tensor, rows)
  if ((rowElements ?? tensor.data.length) > elementsMax) return { form: 'described', name, datatype, shape }
  const data = copy(tensor, rowElements === undefined ? undefined : rowElements * rowsKept, plan)
  if (columns !== undefined) return { form: 'columns', columns, datatype, data }
  return { form: 'tensor', name, rule: rule === 'hash' ? 'hash' : 'keep', datatype, shape, data, rowElements }
}

/** The columns of the plan hold only for a tensor that has as many. One value a row is a column whatever it is called. */
function fitted(plan: TensorPlan, tensor: NamedTensor, rows: number): TensorPlan {
  const width = rowElementsOf(tensor, rows)
  if (plan.columns !== undefined)
    return plan.columns.length === width ? plan : { ...plan, columns: undefined }
  const { name, rule } = plan
  return width === 1 && tensor.shape.length <= 2
    ? { ...plan, columns: [{ name, rule, feature: undefined }] }
    : plan
}

function isRedacted({ columns, rule }: TensorPlan): boolean {
  return columns === undefined ? rule === 'redact' : columns.every(column => column.rule === 'redact')
}

/** Elements of one row, or undefined where the first dimension counts no rows of the request. */
function rowElementsOf({ shape, data }: NamedTensor, rows: number): number | undefined {
  return shape.length > 0 && shape[0] === rows && rows > 0 ? data.length / rows : undefined
}

/** Rows that no limit cuts, the tensors that are merely described aside. */
function rowsThatFit(tensors: readonly NamedTensor[], rows: number, limits: CaptureLimits): number {
  let fit = Math.min(rows, limits.rowsPerRequestMax)
  let rowBytes = 0
  for (const tensor of tensors) {
    const elements = rowElementsOf(tensor, rows)
    if (elements === undefined || elements === 0 || elements > limits.elementsPerTensorMax) continue
    fit = Math.min(fit, Math.floor(limits.elementsPerTensorMax / elements))
    rowBytes += elements * factsOf(tensor.datatype).bytes
  }
  return rowBytes === 0 ? fit : Math.min(fit, Math.floor(limits.recordBytesMax / rowBytes))
}

/** The first `count` elements, or all, in memory of their own: what lies in the request's may move away or be given back. */
function copy({ data }: NamedTensor, count: number | undefined, { columns, rule }: TensorPlan): TensorData {
  if (Array.isArray(data)) {
    return data
      .slice(0, count)
      .map((text, index) => cut(text, columns?.[index % columns.length]?.rule ?? rule))
  }
  // Not by its own `slice`, which for Node's buffers copies nothing.
  const { slice } = Object.getPrototypeOf(Uint8Array.prototype) as {
    slice: (from: number, to?: number) => Exclude<TensorData, string[]>
  }
  return slice.call(data, 0, count)
}

function cut(text: string, rule: Rule): string {
  if (rule === 'redact') return ''
  const max = rule === 'hash' ? hashedCharsMax : textCharsMax
  if (text.length <= max) return text
  // By way of bytes: a piece of a text would keep the whole of it in memory.
  return Buffer.from(`${text.slice(0, max)}… [${text.length} characters]`).toString()
}

function bytesOf(data: TensorData): number {
  if (!Array.isArray(data)) return data.byteLength
  let bytes = 0
  for (const text of data) bytes += text.length * 2
  return bytes
}
