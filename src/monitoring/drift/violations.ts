// What was wrong with the requests that were refused, by kind. Pure.
import type { ServingError } from '../../errors/serving-error.ts'

export const violationKinds = ['type', 'shape', 'name', 'range'] as const
export type ViolationKind = (typeof violationKinds)[number]

/** The kinds that one request showed, each once; none where it was refused for something else. */
export function violationsOf(error: ServingError): readonly ViolationKind[] {
  if (error.code !== 'INVALID_INPUT') return []
  return [...new Set(error.details.flatMap(({ kind }) => kind ?? []))]
}
