// The files of a version's gate folder → tests, checked for their form, or everything that is wrong with them. A file is a case, with
// a request and what it has to be answered with, or a scored set, with labelled rows and a bound on a metric.
import { readdir } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { z } from 'zod'
import { describe, shorten } from '../base/describe.ts'
import { suggestion } from '../base/nearest-name.ts'
import { parseYaml } from '../base/yaml.ts'
import { messageOf } from '../errors/serving-error.ts'
import { gateFolder, readInside, resolveInside } from './layout.ts'
import type { ScannedVersion } from './scan.ts'

const tolerance = z
  .number({ error: 'expected a number from 0' })
  .min(0, { error: 'expected a number from 0' })
const name = z.string({ error: 'expected a name' }).min(1, { error: 'expected a name' })
const bound = z.number({ error: 'expected a number' })

const expectedOutput = z.strictObject({
  name,
  data: z.unknown(),
  shape: z.array(z.number(), { error: 'expected a list of sizes' }).optional(),
  absolute: tolerance.optional(),
  relative: tolerance.optional()
})

const caseSchema = z.strictObject({
  request: z.record(z.string(), z.unknown(), { error: 'expected the body of a V2 request' }),
  expected: z
    .union([z.array(expectedOutput), z.record(z.string(), z.unknown())], {
      error: 'expected outputs: a list of { name, data }, or name: data'
    })
    .default([]),
  absolute: tolerance.default(1e-5),
  relative: tolerance.default(1e-4)
})

const metricNames = ['accuracy', 'macro-F1', 'log-loss', 'MAE', 'RMSE'] as const

const scoredSchema = z
  .strictObject({
    data: name,
    label: name,
    output: name.optional(),
    metric: z.enum(metricNames, { error: `expected ${metricNames.join(', ')}` }),
    atLeast: bound.optional(),
    atMost: bound.optional(),
    rowsMax: z.int({ error: 'expected a whole number from 1' }).min(1).optional()
  })
  .refine(({ atLeast, atMost }) => atLeast !== undefined || atMost !== undefined, {
    error: 'expected a bound: atLeast or atMost',
    path: ['metric']
  })

export interface ExpectedOutput {
  readonly name: string
  readonly data: unknown
  readonly shape: readonly number[] | undefined
  readonly absolute: number
  readonly relative: number
}

export interface CaseFile {
  readonly kind: 'case'
  /** `gate/typical.yaml` */
  readonly file: string
  /** The JSON of a V2 request. */
  readonly request: string
  readonly expected: readonly ExpectedOutput[]
}

export interface ScoredFile extends Omit<z.output<typeof scoredSchema>, 'data'> {
  readonly kind: 'scored'
  readonly file: string
  /** The real path of the data file, and its name for messages. */
  readonly path: string
  readonly dataName: string
}

export type GateFile = CaseFile | ScoredFile

export interface GateFileLimits {
  readonly gateFilesMax: number
  /** Of a gate file, and of a data file. */
  readonly gateBytesMax: number
}

/** In the order of their names; empty where the version has no gate. Throws Error with every problem. */
export async function readGateFiles(version: ScannedVersion, limits: GateFileLimits): Promise<GateFile[]> {
  const folder = await resolveInside(version.root, version.folder, gateFolder)
  if (folder === undefined) return []
  const names = (await readdir(folder)).filter(file => /^[^.].*\.(ya?ml|json)$/i.test(file)).sort()
  if (names.length > limits.gateFilesMax) {
    const place = relative(version.root, folder)
    throw new Error(`${place} holds ${names.length} gate files, at most ${limits.gateFilesMax} are allowed`)
  }
  const files: GateFile[] = []
  const problems: string[] = []
  for (const file of names) {
    const found = await readGateFile(version, join(gateFolder, file), limits).catch((error: unknown) => [
      messageOf(error)
    ])
    if (Array.isArray(found)) problems.push(...found.map(problem => `${join(gateFolder, file)}: ${problem}`))
    else files.push(found)
  }
  if (problems.length > 0) throw new Error(problems.join('; '))
  return files
}

/** JSON is YAML too, but a reader of JSON alone takes a fraction of the time. What it refuses, the other says more about. */
function parse(file: string, text: string): ReturnType<typeof parseYaml> {
  if (!file.endsWith('.json')) return parseYaml(text)
  try {
    return { value: JSON.parse(text) as unknown }
  } catch {
    return parseYaml(text)
  }
}

async function readGateFile(
  version: ScannedVersion,
  file: string,
  { gateBytesMax }: GateFileLimits
): Promise<GateFile | string[]> {
  const text = await readInside(version.root, gateBytesMax, version.folder, file)
  const read = parse(file, text ?? '')
  if ('problems' in read) return [...read.problems]
  const { value } = read
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return [
      `expected a case (request, expected) or a scored set (data, label, metric), got ${describe(value)}`
    ]
  if ('data' in value) {
    const parsed = scoredSchema.safeParse(value)
    return parsed.success
      ? scoredFile(version, file, parsed.data)
      : problemLines(parsed.error, scoredSchema.shape)
  }
  const parsed = caseSchema.safeParse(value)
  return parsed.success ? caseFile(file, parsed.data) : problemLines(parsed.error, caseSchema.shape)
}

function caseFile(
  file: string,
  { request, expected, absolute, relative: share }: z.output<typeof caseSchema>
): CaseFile {
  const list = Array.isArray(expected)
    ? expected
    : Object.entries(expected).map(
        ([output, data]): z.output<typeof expectedOutput> => ({ name: output, data })
      )
  const outputs = list.map(output => ({
    name: output.name,
    data: output.data,
    shape: output.shape,
    absolute: output.absolute ?? absolute,
    relative: output.relative ?? share
  }))
  return { kind: 'case', file, request: jsonOf(request), expected: outputs }
}

async function scoredFile(
  version: ScannedVersion,
  file: string,
  { data, ...rest }: z.output<typeof scoredSchema>
): Promise<ScoredFile | string[]> {
  const path = await resolveInside(version.root, version.folder, gateFolder, data)
  if (path === undefined) return [`data: ${join(gateFolder, data)} is missing`]
  return { kind: 'scored', file, path, dataName: join(gateFolder, data), ...rest }
}

/** YAML knows numbers that JSON does not; requests have them as texts. */
function jsonOf(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'number' && !Number.isFinite(inner) ? String(inner) : inner
  )
}

function problemLines(error: z.ZodError, shape: object): string[] {
  return error.issues.flatMap(issue => {
    const path = issue.path.map(key => shorten(String(key))).join('.')
    if (issue.code !== 'unrecognized_keys') return [`${path === '' ? 'the file' : path}: ${issue.message}`]
    return issue.keys.map(key => {
      const hint = path === '' ? suggestion(key, Object.keys(shape)) : ''
      return `${path === '' ? '' : `${path}.`}${shorten(key)}: no such key${hint === '' ? '' : `; ${hint}`}`
    })
  })
}
