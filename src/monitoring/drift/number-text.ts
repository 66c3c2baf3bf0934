// Numbers as people read them: a few significant digits, never an endless fraction.
import { nextNumber } from './quantile-edges.ts'

/** About four significant digits. */
export function numberText(value: number): string {
  if (!Number.isFinite(value)) return String(value)
  const size = Math.abs(value)
  if (size !== 0 && (size >= 1e6 || size < 1e-3)) return value.toExponential(2).replace(/\.?0*e\+?/, 'e')
  return String(Number(value.toPrecision(4)))
}

/** `below 3.2`, `3.2 to 4`, `4 and more`: the range of each bin between rising edges; `exactly 0` where it holds one value. */
export function rangeTexts(edges: readonly number[]): string[] {
  if (edges.length === 0) return ['any value']
  return Array.from({ length: edges.length + 1 }, (_, bin) => {
    const [from, to] = [edges[bin - 1], edges[bin]]
    if (from === undefined) return `below ${numberText(to!)}`
    if (to === undefined) return `${numberText(from)} and more`
    if (to === nextNumber(from, true) || to === nextNumber(from, false)) return `exactly ${numberText(from)}`
    const [low, high] = [numberText(from), numberText(to)]
    // Years and time stamps agree in their first digits.
    return low === high ? `${from} to ${to}` : `${low} to ${high}`
  })
}
