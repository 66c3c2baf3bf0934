// Monitors, profiles and watched versions for tests, made the way that the server makes them.
import { seededRandom } from '../../src/base/random.ts'
import { makeProfile } from '../../src/monitoring/drift/make-profile.ts'
import { type MonitorPlan, planOf } from '../../src/monitoring/drift/plan.ts'
import type { Profile } from '../../src/monitoring/drift/profile.ts'
import { profileId } from '../../src/monitoring/drift/profile-file.ts'
import type { Column } from '../../src/monitoring/drift/reservoir.ts'
import { thresholdsOf } from '../../src/monitoring/drift/terms.ts'
import { Watched, type WatchOptions } from '../../src/monitoring/drift/watched.ts'
import { featuresOf, type InputRules } from '../../src/schema/features.ts'
import type { Signature } from '../../src/schema/signature.ts'
import type { NamedTensor } from '../../src/tensor/tensor.ts'

export const digest = 'ab'.repeat(32)

/** Standard normal numbers, the same each time. */
export function normals(seed: number): () => number {
  const random = seededRandom(seed)
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}

export function plansOf(
  signature: Signature,
  inputs: Readonly<Record<string, InputRules>> = {},
  outputs: Parameters<typeof planOf>[0]['manifest']['outputs'] = {}
): readonly MonitorPlan[] {
  const { features } = featuresOf(signature, inputs)
  return planOf({ signature, features, manifest: { outputs } }, 512).monitors
}

/** A version with so many numeric columns in one tensor `x`, and no outputs that are watched. */
export function numericPlans(columns: number): readonly MonitorPlan[] {
  const names = Array.from({ length: columns }, (_, index) => ({
    name: `f${index}`,
    type: 'number' as const
  }))
  const inputs = [{ name: 'x', datatype: 'FP32' as const, shape: ['n', columns] }]
  return plansOf({ inputs, outputs: [] }, { x: { columns: names } })
}

function profileOf(plans: readonly MonitorPlan[], columns: ReadonlyMap<number, Column>): Profile {
  const rows = columns.get(0)?.length ?? 0
  return makeProfile(plans, columns, {
    model: 'm',
    modelVersion: 1,
    modelSha256: digest,
    createdAt: '2026-11-26T00:00:00.000Z',
    tool: 'kedge test',
    source: { kind: 'csv', name: 'train.csv', rows, sampledRows: rows },
    seed: 1
  })
}

/** The profile of standard normal columns. */
export function normalProfile(plans: readonly MonitorPlan[], rows: number, seed = 1): Profile {
  const next = normals(seed)
  const inputs = plans.flatMap(({ role }, index) => (role === 'input' ? [index] : []))
  const columns = inputs.map(
    index => [index, Float64Array.from({ length: rows }, () => Math.fround(next()))] as const
  )
  return profileOf(plans, new Map(columns))
}

export function watch(
  plans: readonly MonitorPlan[],
  profile: Profile,
  over: Partial<WatchOptions> = {}
): Watched {
  return new Watched(profile, profileId(profile), plans, {
    falseAlarmsPerWeek: 0.5,
    subWindowMs: 60_000,
    requestBudgetUs: 0,
    random: seededRandom(5),
    nowMs: () => 0,
    thresholds: () => thresholdsOf(),
    window: undefined,
    ...over
  })
}

/** A request of `rows` rows of `columns` numbers. */
export function numbers(rows: number, columns: number, value: (column: number) => number): NamedTensor[] {
  const data = Float32Array.from({ length: rows * columns }, (_, index) => value(index % columns))
  return [{ name: 'x', datatype: 'FP32', shape: [rows, columns], data }]
}
