// The edges of numeric bins as texts: as few digits as tell neighbours apart, and words for bins that hold a single value.
import { compactText } from './numbers.ts'

const digitsMin = 3
const digitsMax = 9

/** One text an edge, for an axis: empty where the edge ends a bin of a single value, whose text is there already. `edges` rise. */
export function markTexts(edges: readonly number[]): string[] {
  const isEnd = (index: number): boolean => index > 0 && isPoint(edges[index - 1]!, edges[index]!)
  return edgeTexts(edges).map((text, index) => (isEnd(index) ? '' : text))
}

function edgeTexts(edges: readonly number[]): string[] {
  const texts = (digits: number): string[] => edges.map(edge => compactText(edge, digits))
  for (let digits = digitsMin; digits < digitsMax; digits++) {
    const shown = texts(digits)
    const isTold = (text: string, index: number): boolean =>
      index === 0 || text !== shown[index - 1] || isPoint(edges[index - 1]!, edges[index]!)
    if (shown.every(isTold)) return shown
  }
  return texts(digitsMax)
}

/** One text a bin of the `edges.length + 1`: `below 1`, `1 to 2.5`, `exactly 2.5`, `above 2.5 to 4`, `4 or more`. */
export function rangeTexts(edges: readonly number[]): string[] {
  const texts = edgeTexts(edges)
  const pointAt = (bin: number): boolean =>
    bin > 0 && bin < edges.length && isPoint(edges[bin - 1]!, edges[bin]!)
  return Array.from({ length: edges.length + 1 }, (_, bin) => {
    if (edges.length === 0) return 'all values'
    if (bin === 0) return `below ${texts[0]!}`
    if (pointAt(bin)) return `exactly ${texts[bin - 1]!}`
    const from = pointAt(bin - 1) ? texts[bin - 2]! : texts[bin - 1]!
    if (bin < edges.length) return `${pointAt(bin - 1) ? 'above ' : ''}${from} to ${texts[bin]!}`
    return pointAt(bin - 1) ? `above ${from}` : `${from} or more`
  })
}

/** True where no float32, or no float64, lies between the two: a bin of its own for a value that comes often. */
function isPoint(lower: number, upper: number): boolean {
  const middle = lower + (upper - lower) / 2
  return [middle, Math.fround(middle)].some(value => value === lower || value === upper)
}
