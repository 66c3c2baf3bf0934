// A ServingError as the V2 (and V1) dialect's error object: `{"error": text}` with Kedge's code and details beside it.
import type { Problem, ServingError } from '../../errors/serving-error.ts'

export interface ErrorBody {
  readonly error: string
  readonly code: string
  readonly request_id: string
  readonly details?: readonly Problem[]
}

/** Problems shown at most; a body with a mistake in every row needs no longer list. */
export const detailsMax = 32

export function errorBody(error: ServingError, requestId: string): ErrorBody {
  const body = { error: error.message, code: error.code, request_id: requestId }
  return error.details.length === 0
    ? body
    : { ...body, details: error.details.slice(0, detailsMax).map(shown) }
}

function shown({ kind: _, ...problem }: Problem): Problem {
  return problem
}
