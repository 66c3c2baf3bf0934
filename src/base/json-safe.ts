// Values that a model or its model.yaml gave, as JSON can hold them: 64-bit integers, NaN, typed arrays, and what contains itself.

const depthMax = 16

/** Integers beyond 2^53, NaN and the infinities become strings, typed arrays lists; what is nested too deep, or in itself, ends. */
export function jsonSafe(value: unknown, around: readonly object[] = []): unknown {
  if (typeof value === 'bigint') {
    const number = Number(value)
    return Number.isSafeInteger(number) ? number : String(value)
  }
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value)
  if (typeof value !== 'object' || value === null) return value
  if (around.length >= depthMax || around.includes(value)) return Array.isArray(value) ? '[…]' : '{…}'
  const inside = [...around, value]
  if (Array.isArray(value) || ArrayBuffer.isView(value))
    return Array.from(value as ArrayLike<unknown>, item => jsonSafe(item, inside))
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, jsonSafe(item, inside)]))
}
