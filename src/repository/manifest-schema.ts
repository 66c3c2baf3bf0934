// The schema of model.yaml, whole: also the parts that later features use are checked today, so that a typo never waits to
// surprise. Everything has a default; keys that begin with x- pass through; any other unknown key is an error.
import { z } from 'zod'
import { parseByteSize } from '../base/byte-size.ts'

const wholeNumber = (min: number, max: number) =>
  z
    .number({ error: `expected a whole number from ${min} to ${max}` })
    .refine(value => Number.isInteger(value) && value >= min && value <= max, {
      error: `expected a whole number from ${min} to ${max}`
    })

const fraction = (min: number, max: number) => {
  const error = `expected a number from ${min} to ${max}`
  return z.number({ error }).min(min, { error }).max(max, { error })
}

const size = (min: number, max: number) =>
  z
    .union([z.number(), z.string()], { error: 'expected a size such as 64MiB' })
    .transform((value, context) => {
      const bytes = parseByteSize(value)
      if (bytes !== undefined && bytes >= min && bytes <= max) return bytes
      context.addIssue({
        code: 'custom',
        message: `expected a size from ${min} to ${max} bytes, such as 64MiB`
      })
      return z.NEVER
    })

const text = z.string({ error: 'expected text' }).max(4096, { error: 'expected at most 4096 characters' })
const flag = z.boolean({ error: 'expected true or false' })
const auto = z.literal('auto')
const version = wholeNumber(1, Number.MAX_SAFE_INTEGER)
const label = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/, {
  error: 'labels are letters, digits and _, not beginning with a digit'
})
const scalar = z.union([z.string(), z.number(), z.boolean()], {
  error: 'expected text, a number, true or false'
})

const policy = z.discriminatedUnion(
  'policy',
  [
    z.strictObject({ policy: z.literal('latest'), count: wholeNumber(1, 1000).default(1) }),
    z.strictObject({ policy: z.literal('all') }),
    z.strictObject({
      policy: z.literal('specific'),
      versions: z.array(version).min(1, { error: 'expected at least one version' }).max(1000)
    })
  ],
  { error: 'expected policy: latest, all or specific' }
)

const rules = {
  type: z
    .enum(['number', 'integer', 'boolean', 'category', 'string', 'tensor'], {
      error: 'expected number, integer, boolean, category, string or tensor'
    })
    .optional(),
  unit: text.optional(),
  description: text.optional(),
  min: z.number({ error: 'expected a number' }).optional(),
  max: z.number({ error: 'expected a number' }).optional(),
  values: z
    .array(scalar, { error: 'expected a list of values' })
    .min(1, { error: 'expected at least one value' })
    .max(10_000)
    .optional(),
  nullable: flag.optional(),
  default: scalar.optional(),
  outOfRange: z.enum(['reject', 'clip', 'flag'], { error: 'expected reject, clip or flag' }).optional()
}

const ordered = <T extends { min?: number | undefined; max?: number | undefined }>(value: T): boolean =>
  value.min === undefined || value.max === undefined || value.min <= value.max

const featureName = z.string({ error: 'expected a name' }).min(1, { error: 'expected a name' }).max(256)
const column = z
  .strictObject({ name: featureName, ...rules })
  .refine(ordered, { error: 'min is above max', path: ['min'] })
const input = z
  .strictObject({
    ...rules,
    columns: z.array(column).min(1, { error: 'expected at least one column' }).max(100_000).optional()
  })
  .refine(ordered, { error: 'min is above max', path: ['min'] })

const output = z.strictObject({
  role: z
    .enum(['label', 'probabilities', 'score', 'value', 'embedding'], {
      error: 'expected label, probabilities, score, value or embedding'
    })
    .optional(),
  classes: z.array(scalar, { error: 'expected a list of classes' }).min(1).max(100_000).optional(),
  unit: text.optional(),
  description: text.optional()
})

const logRule = z.enum(['keep', 'redact', 'hash'], { error: 'expected keep, redact or hash' })

