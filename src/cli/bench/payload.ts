// Requests made ready before any time is taken: random tensors that fit a model's metadata, or the request of a file.
import { describe, listNames } from '../../base/describe.ts'
import { type Random, randomBelow } from '../../base/random.ts'
import {
  allocate,
  type Datatype,
  datatypeNames,
  datatypes,
  isDatatype,
  type TensorData
} from '../../tensor/datatype.ts'
import { halfFromNumber } from '../../tensor/half.ts'
import { tensorDataJson } from '../../tensor/json-write.ts'
import { elementCount, type Shape } from '../../tensor/shape.ts'
import { type NamedTensor, rowsOf } from '../../tensor/tensor.ts'
import { BenchError } from './bench-error.ts'
import { binaryRequest } from './binary.ts'

/** A body to send, as it is. */
export interface Payload {
  readonly body: Uint8Array
  readonly headers: Readonly<Record<string, string>>
  readonly rows: number
}

export interface InputMetadata {
  readonly name: string
  readonly datatype: Datatype
  /** -1 is a free dimension. */
  readonly shape: Shape
}

/** So many different requests are sent in turn, so that no cache of the server or the processor answers for the model. */
const payloadsMax = 16
const payloadBytesMax = 256 * 2 ** 20
const elementsMax = 2 ** 24
/** Below this are whole numbers: small enough to be an index in most tables, and to fit every datatype. */
const integerEnd = 100
const wordLettersMin = 3
const wordLettersMax = 8

/** The inputs of the answer to `GET /v2/models/{model}`. */
export function readInputs(metadata: unknown): InputMetadata[] {
  const inputs = (metadata as { readonly inputs?: unknown } | null)?.inputs
  if (!Array.isArray(inputs) || inputs.length === 0)
    throw new BenchError('the metadata of the model names no inputs; give a request with --data')
  return inputs.map((input: unknown) => {
    const { name, datatype, shape } = (input ?? {}) as Readonly<Record<string, unknown>>
    if (typeof name !== 'string' || !isShapePattern(shape))
      throw new BenchError(`the metadata of the model is not that of the protocol: got ${describe(name)}`)
    if (typeof datatype !== 'string' || !isDatatype(datatype))
      throw new BenchError(
        `input ${describe(name)} has the datatype ${describe(datatype)}, which this command cannot make up ` +
          `(it can: ${datatypeNames.join(', ')}); give a request with --data`
      )
    return { name, datatype, shape }
  })
}

function isShapePattern(shape: unknown): shape is number[] {
  return Array.isArray(shape) && shape.every(size => Number.isSafeInteger(size) && (size as number) >= -1)
}

export interface GenerateOptions {
  /** Undefined: one row, without asking whether the model takes rows. */
  readonly rows: number | undefined
  readonly binary: boolean
  readonly random: Random
  /** Of all requests together; larger ones are fewer. */
  readonly bytesMax?: number
}

/** Requests of random tensors, at least one. A free first dimension holds the rows; other free dimensions are 1. */
export function generatePayloads(inputs: readonly InputMetadata[], options: GenerateOptions): Payload[] {
  const { rows = 1, binary, random, bytesMax = payloadBytesMax } = options
  if (rows > 1 && !inputs.some(({ shape }) => shape[0] === -1))
    throw new BenchError(
      `--rows ${rows}: no input of the model has a free first dimension (${listNames(inputs.map(({ name }) => name))})`
    )
  const payloads: Payload[] = []
  let bytes = 0
  do {
    const tensors = inputs.map(input => randomTensor(input, rows, random))
    const payload = { ...(binary ? binaryRequest(tensors) : jsonRequest(tensors)), rows: rowsOf(tensors[0]) }
    payloads.push(payload)
    bytes += payload.body.byteLength
    // One more of this size has to fit as well.
  } while (payloads.length < payloadsMax && bytes * (1 + 1 / payloads.length) <= bytesMax)
  return payloads
}

function randomTensor(
  { name, datatype, shape: pattern }: InputMetadata,
  rows: number,
  random: Random
): NamedTensor {
  const shape = pattern.map((size, axis) => (size === -1 ? (axis === 0 ? rows : 1) : size))
  const count = elementCount(shape)
  if (count === undefined || count > elementsMax)
    throw new BenchError(
      `input ${describe(name)} of shape [${shape.join(',')}] has more than ${elementsMax} elements; ask for fewer --rows`
    )
  const data = allocate(datatype, count)
  const next = elementMaker(datatype, random)
  for (let index = 0; index < count; index++) data[index] = next()
  return { name, datatype, shape, data }
}

/** Numbers from 0 to 1, small whole numbers, truth values and short words. */
function elementMaker(datatype: Datatype, random: Random): () => TensorData[number] {
  switch (datatypes[datatype].kind) {
    case 'bool':
      return () => randomBelow(2, random)
    case 'integer':
      return () => randomBelow(integerEnd, random)
    case 'bigint':
      return () => BigInt(randomBelow(integerEnd, random))
    case 'float':
      return random
    case 'half':
      return () => halfFromNumber(random())
    case 'string':
      return () => randomWord(random)
  }
}

function randomWord(random: Random): string {
  const letters = wordLettersMin + randomBelow(wordLettersMax - wordLettersMin + 1, random)
  const codes = Array.from({ length: letters }, () => 0x61 + randomBelow(26, random))
  return String.fromCharCode(...codes)
}

const jsonHeaders = { 'content-type': 'application/json' }

function jsonRequest(tensors: readonly NamedTensor[]): Omit<Payload, 'rows'> {
  const inputs = tensors.map(
    tensor =>
      `{"name":${JSON.stringify(tensor.name)},"shape":[${tensor.shape.join(',')}],` +
      `"datatype":"${tensor.datatype}","data":${tensorDataJson(tensor)}}`
  )
  return { body: Buffer.from(`{"inputs":[${inputs.join(',')}]}`), headers: jsonHeaders }
}

/** The V2 request of a file, sent byte for byte. */
export function filePayload(body: Uint8Array, file: string): Payload {
  let document: unknown
  try {
    document = JSON.parse(Buffer.from(body).toString())
  } catch (error) {
    throw new BenchError(`--data ${file} is not JSON: ${(error as Error).message}`, { cause: error })
  }
  const inputs = (document as { readonly inputs?: unknown } | null)?.inputs
  const shape = Array.isArray(inputs) ? (inputs[0] as { readonly shape?: unknown } | null)?.shape : undefined
  if (!Array.isArray(shape) || !shape.every(size => Number.isSafeInteger(size)))
    throw new BenchError(
      `--data ${file} is not a V2 request: expected {"inputs": [{"name", "shape", "datatype", "data"}]}`
    )
  return { body, headers: jsonHeaders, rows: (shape as number[])[0] ?? 1 }
}
