// A sample of rows → a version's profile, the residual of its numeric features included. Pure; the same sample gives the same profile.
import { buildReference, numericReference } from './build-reference.ts'
import { PcaResidual, principalComponents } from './pca.ts'
import { type MonitorPlan, pcaInputs } from './plan.ts'
import type { MonitorReference, PcaReference, Profile, ProfileSource } from './profile.ts'
import type { Column } from './reservoir.ts'

export interface ProfileFacts {
  readonly model: string
  readonly modelVersion: number
  /** SHA-256 of the model's file. */
  readonly modelSha256: string
  /** ISO 8601. */
  readonly createdAt: string
  readonly tool: string
  readonly source: ProfileSource
  readonly seed: number
}

/** Rows that a component is fitted to, at least, for each feature: fewer would fit the sample rather than the data. */
const rowsPerComponent = 5

/** `columns` holds the sample of each monitor by its place in the plan; those that nothing was sampled of are left out. */
export function makeProfile(
  plans: readonly MonitorPlan[],
  columns: ReadonlyMap<number, Column>,
  facts: ProfileFacts
): Profile {
  const references = new Map<string, MonitorReference>()
  for (const [index, plan] of plans.entries()) {
    const column = columns.get(index)
    if (column !== undefined && column.length > 0) references.set(plan.name, buildReference(plan, column))
  }
  const derived = plans.find(({ role }) => role === 'derived')
  const residual = derived === undefined ? undefined : residualOf(plans, columns, references)
  if (derived !== undefined && residual !== undefined)
    references.set(derived.name, numericReference(derived, residual.values))
  return { schema: 1, ...facts, monitors: [...references.values()], pca: residual?.pca }
}

/** Undefined where fewer than two features vary, or the sample is too small. */
function residualOf(
  plans: readonly MonitorPlan[],
  columns: ReadonlyMap<number, Column>,
  references: ReadonlyMap<string, MonitorReference>
): { readonly pca: PcaReference; readonly values: Float64Array } | undefined {
  const varying = pcaInputs(plans).flatMap(plan => {
    const reference = references.get(plan.name)
    const column = columns.get(plans.indexOf(plan))
    const isUsable =
      reference?.kind === 'numeric' && reference.deviation > 0 && column instanceof Float64Array
    return isUsable ? [{ name: plan.name, mean: reference.mean, column }] : []
  })
  const rows = varying[0]?.column.length ?? 0
  if (varying.length < 2 || rows < varying.length * rowsPerComponent) return undefined
  const width = varying.length
  const table = new Float64Array(rows * width)
  for (const [place, { column, mean }] of varying.entries())
    for (let row = 0; row < rows; row++) {
      const value = column[row]!
      table[row * width + place] = Number.isFinite(value) ? value : mean
    }
  const pca = { features: varying.map(({ name }) => name), ...principalComponents(table, width) }
  const residual = new PcaResidual(pca)
  const values = Float64Array.from({ length: rows }, (_, row) =>
    residual.residual(table.subarray(row * width, (row + 1) * width))
  )
  return { pca, values }
}
