// What was wrong with the requests that were refused, by kind. Pure.
import type { Problem, ServingError } from '../../errors/serving-error.ts'

export const violationKinds = ['type', 'shape', 'name', 'range'] as const
export type ViolationKind = (typeof violationKinds)[number]

/** The kinds that one request showed, each once; none where it was refused for something else. */
export function violationsOf(error: ServingError): readonly ViolationKind[] {
  if (error.code !== 'INVALID_INPUT') return []
  return [...new Set(error.details.flatMap(problem => kindOf(problem) ?? []))]
}

/** By where the problem is: paths end in what they are about, and missing inputs have none of their own. */
function kindOf({ path, problem, got }: Problem): ViolationKind | undefined {
  if (path.endsWith('.name') || path === 'inputs') return 'name'
  if (path.endsWith('.datatype')) return 'type'
  if (path.endsWith('.shape') || /shape/.test(problem)) return 'shape'
  if (!/\.data(\[\d+\])*$/.test(path)) return undefined
  // A whole number that the datatype cannot hold lies outside of its range; anything else is no value of it.
  return got !== undefined && Number.isInteger(Number(got)) ? 'range' : 'type'
}
