// Writes small .onnx files, so that tests need no Python: a Protocol Buffers writer with ONNX's field numbers on top.
// https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
import { type Datatype, datatypes } from '../../src/tensor/datatype.ts'

type Bytes = Uint8Array

const utf8 = new TextEncoder()

function varint(value: number | bigint): Bytes {
  let rest = BigInt.asUintN(64, BigInt(value))
  const bytes: number[] = []
  do {
    const low = Number(rest & 0x7fn)
    rest >>= 7n
    bytes.push(rest === 0n ? low : low | 0x80)
  } while (rest !== 0n)
  return Uint8Array.from(bytes)
}

/** One field: numbers as varints, text and bytes length-delimited. */
export function field(number: number, value: number | bigint | string | Bytes): Bytes {
  if (typeof value === 'number' || typeof value === 'bigint')
    return Buffer.concat([varint(number * 8), varint(value)])
  const bytes = typeof value === 'string' ? utf8.encode(value) : value
  return Buffer.concat([varint(number * 8 + 2), varint(bytes.length), bytes])
}

function floatField(number: number, value: number): Bytes {
  const bytes = Buffer.alloc(4)
  bytes.writeFloatLE(value)
  return Buffer.concat([varint(number * 8 + 5), bytes])
}

const join = (...parts: readonly Bytes[]): Bytes => Buffer.concat(parts)

export type Dim = number | string | null

export interface TensorValue {
  readonly name: string
  readonly datatype: Datatype | number
  /** Undefined leaves the rank open. */
  readonly shape: readonly Dim[] | undefined
}

/** A value that is no tensor, as the bytes of its TypeProto. */
export interface OtherValue {
  readonly name: string
  readonly type: Bytes
}

export interface Initializer {
  readonly name: string
  readonly datatype: Datatype
  readonly shape: readonly number[]
  /** The elements, their little-endian bytes, or where their file lies. */
  readonly data: readonly number[] | Bytes | { readonly location: string; readonly length?: number }
}

export type Attribute =
  | number
  | string
  | readonly number[]
  | readonly string[]
  | { readonly float: number }
  | { readonly floats: readonly number[] }
  | { readonly graph: Bytes }
  | { readonly tensor: Initializer }

export interface Node {
  readonly op: string
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes?: Readonly<Record<string, Attribute>>
  readonly domain?: string
}

export interface GraphParts {
  readonly nodes: readonly Node[]
  readonly inputs: readonly (TensorValue | OtherValue)[]
  readonly outputs: readonly (TensorValue | OtherValue)[]
  readonly initializers?: readonly Initializer[]
}

export interface ModelParts extends GraphParts {
  readonly irVersion?: number
  readonly opsets?: Readonly<Record<string, number>>
  readonly producerName?: string
  readonly producerVersion?: string
  readonly domain?: string
  readonly modelVersion?: number
  readonly docString?: string
  readonly metadata?: Readonly<Record<string, string>>
  /** Fields of ModelProto to append as they are. */
  readonly extra?: Bytes
}

/** The bytes of a ModelProto. */
export function onnxModel(parts: ModelParts): Bytes {
  const { irVersion = 8, opsets = { '': 17 }, metadata = {} } = parts
  return join(
    field(1, irVersion),
    field(2, parts.producerName ?? 'kedge-tests'),
    field(3, parts.producerVersion ?? '1'),
    field(4, parts.domain ?? ''),
    field(5, parts.modelVersion ?? 0),
    field(6, parts.docString ?? ''),
    field(7, graph(parts)),
    ...Object.entries(opsets).map(([domain, version]) => field(8, join(field(1, domain), field(2, version)))),
    ...Object.entries(metadata).map(([key, value]) => field(14, join(field(1, key), field(2, value)))),
    parts.extra ?? new Uint8Array(0)
  )
}

/** The bytes of a GraphProto. */
export function graph(parts: GraphParts): Bytes {
  return join(
    ...parts.nodes.map(part => field(1, node(part))),
    field(2, 'graph'),
    ...(parts.initializers ?? []).map(part => field(5, tensor(part))),
    ...parts.inputs.map(part => field(11, valueInfo(part))),
    ...parts.outputs.map(part => field(12, valueInfo(part)))
  )
}

/** The bytes of a NodeProto. */
export function node(part: Node): Bytes {
  return join(
    ...part.inputs.map(name => field(1, name)),
    ...part.outputs.map(name => field(2, name)),
    field(4, part.op),
    ...Object.entries(part.attributes ?? {}).map(([name, value]) => field(5, attribute(name, value))),
    field(7, part.domain ?? '')
  )
}

function attribute(name: string, value: Attribute): Bytes {
  const [type, body] = attributeBody(value)
  return join(field(1, name), body, field(20, type))
}

function attributeBody(value: Attribute): [type: number, body: Bytes] {
  if (typeof value === 'number') return [2, field(3, value)]
  if (typeof value === 'string') return [3, field(4, value)]
  if ('float' in value) return [1, floatField(2, value.float)]
  if ('graph' in value) return [5, field(6, value.graph)]
  if ('tensor' in value) return [4, field(5, tensor(value.tensor))]
  if ('floats' in value) return [6, join(...value.floats.map(item => floatField(7, item)))]
  if (value.every(item => typeof item === 'string')) return [8, join(...value.map(item => field(9, item)))]
  return [7, join(...value.map(item => field(8, item)))]
}

/** The bytes of a TensorProto. */
export function tensor({ name, datatype, shape, data }: Initializer): Bytes {
  const head = join(...shape.map(size => field(1, size)), field(2, datatypes[datatype].onnx), field(8, name))
  if ('location' in data) {
    const entries = [
      ['location', data.location],
      ...(data.length === undefined ? [] : [['length', String(data.length)]])
    ]
    return join(
      head,
      ...entries.map(([key, value]) => field(13, join(field(1, key!), field(2, value!)))),
      field(14, 1)
    )
  }
  return join(head, field(9, rawData(datatype, data)))
}

/** Little-endian bytes of the elements. */
function rawData(datatype: Datatype, data: readonly number[] | Bytes): Bytes {
  if (data instanceof Uint8Array) return data
  if (datatype === 'INT64') return new Uint8Array(BigInt64Array.from(data, BigInt).buffer)
  if (datatype === 'BOOL') return Uint8Array.from(data)
  if (datatype === 'FP64') return new Uint8Array(Float64Array.from(data).buffer)
  return new Uint8Array(Float32Array.from(data).buffer)
}

/** The bytes of a ValueInfoProto. */
export function valueInfo(value: TensorValue | OtherValue): Bytes {
  return join(field(1, value.name), field(2, 'type' in value ? value.type : field(1, tensorType(value))))
}

function tensorType({ datatype, shape }: TensorValue): Bytes {
  const elementType = typeof datatype === 'number' ? datatype : datatypes[datatype].onnx
  const dims = shape?.map(dim =>
    field(1, dim === null ? new Uint8Array(0) : typeof dim === 'number' ? field(1, dim) : field(2, dim))
  )
  return join(field(1, elementType), dims === undefined ? new Uint8Array(0) : field(2, join(...dims)))
}

/** sequence(map(int64, float)): what scikit-learn's converter makes of probabilities unless told not to. */
export const sequenceOfMaps: Bytes = field(
  4,
  field(1, field(5, join(field(1, 7), field(2, field(1, field(1, 1))))))
)
