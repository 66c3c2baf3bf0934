// How a value that someone sent is shown back to them: short, on one line, never recursive.

const textMax = 64

/** `"abc…"`, `12`, `null`, `an array of 3`, `an object`: what came, in at most about 64 characters. */
export function describe(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (value === null) return 'null'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : `an array of ${value.length}`
  switch (typeof value) {
    case 'string':
      return JSON.stringify(shorten(value))
    case 'number':
    case 'boolean':
      return String(value)
    case 'bigint':
      return shorten(value.toString())
    default:
      return 'an object'
  }
}

/** The first `max` characters, with an ellipsis where something was left out. Never splits a surrogate pair. */
export function shorten(text: string, max = textMax): string {
  if (text.length <= max) return text
  return `${text.slice(0, max).replace(/[\ud800-\udbff]$/, '')}…`
}

/** `a, b, c` with the first `max` names, then how many more there are. */
export function listNames(names: Iterable<string>, max = 16): string {
  const all = [...names]
  const shown = all.slice(0, max).map(name => `'${shorten(name)}'`)
  const rest = all.length - shown.length
  return rest > 0 ? `${shown.join(', ')} and ${rest} more` : shown.join(', ')
}

/** `[-1,30]`, as the Open Inference Protocol writes shapes. */
export function describeShape(shape: readonly (number | string)[]): string {
  return `[${shape.join(',')}]`
}
