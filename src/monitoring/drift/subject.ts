// One served version under drift monitoring: it is watched, or learns its baseline, or has none for a reason. Counts what its requests bring.
import { createHash } from 'node:crypto'
import type { ModelVersion } from '../../lifecycle/model-version.ts'
import type { NamedTensor } from '../../tensor/tensor.ts'
import type { Learning } from './learning.ts'
import { type MonitorPlan, planOf } from './plan.ts'
import { type ViolationKind, violationKinds } from './violations.ts'
import type { Watched } from './watched.ts'

export type Phase =
  | { readonly type: 'watched'; readonly watched: Watched }
  | { readonly type: 'learning'; readonly learning: Learning }
  /** `wanted` where somebody should do something about it. */
  | { readonly type: 'none'; readonly reason: string; readonly wanted: boolean }

export class Subject {
  readonly version: ModelVersion
  readonly plans: readonly MonitorPlan[]
  /** Quantities beyond the limit, which are not monitored. */
  readonly leftOut: number
  readonly violations = Object.fromEntries(violationKinds.map(kind => [kind, 0])) as Record<
    ViolationKind,
    number
  >
  /** State changes by the new state. */
  readonly changes = new Map<string, number>()
  phase: Phase = { type: 'none', reason: 'the baseline is being read', wanted: false }
  /** Of the reference's file and the settings that the phase was made from. */
  print = ''

  constructor(version: ModelVersion, monitorsMax: number) {
    this.version = version
    const { monitors, leftOut } = planOf(version, monitorsMax)
    this.plans = monitors
    this.leftOut = leftOut
  }

  countInputs(tensors: readonly NamedTensor[], rows: number): void {
    const { phase } = this
    if (phase.type === 'watched') phase.watched.counter.countInputs(tensors, rows)
    else if (phase.type === 'learning') phase.learning.offerInputs(tensors, rows)
  }

  countOutputs(tensors: readonly NamedTensor[], rows: number): void {
    const { phase } = this
    if (phase.type === 'watched') phase.watched.counter.countOutputs(tensors, rows)
    else if (phase.type === 'learning') phase.learning.offerOutputs(tensors, rows)
  }

  changed(to: string): void {
    this.changes.set(to, (this.changes.get(to) ?? 0) + 1)
  }
}

/** SHA-256 of the model's file; where its weights lie in files of their own, of the digests and names of all. */
export function modelDigest({ digests }: Pick<ModelVersion, 'digests'>): string {
  const files = Object.entries(digests).sort(([a], [b]) => (a < b ? -1 : 1))
  const [only] = files
  if (only !== undefined && files.length === 1) return only[1]
  const list = files.map(([name, digest]) => `${digest}  ${name}\n`).join('')
  return createHash('sha256').update(list).digest('hex')
}
