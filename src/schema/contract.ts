// What a request to a version has to fit: the tensors, the features that they hold, and the rules for values.
import type { Feature } from './features.ts'
import { type RangeRule, rangeRules } from './range-rules.ts'
import type { Signature } from './signature.ts'

export interface Contract {
  readonly signature: Signature
  readonly features: readonly Feature[]
  readonly rules: readonly RangeRule[]
}

export function contractOf(signature: Signature, features: readonly Feature[]): Contract {
  return { signature, features, rules: rangeRules(signature, features) }
}

/** Of tensors alone: for requests that nobody's rules concern, such as warm-ups. */
export function bareContract(signature: Signature): Contract {
  return { signature, features: [], rules: [] }
}
