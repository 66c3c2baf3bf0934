// IEEE 754 half precision (FP16) in numbers and back.

const float = new Float32Array(1)
const bits = new Uint32Array(float.buffer)

/** How many units in the last place make 1, by exponent from -14, which the subnormals share, to 15. */
const unitsInOne = Array.from({ length: 30 }, (_, index) => 2 ** (24 - index))

/** The nearest half, ties to even, as its 16 bits; beyond ±65,504 it becomes ±Infinity. */
export function halfFromNumber(value: number): number {
  if (Number.isNaN(value)) return 0x7e00
  // Sign and exponent are read off the float32; the mantissa is rounded from the double, because rounding twice goes astray.
  float[0] = value
  const sign = (bits[0]! >>> 16) & 0x8000
  const magnitude = Math.abs(value)
  if (magnitude >= 65_520) return sign | 0x7c00
  const exponent = Math.max((bits[0]! >>> 23) & 0xff, 127 - 14) - (127 - 14)
  // The leading 1 of a normal adds one to the exponent, which is what tells it from a subnormal; a carry does so rightly too.
  return sign | ((exponent << 10) + roundToEven(magnitude * unitsInOne[exponent]!))
}

function roundToEven(value: number): number {
  const floor = Math.floor(value)
  const rest = value - floor
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
