// reference.json → a profile that fits the version, or everything that is wrong with it; and the name of a profile, which is its digest.
import { createHash } from 'node:crypto'
import { z } from 'zod'
import { describe, listNames } from '../../base/describe.ts'
import { messageOf } from '../../errors/serving-error.ts'
import { type MonitorPlan, pcaInputs, pcaMonitorName } from './plan.ts'
import type { MonitorReference, PcaReference, Profile } from './profile.ts'

/** Problems that are told of one file. */
const problemsMax = 16
/** Bins and components that counting is prepared for; files from elsewhere may not ask for more. */
const binCountMax = 100

const text = z.string({ error: 'expected text' }).max(1024, { error: 'expected at most 1024 characters' })
const number = z.number({ error: 'expected a finite number' })
const count = z
  .number({ error: 'expected a count' })
  .int({ error: 'expected a whole number' })
  .min(0, { error: 'expected a count from 0' })
const counts = z
  .array(count, { error: 'expected counts' })
  .min(1, { error: 'expected at least one bin' })
  .max(binCountMax, { error: `expected at most ${binCountMax} bins` })

const base = { name: text, rows: count, missing: count, nan: count, infinite: count }

const numeric = z.strictObject({
  ...base,
  kind: z.literal('numeric'),
  of: z.literal('length', { error: 'expected length' }).optional(),
  min: number,
  max: number,
  below: count,
  above: count,
  mean: number,
  deviation: number.min(0, { error: 'expected a deviation from 0' }),
  edges: z.array(number, { error: 'expected edges' }).max(binCountMax),
  counts,
  binMeans: z.array(number, { error: 'expected means' }),
  quantiles: z.array(number, { error: 'expected quantiles' }).length(7, { error: 'expected 7 quantiles' })
})

const categorical = z.strictObject({
  ...base,
  kind: z.literal('categorical'),
  categories: z.array(text, { error: 'expected names' }),
  counts,
  others: z.array(text, { error: 'expected names' }).max(100_000, { error: 'expected at most 100000 names' }),
  othersLeftOut: count
})

const profileSchema = z.strictObject({
  schema: z.literal(1, { error: 'expected 1' }),
  model: text,
  modelVersion: count,
  modelSha256: z.string().regex(/^[0-9a-f]{64}$/, { error: 'expected a SHA-256 digest in hexadecimal' }),
  createdAt: text,
  tool: text,
  source: z.strictObject({
    kind: z.enum(['csv', 'jsonl', 'parquet', 'live-capture'], {
      error: 'expected csv, jsonl, parquet or live-capture'
    }),
    name: text.optional(),
    rows: count,
    sampledRows: count
  }),
  seed: count,
  monitors: z
    .array(
      z.discriminatedUnion('kind', [numeric, categorical], { error: 'expected numeric or categorical' }),
      {
        error: 'expected a list of monitors'
      }
    )
    .min(1, { error: 'expected at least one monitor' }),
  pca: z
    .strictObject({
      features: z.array(text).min(2).max(256),
      mean: z.array(number),
      scale: z.array(number.gt(0, { error: 'expected a scale above 0' })),
      components: z.array(z.array(number)).min(1),
      explained: number
    })
    .optional()
})

/** What a profile has to fit. */
export interface ProfileTarget {
  readonly modelSha256: string
  readonly monitors: readonly MonitorPlan[]
}

export type ReadProfile = { readonly profile: Profile } | { readonly problems: readonly string[] }

/** Checks the text of a file against itself and against the version that it lies in. */
export function readProfile(content: string, target: ProfileTarget): ReadProfile {
  let value: unknown
  try {
    value = JSON.parse(content)
  } catch (error) {
    return { problems: [`not JSON: ${messageOf(error)}`] }
  }
  const parsed = profileSchema.safeParse(value)
  if (!parsed.success) return { problems: bounded(parsed.error.issues.map(issue => issueLine(issue, value))) }
  const profile: Profile = parsed.data
  const problems = [
    ...profile.monitors.flatMap(monitorProblems),
    ...(profile.pca === undefined ? [] : pcaProblems(profile.pca)),
    ...targetProblems(profile, target)
  ]
  return problems.length > 0 ? { problems: bounded(problems) } : { profile }
}

function issueLine(issue: z.core.$ZodIssue, whole: unknown): string {
  const got = issue.path.reduce<unknown>(
    (branch, key) =>
      typeof branch === 'object' && branch !== null
        ? (branch as Record<PropertyKey, unknown>)[key]
        : undefined,
    whole
  )
  const path = issue.path.map(String).join('.')
  const place = path === '' ? 'the file' : path
  if (issue.code === 'unrecognized_keys') return `${place}: no such key: ${listNames(issue.keys)}`
  return `${place}: ${issue.message}, got ${describe(got)}`
}

function bounded(problems: readonly string[]): string[] {
  const rest = problems.length - problemsMax
  return rest > 0 ? [...problems.slice(0, problemsMax), `${rest} more problems`] : [...problems]
}

