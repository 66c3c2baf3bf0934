// Making a profile as a task for another thread: sorting thousands of rows of many features takes longer than requests can wait.
import { makeProfile, type ProfileFacts } from './make-profile.ts'
import type { MonitorPlan } from './plan.ts'
import type { Profile } from './profile.ts'
import type { Column } from './reservoir.ts'

export interface MakeProfileInput {
  readonly plans: readonly MonitorPlan[]
  readonly columns: ReadonlyMap<number, Column>
  readonly facts: ProfileFacts
}

export const tasks = {
  makeProfile({ plans, columns, facts }: MakeProfileInput) {
    const output: Profile = makeProfile(plans, columns, facts)
    return { output, transfer: [] }
  }
}
