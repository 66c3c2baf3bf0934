// What an .onnx file says of itself, read without its weights: versions, producer, metadata, inputs, outputs, and where its
// external data lies. Field numbers are those of onnx.proto (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto).
import { ExternalDataScan } from './external-data.ts'
import { foreignFile, headBytesMax } from './foreign-file.ts'
import {
  entryIn,
  type Field,
  FileWindow,
  fieldsOf,
  messageIn,
  OnnxFormatError,
  signedOf,
  textOf
} from './protobuf.ts'

/** A size, a name (equal names are equal sizes), or free. */
export type OnnxDimension = number | string | null

export type OnnxValue =
  | {
      readonly name: string
      readonly kind: 'tensor'
      /** `TensorProto.DataType`. */
      readonly elementType: number
      /** Undefined where the graph leaves the rank open. */
      readonly shape: readonly OnnxDimension[] | undefined
    }
  | {
      readonly name: string
      readonly kind: 'sequence' | 'map' | 'optional' | 'sparse tensor' | 'value of unknown type'
    }

export interface OnnxHeader {
  readonly irVersion: number
  readonly opsets: readonly { readonly domain: string; readonly version: number }[]
  readonly producerName: string
  readonly producerVersion: string
  readonly domain: string
  readonly modelVersion: number
  readonly docString: string
  /** What the exporter put into metadata_props. */
  readonly metadata: ReadonlyMap<string, string>
  /** What a caller has to give; initializers that are listed as inputs too (IR versions before 4) are left out. */
  readonly inputs: readonly OnnxValue[]
  readonly outputs: readonly OnnxValue[]
  /** Every distinct place that a tensor anywhere in the model names as the home of its data. */
  readonly externalData: readonly string[]
}

/** Inputs, outputs, metadata entries and opsets, each: far more than any model has. */
export const entriesMax = 65_536
/** Dimensions of one tensor. */
export const dimensionsMax = 1024

/** Reads the header of the file at `path`. Throws OnnxFormatError, or the file system's error. */
export function readOnnxHeader(path: string): OnnxHeader {
  const file = new FileWindow(path)
  try {
    if (file.size === 0) throw new OnnxFormatError('the file is empty')
    return readModel(file)
  } catch (error) {
    const foreign = error instanceof OnnxFormatError ? foreignFile(headOf(file)) : undefined
    throw foreign === undefined ? error : new OnnxFormatError(foreign)
  } finally {
    file.close()
  }
}

function headOf(file: FileWindow): Uint8Array {
  return Uint8Array.from({ length: Math.min(file.size, headBytesMax) }, (_, position) =>
    file.byteAt(position)
  )
}

function readModel(file: FileWindow): OnnxHeader {
  const opsets: { domain: string; version: number }[] = []
  const metadata = new Map<string, string>()
  const external = new ExternalDataScan(file)
  const texts = { producerName: '', producerVersion: '', domain: '', docString: '' }
  const numbers = { irVersion: 0, modelVersion: 0 }
  let graph: GraphValues | undefined
  for (const field of fieldsOf(file, 0, file.size)) {
    switch (field.number) {
      case 1:
        numbers.irVersion = signedOf(field)
        break
      case 2:
        texts.producerName = textOf(file, field)
        break
      case 3:
        texts.producerVersion = textOf(file, field)
        break
      case 4:
        texts.domain = textOf(file, field)
        break
      case 5:
        numbers.modelVersion = signedOf(field)
        break
      case 6:
        texts.docString = textOf(file, field)
        break
      case 7:
        graph = readGraph(file, field)
        external.graph(field, 0)
        break
      case 8:
        opsets.push(readOpset(file, field))
        break
      case 14: {
        const [key, value] = entryIn(file, field)
        metadata.set(key, value)
        break
      }
      case 20:
        external.trainingInfo(field)
        break
      case 25:
        external.function(field)
        break
    }
    if (opsets.length > entriesMax || metadata.size > entriesMax)
      throw new OnnxFormatError(`more than ${entriesMax} entries`)
  }
  if (graph === undefined) throw new OnnxFormatError('it holds no graph')
  if (opsets.length === 0) throw new OnnxFormatError('it names no operator set')
  return { ...numbers, ...texts, opsets, metadata, ...graph, externalData: [...external.locations] }
}

interface GraphValues {
  readonly inputs: readonly OnnxValue[]
  readonly outputs: readonly OnnxValue[]
}

function readGraph(file: FileWindow, graph: Field): GraphValues {
  const inputs: OnnxValue[] = []
  const outputs: OnnxValue[] = []
  const initializers = new Set<string>()
  for (const field of messageIn(file, graph)) {
    if (field.number === 5) initializers.add(initializerName(file, field))
    else if (field.number === 11) inputs.push(readValue(file, field))
    else if (field.number === 12) outputs.push(readValue(file, field))
    if (inputs.length > entriesMax || outputs.length > entriesMax)
      throw new OnnxFormatError(`more than ${entriesMax} inputs or outputs`)
  }
  return { inputs: inputs.filter(input => !initializers.has(input.name)), outputs }
}

function initializerName(file: FileWindow, tensor: Field): string {
  for (const field of messageIn(file, tensor)) if (field.number === 8) return textOf(file, field)
  return ''
}

function readOpset(file: FileWindow, opset: Field): { domain: string; version: number } {
  let domain = ''
  let version = 0
  for (const field of messageIn(file, opset)) {
    if (field.number === 1) domain = textOf(file, field)
    else if (field.number === 2) version = signedOf(field)
  }
  return { domain, version }
}

/** A ValueInfoProto. */
function readValue(file: FileWindow, info: Field): OnnxValue {
  let name = ''
  let type: Field | undefined
  for (const field of messageIn(file, info)) {
    if (field.number === 1) name = textOf(file, field)
    else if (field.number === 2) type = field
  }
  const kinds: Readonly<Record<number, 'sequence' | 'map' | 'optional' | 'sparse tensor'>> = {
    4: 'sequence',
    5: 'map',
    8: 'sparse tensor',
    9: 'optional'
  }
  for (const field of type === undefined ? [] : messageIn(file, type)) {
    if (field.number === 1) return { name, kind: 'tensor', ...readTensorType(file, field) }
    const kind = kinds[field.number]
    if (kind !== undefined) return { name, kind }
  }
  return { name, kind: 'value of unknown type' }
}

function readTensorType(
  file: FileWindow,
  tensorType: Field
): { elementType: number; shape: OnnxDimension[] | undefined } {
  let elementType = 0
  let shape: OnnxDimension[] | undefined
  for (const field of messageIn(file, tensorType)) {
    if (field.number === 1) elementType = signedOf(field)
    else if (field.number === 2) shape = readShape(file, field)
  }
  return { elementType, shape }
}

function readShape(file: FileWindow, tensorShape: Field): OnnxDimension[] {
  const shape: OnnxDimension[] = []
  for (const field of messageIn(file, tensorShape)) {
    if (field.number === 1) shape.push(readDimension(file, field))
    if (shape.length > dimensionsMax) throw new OnnxFormatError(`more than ${dimensionsMax} dimensions`)
  }
  return shape
}

/** A negative size and an empty name both mean free. */
function readDimension(file: FileWindow, dimension: Field): OnnxDimension {
  for (const field of messageIn(file, dimension)) {
    if (field.number === 1) return signedOf(field) < 0 ? null : signedOf(field)
    if (field.number === 2) return textOf(file, field) || null
  }
  return null
}
