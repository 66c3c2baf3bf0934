// Somebody who is known: by a key, or by a token.
import type { Allowance } from './allowance.ts'
import type { Grants } from './grants.ts'

export interface Caller {
  /** As logs and the audit trail call them. */
  readonly name: string
  readonly grants: Grants
  /** What they may ask for; undefined for as much as they like. */
  readonly allowance: Allowance | undefined
}
