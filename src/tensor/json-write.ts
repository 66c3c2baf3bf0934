// Typed arrays → JSON text, flat in row-major order. The text is always legal JSON: NaN and the infinities are written as the
// strings "NaN", "Infinity" and "-Infinity" (numpy and tensor/json-read.ts take them back), 64-bit integers as exact digits.
import { datatypes } from './datatype.ts'
import { float32CharsMax, writeFloat32 } from './float32-text.ts'
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
        ? float32ListJson(data as Float32Array)
        : float64ListJson(data as Float64Array)
    case 'half':
      // What brings a float32 back brings a half back.
      return float32ListJson(Float32Array.from(data as Uint16Array, numberFromHalf))
    case 'string':
      return JSON.stringify(data)
  }
}

function listJson(data: Uint8Array | Float64Array, text: (value: number) => string): string {
  let list = '['
  for (let index = 0; index < data.length; index++) {
    list += index === 0 ? text(data[index]!) : `,${text(data[index]!)}`
  }
  return `${list}]`
}

/** The engine writes an array of numbers at once, but it has no NaN, no infinities and no -0 for JSON. */
function float64ListJson(data: Float64Array): string {
  const list: number[] = []
  for (let index = 0; index < data.length; index++) {
    const value = data[index]!
    if (!Number.isFinite(value) || Object.is(value, -0)) return listJson(data, numberJson)
    list.push(value)
  }
  return JSON.stringify(list)
}

/** Characters become text a block at a time. */
const block = Buffer.alloc(16_384)

function float32ListJson(data: Float32Array): string {
  let list = ''
  let at = block.write('[')
  for (let index = 0; index < data.length; index++) {
    if (at + float32CharsMax + 2 > block.length) {
      list += block.toString('latin1', 0, at)
      at = 0
    }
    if (index > 0) block[at++] = comma
    at = writeFloat32(block, at, data[index]!)
  }
  block[at++] = closingBracket
  return list + block.toString('latin1', 0, at)
}

const comma = 44
const closingBracket = 93

export function numberJson(value: number): string {
  if (Object.is(value, -0)) return '-0'
  return Number.isFinite(value) ? String(value) : `"${value}"`
}
