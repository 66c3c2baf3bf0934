// Outputs → JSON row by row, or whole values. One output stands alone, several stand by name. Text, not objects: an answer is written once.
import { ServingError } from '../../errors/serving-error.ts'
import { elementText, nestedJson } from '../../tensor/nested-write.ts'
import { type NamedTensor, rowsOf } from '../../tensor/tensor.ts'

/** What model.yaml says of outputs. */
export type OutputNames = Readonly<Record<string, OutputName | undefined>>

interface OutputName {
  readonly role?: string | undefined
  readonly classes?: readonly (string | number | boolean)[] | undefined
}

export interface RecordsWishes {
  readonly form: 'rows' | 'columns'
  readonly classes: boolean
}

/** Outputs whose names end so are bytes, which go as base64 (TensorFlow Serving). */
const bytesSuffix = '_bytes'

interface Writer {
  readonly name: string
  readonly tensor: NamedTensor
  /** The JSON of a row, or of the whole tensor. */
  readonly write: (row: number | undefined) => string
}

/** A list with an entry a row. Throws INVALID_REQUEST where outputs cannot be given row by row. */
export function rowsJson(outputs: readonly NamedTensor[], wishes: RecordsWishes, names: OutputNames): string {
  const writers = writersOf(outputs, wishes, names)
  const rows = rowsOf(writers[0]?.tensor)
  const odd = writers.find(({ tensor }) => tensor.shape.length === 0 || rowsOf(tensor) !== rows)
  if (odd !== undefined) {
    const message = `output ${odd.tensor.name} has shape [${odd.tensor.shape.join()}], which is not one entry a row; send inputs instead of instances`
    throw new ServingError('INVALID_REQUEST', message)
  }
  const [only] = writers
  const entries: string[] = []
  for (let row = 0; row < rows; row++) {
    if (writers.length === 1 && only !== undefined) entries.push(only.write(row))
    else entries.push(objectJson(writers, ({ write }) => write(row)))
  }
  return `[${entries.join()}]`
}

/** The whole value of the one output, or an object by output. */
export function columnsJson(
  outputs: readonly NamedTensor[],
  wishes: RecordsWishes,
  names: OutputNames
): string {
  const writers = writersOf(outputs, wishes, names)
  const [only] = writers
  return writers.length === 1 && only !== undefined
    ? only.write(undefined)
    : objectJson(writers, ({ write }) => write(undefined))
}

function writersOf(
  outputs: readonly NamedTensor[],
  { classes }: RecordsWishes,
  names: OutputNames
): Writer[] {
  const known = (name: string): OutputName => (classes && Object.hasOwn(names, name) ? names[name]! : {})
  const keys = answerKeys(outputs.map(({ name }) => ({ name, role: known(name).role })))
  return outputs.map((output, index) => ({
    name: keys[index]!,
    tensor: output,
    write: rowWriter(output, known(output.name))
  }))
}

const rolesAsKeys = ['label', 'probabilities']

/** Label and probabilities go by their roles, whatever the exporter has called them, where each role is there once. */
export function answerKeys(
  outputs: readonly { readonly name: string; readonly role?: string | undefined }[]
): readonly string[] {
  const names = outputs.map(({ name }) => name)
  const keys = outputs.map(({ name, role }) =>
    role !== undefined && rolesAsKeys.includes(role) && (role === name || !names.includes(role)) ? role : name
  )
  return new Set(keys).size === keys.length ? keys : names
}

function objectJson(writers: readonly Writer[], json: (writer: Writer) => string): string {
  return `{${writers.map(writer => `${JSON.stringify(writer.name)}:${json(writer)}`).join()}}`
}

function rowWriter(output: NamedTensor, { role, classes }: OutputName): Writer['write'] {
  const { shape, name, datatype } = output
  const rowShape = shape.slice(1)
  const elements = rowShape.reduce((product, size) => product * size, 1)
  const plain = elementText(output)
  if (classes !== undefined && role === 'probabilities' && rowShape.length === 1) {
    const keys = Array.from({ length: elements }, (_, index) =>
      JSON.stringify(String(classes[index] ?? index))
    )
    const one = (row: number): string =>
      `{${keys.map((key, index) => `${key}:${plain(row * elements + index)}`).join()}}`
    return row => (row === undefined ? `[${all(rowsOf(output), one)}]` : one(row))
  }
  const text =
    classes !== undefined && role === 'label'
      ? labelText(output, classes, plain)
      : datatype === 'BYTES' && name.endsWith(bytesSuffix)
        ? (index: number) =>
            JSON.stringify({ b64: Buffer.from(String(output.data[index])).toString('base64') })
        : plain
  return row => (row === undefined ? nestedJson(text, shape) : nestedJson(text, rowShape, row * elements))
}

const all = (count: number, one: (row: number) => string): string =>
  Array.from({ length: count }, (_, row) => one(row)).join()

/** A label that is an index is given by its class; one that is a class already stays as it is. */
function labelText(
  { data }: NamedTensor,
  classes: readonly (string | number | boolean)[],
  plain: (index: number) => string
): (index: number) => string {
  return index => {
    const value = data[index]!
    if (typeof value === 'string' || classes.includes(Number(value))) return plain(index)
    const name = classes[Number(value)]
    return name === undefined ? plain(index) : JSON.stringify(name)
  }
}
