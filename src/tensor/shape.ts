// Shapes: element counts that cannot overflow, and matching a shape against a pattern with free dimensions.
import { describe, describeShape } from '../base/describe.ts'

/** The dimensions of a tensor, outermost first; `[]` is a scalar. */
export type Shape = readonly number[]

/** A dimension of a signature: a fixed size, a name (equal names are equal sizes within a request), or free. */
export type Dimension = number | string | null

/** Tensors of a higher rank are refused: no real model has one, and every nesting level costs a loop. */
export const rankMax = 16

/** The product of the dimensions, or undefined where it exceeds what a number counts exactly. A scalar has one element. */
export function elementCount(shape: Shape): number | undefined {
  let count = 1
  for (const size of shape) {
    count *= size
    if (count > Number.MAX_SAFE_INTEGER) return shape.includes(0) ? 0 : undefined
  }
  return count
}

/** What is wrong with `value` as a shape, or undefined when it is a list of sizes from 0. */
export function shapeProblem(value: readonly unknown[]): string | undefined {
  if (value.length > rankMax) return `${value.length} dimensions, at most ${rankMax} are supported`
  for (const size of value) {
    if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) {
      return `${describe(size)} is not a size; sizes are whole numbers from 0`
    }
  }
  return elementCount(value as Shape) === undefined ? 'the product of the sizes is too large' : undefined
}

/**
 * Why `shape` does not fit `pattern`, or undefined when it does. `bound` collects the size of each named dimension across
 * the tensors of one request, so that two tensors that share a name have to agree.
 */
export function matchShape(
  pattern: readonly Dimension[],
  shape: Shape,
  bound: Map<string, number>
): string | undefined {
  if (pattern.length !== shape.length) {
    return `${shape.length} dimension${shape.length === 1 ? '' : 's'} where the model has ${pattern.length}`
  }
  for (const [axis, wanted] of pattern.entries()) {
    const size = shape[axis]!
    if (typeof wanted === 'number' && wanted !== size) return `dimension ${axis} has to be ${wanted}`
    if (typeof wanted !== 'string') continue
    const before = bound.get(wanted)
    if (before !== undefined && before !== size) {
      return `dimension ${axis} ('${wanted}') has to be ${before}, as in the inputs before it`
    }
    bound.set(wanted, size)
  }
  return undefined
}

/** The protocol's spelling: free and named dimensions are -1. */
export function wireShape(pattern: readonly Dimension[]): number[] {
  return pattern.map(dimension => (typeof dimension === 'number' ? dimension : -1))
}

/** For messages: `[batch,4]`, and `[-1,4]` where a free dimension has no name. */
export function describePattern(pattern: readonly Dimension[]): string {
  return describeShape(pattern.map(dimension => dimension ?? -1))
}
