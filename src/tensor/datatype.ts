// The datatypes of the Open Inference Protocol and what each one is in memory, in ONNX and in the runtime: one table.

import { takeSmall } from './slab.ts'

export type TensorData =
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Float32Array
  | Float64Array
  | string[]

/** How elements are read, checked and written. */
export type ElementKind = 'bool' | 'integer' | 'bigint' | 'float' | 'half' | 'string'

interface DatatypeFacts {
  readonly kind: ElementKind
  /** Bytes of one element; 0 where elements vary in size. */
  readonly bytes: number
  /** `TensorProto.DataType` in onnx.proto. */
  readonly onnx: number
  /** The runtime's name of it. */
  readonly runtime: string
  /** The inclusive range of integers, as bigint so that 64 bits fit. */
  readonly range?: readonly [bigint, bigint]
}

/** FP16 is kept as its bits in a Uint16Array: Node 20 has no Float16Array. BOOL is 0 or 1 in a Uint8Array. */
export const datatypes = {
  BOOL: { kind: 'bool', bytes: 1, onnx: 9, runtime: 'bool' },
  UINT8: { kind: 'integer', bytes: 1, onnx: 2, runtime: 'uint8', range: [0n, 255n] },
  UINT16: { kind: 'integer', bytes: 2, onnx: 4, runtime: 'uint16', range: [0n, 65_535n] },
  UINT32: { kind: 'integer', bytes: 4, onnx: 12, runtime: 'uint32', range: [0n, 4_294_967_295n] },
  UINT64: { kind: 'bigint', bytes: 8, onnx: 13, runtime: 'uint64', range: [0n, 2n ** 64n - 1n] },
  INT8: { kind: 'integer', bytes: 1, onnx: 3, runtime: 'int8', range: [-128n, 127n] },
  INT16: { kind: 'integer', bytes: 2, onnx: 5, runtime: 'int16', range: [-32_768n, 32_767n] },
  INT32: { kind: 'integer', bytes: 4, onnx: 6, runtime: 'int32', range: [-(2n ** 31n), 2n ** 31n - 1n] },
  INT64: { kind: 'bigint', bytes: 8, onnx: 7, runtime: 'int64', range: [-(2n ** 63n), 2n ** 63n - 1n] },
  FP16: { kind: 'half', bytes: 2, onnx: 10, runtime: 'float16' },
  FP32: { kind: 'float', bytes: 4, onnx: 1, runtime: 'float32' },
  FP64: { kind: 'float', bytes: 8, onnx: 11, runtime: 'float64' },
  BYTES: { kind: 'string', bytes: 0, onnx: 8, runtime: 'string' }
} as const satisfies Record<string, DatatypeFacts>

export type Datatype = keyof typeof datatypes

export const datatypeNames = Object.keys(datatypes) as readonly Datatype[]

export function isDatatype(name: string): name is Datatype {
  return Object.hasOwn(datatypes, name)
}

export function factsOf(datatype: Datatype): DatatypeFacts {
  return datatypes[datatype]
}

const byOnnx = new Map<number, Datatype>(datatypeNames.map(name => [datatypes[name].onnx, name]))
const byRuntime = new Map<string, Datatype>(datatypeNames.map(name => [datatypes[name].runtime, name]))

/** The datatype of a `TensorProto.DataType`, or undefined for those that the runtime's Node binding can't take (bfloat16, complex, float8, int4). */
export function datatypeFromOnnx(elementType: number): Datatype | undefined {
  return byOnnx.get(elementType)
}

/** The datatype that the runtime calls `name` (`float32`, `int64`, …). */
export function datatypeFromRuntime(name: string): Datatype | undefined {
  return byRuntime.get(name)
}

/** A constructor of typed arrays; the engine's own types of them do not fit into one union. */
interface ArrayType {
  new (count: number): Exclude<TensorData, string[]>
  new (buffer: ArrayBuffer, byteOffset: number, count: number): Exclude<TensorData, string[]>
}

const arrayTypes: Readonly<Record<Exclude<Datatype, 'BYTES'>, ArrayType>> = {
  BOOL: Uint8Array,
  UINT8: Uint8Array,
  UINT16: Uint16Array,
  UINT32: Uint32Array,
  UINT64: BigUint64Array,
  INT8: Int8Array,
  INT16: Int16Array,
  INT32: Int32Array,
  INT64: BigInt64Array,
  FP16: Uint16Array,
  FP32: Float32Array,
  FP64: Float64Array
}

/** Zeroed memory for `count` elements; BYTES get empty strings. Small arrays may share their buffer with others. */
export function allocate(datatype: Datatype, count: number): TensorData {
  if (datatype === 'BYTES') return new Array<string>(count).fill('')
  const place = takeSmall(count * datatypes[datatype].bytes)
  const ArrayType = arrayTypes[datatype]
  return place === undefined ? new ArrayType(count) : new ArrayType(place.buffer, place.byteOffset, count)
}

/** `count` elements that lie in `buffer` already. `byteOffset` has to be a multiple of an element's bytes. */
export function viewElements(
  datatype: Exclude<Datatype, 'BYTES'>,
  buffer: ArrayBuffer,
  byteOffset: number,
  count: number
): TensorData {
  return new arrayTypes[datatype](buffer, byteOffset, count)
}
