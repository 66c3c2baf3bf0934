// Four elements of each datatype, at its edges.
import type { Datatype, TensorData } from '../../src/tensor/datatype.ts'

export const samples: Readonly<Record<Datatype, TensorData>> = {
  BOOL: Uint8Array.of(0, 1, 1, 0),
  UINT8: Uint8Array.of(0, 1, 128, 255),
  UINT16: Uint16Array.of(0, 1, 32_768, 65_535),
  UINT32: Uint32Array.of(0, 1, 2 ** 31, 2 ** 32 - 1),
  UINT64: BigUint64Array.of(0n, 1n, 2n ** 53n + 1n, 2n ** 64n - 1n),
  INT8: Int8Array.of(-128, -1, 0, 127),
  INT16: Int16Array.of(-32_768, -1, 0, 32_767),
  INT32: Int32Array.of(-(2 ** 31), -1, 0, 2 ** 31 - 1),
  INT64: BigInt64Array.of(-(2n ** 63n), -1n, 2n ** 53n + 1n, 2n ** 63n - 1n),
  FP16: Uint16Array.of(0x3c00, 0xc000, 0x7c00, 0x0001),
  FP32: Float32Array.of(0.1, -0, Number.POSITIVE_INFINITY, Number.NaN),
  FP64: Float64Array.of(0.1, Number.MAX_VALUE, Number.NEGATIVE_INFINITY, Number.NaN),
  BYTES: ['', 'plain', 'ü😀', '{"json": [1]}']
}