/** What one monitor's numbers say against each other. */
function monitorProblems(monitor: MonitorReference): string[] {
  const problems: string[] = []
  const at = `monitor ${describe(monitor.name)}`
  const inBins = monitor.counts.reduce((sum, value) => sum + value, 0)
  const all = inBins + monitor.missing + monitor.nan + monitor.infinite
  if (monitor.rows === 0) problems.push(`${at}: expected rows, got 0`)
  else if (all !== monitor.rows)
    problems.push(
      `${at}: expected bins, missing, nan and infinite to add up to ${monitor.rows} rows, got ${all}`
    )
  if (monitor.kind === 'categorical') {
    const expected = monitor.categories.length + 1
    if (monitor.counts.length !== expected)
      problems.push(
        `${at}: expected ${expected} counts, one a category and one of all others, got ${monitor.counts.length}`
      )
    if (
      new Set([...monitor.categories, ...monitor.others]).size <
      monitor.categories.length + monitor.others.length
    )
      problems.push(`${at}: expected each category once`)
    return problems
  }
  const { edges, counts: bins, binMeans, min, max } = monitor
  const falling = edges.findIndex((edge, index) => index > 0 && !(edge > edges[index - 1]!))
  if (falling > 0)
    problems.push(`${at}: expected rising edges, got ${edges[falling]} after ${edges[falling - 1]}`)
  if (bins.length !== edges.length + 1)
    problems.push(`${at}: expected ${edges.length + 1} counts for ${edges.length} edges, got ${bins.length}`)
  if (binMeans.length !== bins.length)
    problems.push(`${at}: expected ${bins.length} means of bins, got ${binMeans.length}`)
  if (min > max) problems.push(`${at}: expected min below max, got ${min} and ${max}`)
  return problems
}

function pcaProblems({ features, mean, scale, components }: PcaReference): string[] {
  const width = features.length
  const wrong = [mean, scale, ...components].some(list => list.length !== width)
  return wrong ? [`pca: expected a mean, a scale and components of ${width} numbers, one a feature`] : []
}

function targetProblems(profile: Profile, { modelSha256, monitors: plans }: ProfileTarget): string[] {
  const problems: string[] = []
  if (profile.modelSha256 !== modelSha256)
    problems.push(
      `made for another model: expected the digest ${modelSha256.slice(0, 12)}…, got ${profile.modelSha256.slice(0, 12)}…`
    )
  const known = new Map(plans.map(plan => [plan.name, plan]))
  const named = new Set<string>()
  for (const monitor of profile.monitors) {
    const at = `monitor ${describe(monitor.name)}`
    const plan = known.get(monitor.name)
    if (named.has(monitor.name)) problems.push(`${at} is there twice`)
    named.add(monitor.name)
    if (plan === undefined) problems.push(`${at}: the model has nothing of that name`)
    else if (!fits(plan, monitor))
      problems.push(`${at}: expected ${plan.kind} for ${plan.datatype}, got ${monitor.kind}`)
  }
  const absent = plans
    .filter(({ name, role }) => role !== 'derived' && !named.has(name))
    .map(({ name }) => name)
  if (absent.length > 0) problems.push(`nothing about ${listNames(absent)}`)
  if (named.has(pcaMonitorName) !== (profile.pca !== undefined))
    problems.push(`expected both or neither of pca and the monitor ${pcaMonitorName}`)
  problems.push(...residualProblems(profile, plans))
  return problems
}

/** The residual reads numbers of inputs, each once. */
function residualProblems({ pca, monitors }: Profile, plans: readonly MonitorPlan[]): string[] {
  const readable = new Set(pcaInputs(plans).map(({ name }) => name))
  const numeric = new Set(monitors.flatMap(({ kind, name }) => (kind === 'numeric' ? [name] : [])))
  const features = pca?.features ?? []
  const problems = features
    .filter(feature => !readable.has(feature) || !numeric.has(feature))
    .map(feature => `pca: ${describe(feature)} is no number of an input`)
  return new Set(features).size < features.length
    ? [...problems, 'pca: expected each feature once']
    : problems
}

function fits(plan: MonitorPlan, monitor: MonitorReference): boolean {
  if (plan.kind === 'open')
    return plan.datatype === 'BYTES' || monitor.kind === 'categorical' || monitor.of === undefined
  return plan.kind === monitor.kind
}

/** SHA-256 of the profile's canonical JSON: equal for equal content, however the file is laid out. */
export function profileId(profile: Profile): string {
  return createHash('sha256').update(canonical(profile)).digest('hex')
}

/** What metrics call a profile. */
export const profileLabel = (id: string): string => id.slice(0, 8)

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const entries = Object.entries(value)
    .filter(([, entry]) => entry !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${entries.map(([key, entry]) => `${JSON.stringify(key)}:${canonical(entry)}`).join()}}`
}