const threshold = z.strictObject({
  warning: fraction(0, 1e6).optional(),
  critical: fraction(0, 1e6).optional()
})

/** What may stand in the model's file and in a version's, which is merged over it. */
const shared = {
  schema: z.literal(1, { error: 'expected 1' }).default(1),
  description: text.optional(),
  card: z
    .looseObject({
      owner: text.optional(),
      licence: text.optional(),
      trainingData: text.optional(),
      intendedUse: text.optional()
    })
    .optional(),
  inputs: z.record(z.string(), input, { error: 'expected inputs by name' }).default({}),
  outputs: z.record(z.string(), output, { error: 'expected outputs by name' }).default({}),
  batching: z
    .strictObject({
      enabled: flag.default(true),
      axis: z.literal(0, { error: 'expected 0: only the first axis can be a batch axis' }).optional(),
      rowsMax: wholeNumber(1, 65_536).default(64),
      delayMaxMs: fraction(0, 10_000).default(0),
      oversized: z.enum(['run', 'refuse'], { error: 'expected run or refuse' }).default('run')
    })
    .prefault({}),
  queue: z
    .strictObject({
      rowsMax: wholeNumber(1, 10_000_000).default(1024),
      bytesMax: size(1024, 2 ** 40).default(64 * 2 ** 20)
    })
    .prefault({}),
  timeoutMs: wholeNumber(1, 86_400_000).default(30_000),
  instances: z
    .strictObject({
      placement: z
        .enum(['auto', 'inline', 'thread', 'process'], { error: 'expected auto, inline, thread or process' })
        .default('auto'),
      count: z
        .union([auto, wholeNumber(1, 256)], { error: 'expected auto or a whole number from 1 to 256' })
        .default('auto'),
      threads: z
        .union([auto, wholeNumber(1, 256)], { error: 'expected auto or a whole number from 1 to 256' })
        .default('auto')
    })
    .prefault({}),
  runtime: z
    .strictObject({
      provider: z.literal('cpu', { error: 'expected cpu' }).default('cpu'),
      graphOptimization: z
        .enum(['disabled', 'basic', 'extended', 'all'], {
          error: 'expected disabled, basic, extended or all'
        })
        .default('all')
    })
    .prefault({}),
  gate: z
    .strictObject({
      required: flag.default(false),
      /** Of the median run of the gate's cases. */
      runMsMax: fraction(0.001, 3_600_000).optional(),
      slowRun: z.enum(['warn', 'fail'], { error: 'expected warn or fail' }).default('warn')
    })
    .prefault({}),
  drift: z
    .strictObject({
      enabled: flag.default(true),
      /** `psi` for all monitors, or the name of one. */
      thresholds: z.record(z.string(), threshold).default({}),
      /** The window that decides, such as 24h; the shortest with enough rows where absent. */
      window: text.optional()
    })
    .prefault({}),
  /** What the prediction log, where the server keeps one, holds of this model. */
  predictionLog: z
    .strictObject({
      enabled: flag.default(true),
      sampleRatio: fraction(0, 1).optional(),
      /** By the names of features and outputs; all others have `standard`. */
      features: z.record(z.string(), logRule, { error: 'expected rules by name' }).default({}),
      standard: logRule.default('keep')
    })
    .prefault({})
}

/** A version's own file may not choose versions. */
export const versionManifestSchema = z.strictObject(shared)

export const manifestSchema = z.strictObject({
  ...shared,
  versions: policy.default({ policy: 'latest', count: 1 }),
  labels: z.record(label, version).default({}),
  load: z.enum(['eager', 'onDemand'], { error: 'expected eager or onDemand' }).default('eager'),
  /** Without a request for so long, a model that loads on demand is unloaded. */
  unloadIdleMs: wholeNumber(100, 31_536_000_000).optional(),
  /** Never unloaded to make room for others. */
  pinned: flag.default(false)
})

export type Manifest = z.output<typeof manifestSchema>
export type VersionPolicy = Manifest['versions']

/** Words that later work will give a meaning to. */
export const reservedKeys = ['traffic', 'preprocess']
