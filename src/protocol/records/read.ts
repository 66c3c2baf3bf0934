// What was read, checked against the rules for values and made a request.
import { type Problem, problemsError } from '../../errors/serving-error.ts'
import { outputProblems } from '../../schema/check.ts'
import type { Contract } from '../../schema/contract.ts'
import { applyRangeRules } from '../../schema/range-rules.ts'
import type { InferenceRequest } from '../../tensor/tensor.ts'
import type { Read } from './values.ts'

/** The form of the answer: row by row, or whole values. */
export type Form = 'rows' | 'columns'

export interface RecordsRequest extends InferenceRequest {
  readonly form: Form
  /** Labels and probabilities by the names of their classes. */
  readonly classes: boolean
}

/** Throws INVALID_INPUT with every problem. */
export function requestOf(read: Read, { rules }: Contract): Pick<InferenceRequest, 'inputs' | 'outOfRange'> {
  if ('problems' in read) throw problemsError('INVALID_INPUT', read.problems)
  const { tensors, placeOf } = read
  const { problems, outOfRange } = applyRangeRules(rules, tensors, (input, { feature }, element) =>
    placeOf(input, feature, element)
  )
  if (problems.length > 0) throw problemsError('INVALID_INPUT', problems)
  return { inputs: tensors, outOfRange }
}

/** The outputs that are asked for; undefined for all. Throws INVALID_INPUT for unknown ones. */
export function wantedOutputs(
  { signature }: Contract,
  outputs: readonly string[] | undefined
): readonly string[] | undefined {
  if (outputs === undefined || outputs.length === 0) return undefined
  const problems: readonly Problem[] = outputProblems(signature, outputs)
  if (problems.length > 0)
    throw problemsError(
      'INVALID_INPUT',
      // They are names here, not objects with one.
      problems.map(problem => ({ ...problem, path: problem.path.replace(/\.name$/, '') }))
    )
  return outputs
}
