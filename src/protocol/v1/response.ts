// Outputs → the answer of the form that was asked for: `predictions` row by row, or `outputs` whole. One output stands alone, several stand by
// name. Text, not objects: an answer is written once.
import { ServingError } from '../../errors/serving-error.ts'
import { elementText, nestedJson } from '../../tensor/nested-write.ts'
import { type NamedTensor, rowsOf } from '../../tensor/tensor.ts'

/** What model.yaml says of an output. */
export interface OutputNames {
  readonly role?: string | undefined
  readonly classes?: readonly (string | number | boolean)[] | undefined
}

export interface PredictWishes {
  readonly form: 'rows' | 'columns'
  readonly classes: boolean
}

/** Outputs whose names end so are bytes, which go as base64 (TensorFlow Serving). */
const bytesSuffix = '_bytes'

/** Throws INVALID_REQUEST where outputs cannot be given row by row. */
export function predictJson(
  outputs: readonly NamedTensor[],
  { form, classes }: PredictWishes,
  names: Readonly<Record<string, OutputNames>>
): string {
  const writers = outputs.map(output => {
    const known = classes && Object.hasOwn(names, output.name) ? names[output.name]! : {}
    return { name: output.name, write: rowWriter(output, known), tensor: output }
  })
  return form === 'rows' ? rowsJson(writers) : columnsJson(writers)
}

interface Writer {
  readonly name: string
  readonly tensor: NamedTensor
  /** The JSON of a row, or of the whole tensor. */
  readonly write: (row: number | undefined) => string
}

function rowsJson(writers: readonly Writer[]): string {
  const rows = rowsOf(writers[0]?.tensor)
  const odd = writers.find(({ tensor }) => tensor.shape.length === 0 || rowsOf(tensor) !== rows)
  if (odd !== undefined) {
    const message = `output ${odd.name} has shape [${odd.tensor.shape.join()}], which is not one entry a row; send inputs instead of instances`
    throw new ServingError('INVALID_REQUEST', message)
  }
  const [only] = writers
  const predictions: string[] = []
  for (let row = 0; row < rows; row++) {
    if (writers.length === 1 && only !== undefined) predictions.push(only.write(row))
    else predictions.push(objectJson(writers, ({ write }) => write(row)))
  }
  return `{"predictions":[${predictions.join()}]}`
}

function columnsJson(writers: readonly Writer[]): string {
  const [only] = writers
  const whole =
    writers.length === 1 && only !== undefined
      ? only.write(undefined)
      : objectJson(writers, ({ write }) => write(undefined))
  return `{"outputs":${whole}}`
}

function objectJson(writers: readonly Writer[], json: (writer: Writer) => string): string {
  return `{${writers.map(writer => `${JSON.stringify(writer.name)}:${json(writer)}`).join()}}`
}

function rowWriter(output: NamedTensor, { role, classes }: OutputNames): Writer['write'] {
  const { shape, name, datatype } = output
  const rowShape = shape.slice(1)
  const elements = rowShape.reduce((product, size) => product * size, 1)
  const plain = elementText(output)
  if (classes !== undefined && role === 'probabilities' && rowShape.length === 1) {
    const keys = Array.from({ length: elements }, (_, index) => JSON.stringify(String(classes[index] ?? index)))
    const one = (row: number): string =>
      `{${keys.map((key, index) => `${key}:${plain(row * elements + index)}`).join()}}`
    return row => (row === undefined ? `[${all(rowsOf(output), one)}]` : one(row))
  }
  const text =
    classes !== undefined && role === 'label'
      ? labelText(output, classes, plain)
      : datatype === 'BYTES' && name.endsWith(bytesSuffix)
        ? (index: number) => JSON.stringify({ b64: Buffer.from(String(output.data[index])).toString('base64') })
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
