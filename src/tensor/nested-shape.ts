// The shape of a nested list, read off its first entries; whether the rest agrees is found out when the data is read.
import { rankMax, type Shape } from './shape.ts'

/** Sizes from the outermost list inwards; `[]` for a value that is no list. Deeper lists than any tensor has end the search. */
export function nestedShape(value: unknown): Shape {
  const shape: number[] = []
  for (let level = value; Array.isArray(level) && shape.length <= rankMax; level = level[0] as unknown)
    shape.push(level.length)
  return shape
}

/** So many elements may be allocated for a list that turns out to be ragged: reading it tells the very place. */
const elementsFree = 65_536

/** What reading `value` may allocate: what a ragged list claims by its first entries may be far more than is there. */
export function elementsMaxOf(value: unknown, depth: number): number {
  return Math.max(leafCount(value, depth), elementsFree)
}

/** Values that are really there, by counting each list. */
function leafCount(value: unknown, depth: number): number {
  if (depth === 0 || !Array.isArray(value)) return 1
  if (depth === 1) return value.length
  let count = 0
  for (const entry of value) count += leafCount(entry, depth - 1)
  return count
}

/** `[2][0]`: where element `index` of a tensor stands in a list that is nested by its shape. */
export function nestedPlace(shape: Shape, index: number): string {
  let [rest, place] = [index, '']
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const size = shape[axis]!
    place = `[${rest % size}]${place}`
    rest = Math.floor(rest / size)
  }
  return place
}
