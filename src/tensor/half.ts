// IEEE 754 half precision (FP16) in numbers and back.

const float = new Float32Array(1)
const bits = new Uint32Array(float.buffer)

/** The nearest half, ties to even, as its 16 bits; beyond ±65,504 it becomes ±Infinity. */
export function halfFromNumber(value: number): number {
  float[0] = value
  const single = bits[0]!
  const sign = (single >>> 16) & 0x8000
  const magnitude = single & 0x7fffffff
  if (magnitude > 0x7f800000) return sign | 0x7e00
  if (magnitude >= 0x47800000) return sign | 0x7c00
  if (magnitude < 0x38800000) return sign | subnormalHalf(Math.abs(value))
  // Re-bias the exponent from 127 to 15, then round off 13 bits of mantissa; a carry runs into the exponent as it should.
  const rebased = magnitude - 0x38000000
  return sign | ((rebased + 0x0fff + ((rebased >>> 13) & 1)) >>> 13)
}

/** Halves below 2⁻¹⁴ are multiples of 2⁻²⁴. */
function subnormalHalf(magnitude: number): number {
  const scaled = magnitude * 2 ** 24
  const floor = Math.floor(scaled)
  const rest = scaled - floor
  return floor + (rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? 1 : 0)
}

export function numberFromHalf(half: number): number {
  const sign = half & 0x8000 ? -1 : 1
  const exponent = (half >>> 10) & 0x1f
  const mantissa = half & 0x3ff
  if (exponent === 0) return sign * mantissa * 2 ** -24
  if (exponent === 0x1f) return mantissa === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  return sign * (1 + mantissa / 1024) * 2 ** (exponent - 15)
}
