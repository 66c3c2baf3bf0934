// Values that a model gave or was given, as JSON can hold them: 64-bit integers, NaN and typed arrays included.

const depthMax = 16

/** Integers beyond 2^53, NaN and the infinities become strings, typed arrays lists; what is nested too deep becomes its text. */
export function jsonSafe(value: unknown, depth = 0): unknown {
  if (typeof value === 'bigint') {
    const number = Number(value)
    return Number.isSafeInteger(number) ? number : String(value)
  }
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
  if (typeof value !== 'object' || value === null) return value
  if (depth >= depthMax) return Array.isArray(value) ? '[…]' : '{…}'
  if (Array.isArray(value) || ArrayBuffer.isView(value))
    return Array.from(value as ArrayLike<unknown>, item => jsonSafe(item, depth + 1))
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, jsonSafe(item, depth + 1)]))
}
