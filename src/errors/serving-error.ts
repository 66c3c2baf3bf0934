// The one error class. Its message and details may be shown to the caller; its cause is for the log alone.
import { type ErrorCode, type ErrorKind, errorCodes } from './codes.ts'

/** What a value or tensor violates: for counting, not for callers. */
export type ProblemKind = 'type' | 'shape' | 'name' | 'range'

/** One thing that is wrong with a request, precise enough to mend it. */
export interface Problem {
  readonly kind?: ProblemKind
  /** Where: `inputs[0].data[3]`. */
  readonly path: string
  /** What is wrong, as a sentence without the values. */
  readonly problem: string
  readonly expected?: string
  /** What came, shortened. */
  readonly got?: string
  readonly hint?: string
}

export interface ServingErrorOptions {
  readonly cause?: unknown
  readonly details?: readonly Problem[]
  /** When it makes sense to try again, for errors that are retryable. */
  readonly retryAfterSeconds?: number
}

export class ServingError extends Error {
  readonly code: ErrorCode
  readonly details: readonly Problem[]
  readonly retryAfterSeconds: number | undefined

  constructor(code: ErrorCode, message: string, options: ServingErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'ServingError'
    this.code = code
    this.details = options.details ?? []
    this.retryAfterSeconds = options.retryAfterSeconds
  }

  get kind(): ErrorKind {
    return errorCodes[this.code]
  }

  /** Anything caught, as a ServingError; what is not one already becomes INTERNAL and keeps its text for the log only. */
  static from(caught: unknown): ServingError {
    if (caught instanceof ServingError) return caught
    return new ServingError('INTERNAL', 'the server failed to answer this request', { cause: caught })
  }
}

/** `inputs[0].data[3]: expected a number, got "x"; hint`, for a message that stands alone. */
export function problemText(problem: Problem): string {
  const facts = [
    problem.expected === undefined ? undefined : `expected ${problem.expected}`,
    problem.got === undefined ? undefined : `got ${problem.got}`
  ].filter(fact => fact !== undefined)
  const text = `${problem.path}: ${problem.problem}`
  const explained = facts.length === 0 ? text : `${text}: ${facts.join(', ')}`
  return problem.hint === undefined ? explained : `${explained}; ${problem.hint}`
}

/** An error of the caller's whose message names the first problem and how many more there are. */
export function problemsError(code: ErrorCode, problems: readonly Problem[]): ServingError {
  const [first] = problems
  const more =
    problems.length > 1 ? ` (and ${problems.length - 1} more problem${problems.length > 2 ? 's' : ''})` : ''
  const message = first === undefined ? 'the request is not valid' : problemText(first) + more
  return new ServingError(code, message, { details: problems })
}

/** The text of anything thrown. */
export function messageOf(caught: unknown): string {
  return caught instanceof Error ? caught.message : String(caught)
}
