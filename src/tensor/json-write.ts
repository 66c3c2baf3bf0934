// Typed arrays → JSON text, flat in row-major order. The text is always legal JSON: NaN and the infinities are written as the
// strings "NaN", "Infinity" and "-Infinity" (numpy and tensor/json-read.ts take them back), 64-bit integers as exact digits.
import { datatypes } from './datatype.ts'
import { numberFromHalf } from './half.ts'
import type { Tensor } from './tensor.ts'

/** The data of `tensor` as a JSON list. */
export function tensorDataJson(tensor: Tensor): string {
  const { data } = tensor
  switch (datatypes[tensor.datatype].kind) {
    case 'bool':
      return listJson(data as Uint8Array, value => (value === 0 ? 'false' : 'true'))
    case 'integer':
      return `[${(data as Int32Array).join(',')}]`
    case 'bigint':
      return `[${(data as BigInt64Array).join(',')}]`
    case 'float':
      return tensor.datatype === 'FP32'
        ? listJson(data as Float32Array, float32Json)
        : listJson(data as Float64Array, numberJson)
    case 'half':
      return listJson(data as Uint16Array, half => numberJson(numberFromHalf(half)))
    case 'string':
      return JSON.stringify(data)
  }
}

function listJson(
  data: Uint8Array | Uint16Array | Float32Array | Float64Array,
  text: (value: number) => string
): string {
  let list = '['
  for (let index = 0; index < data.length; index++) {
    list += index === 0 ? text(data[index]!) : `,${text(data[index]!)}`
  }
  return `${list}]`
}

/** The shortest of 6 to 9 significant digits that gives the same float32 back; 9 always do. */
export function float32Json(value: number): string {
  if (!Number.isFinite(value)) return numberJson(value)
  if (Number.isInteger(value) && Math.abs(value) < 1e9) return Object.is(value, -0) ? '-0' : String(value)
  for (let digits = 6; digits < 9; digits++) {
    const text = value.toPrecision(digits)
    if (Math.fround(Number(text)) === value) return String(Number(text))
  }
  return String(Number(value.toPrecision(9)))
}

function numberJson(value: number): string {
  if (Object.is(value, -0)) return '-0'
  return Number.isFinite(value) ? String(value) : `"${value}"`
}
