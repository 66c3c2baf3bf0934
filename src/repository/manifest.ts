// model.yaml text → a Manifest, or everything that is wrong with it. A version's file is merged over its model's.
import type { z } from 'zod'
import { describe, shorten } from '../base/describe.ts'
import { suggestion } from '../base/nearest-name.ts'
import { parseYaml } from '../base/yaml.ts'
import { type Manifest, manifestSchema, reservedKeys, versionManifestSchema } from './manifest-schema.ts'

/** A file with more mistakes than this is not mended by a longer list. */
const problemsMax = 64

type Tree = Readonly<Record<string, unknown>>

export type { Manifest, VersionPolicy } from './manifest-schema.ts'

/** The plain value of a file, before it is checked; `problems` are lines that begin with the file's name. */
export interface ManifestSource {
  readonly file: string
  readonly tree: Tree
  readonly problems: readonly string[]
}

/** A file that is not there says nothing, and every default holds. */
export const emptySource: ManifestSource = { file: 'model.yaml', tree: {}, problems: [] }

/** Reads YAML. `file` is the name that problems begin with. */
export function parseManifest(text: string, file: string): ManifestSource {
  const read = parseYaml(text)
  if ('problems' in read)
    return { file, tree: {}, problems: read.problems.map(problem => `${file}: ${problem}`) }
  const { value } = read
  if (isTree(value)) return { file, tree: value, problems: [] }
  return { file, tree: {}, problems: [`${file}: expected \`key: value\` lines, got ${describe(value)}`] }
}

export interface ManifestResult {
  readonly manifest: Manifest | undefined
  readonly problems: readonly string[]
}

/** The model's own manifest. */
export function modelManifest(source: ManifestSource): ManifestResult {
  return check(manifestSchema, source.tree, source)
}

/** The manifest that holds for one version: its own file over the model's, map by map; lists and scalars are replaced. */
export function versionManifest(model: ManifestSource, own: ManifestSource): ManifestResult {
  const alone = check(versionManifestSchema, own.tree, own)
  if (alone.manifest === undefined) return alone
  const merged = merge(model.tree, own.tree)
  const result = check(manifestSchema, merged, model)
  // Whose fault it is: the model's file, unless that is fine by itself.
  const ours = result.manifest === undefined && modelManifest(model).manifest !== undefined
  return ours ? check(manifestSchema, merged, own) : result
}

/** What a session and its batches are made from: a change needs another session. The rest can change while it serves. */
export function sessionPart({ inputs, outputs, batching, queue, instances, runtime }: Manifest) {
  return { inputs, outputs, batching, queue, instances, runtime }
}

function check(schema: z.ZodType, tree: Tree, source: ManifestSource): ManifestResult {
  if (source.problems.length > 0) return { manifest: undefined, problems: source.problems }
  const plain = Object.fromEntries(Object.entries(tree).filter(([key]) => !key.startsWith('x-')))
  const result = schema.safeParse(plain)
  if (result.success) return { manifest: result.data as Manifest, problems: [] }
  const entries = result.error.issues.flatMap<{ issue: z.core.$ZodIssue; key: string | undefined }>(issue =>
    issue.code === 'unrecognized_keys' ? issue.keys.map(key => ({ issue, key })) : [{ issue, key: undefined }]
  )
  const problems = entries
    .slice(0, problemsMax)
    .map(({ issue, key }) => (key === undefined ? issueLine(issue, tree) : unknownKeyLine(issue.path, key)))
  if (entries.length > problemsMax) problems.push(`${entries.length - problemsMax} more problems`)
  return { manifest: undefined, problems: problems.map(line => `${source.file}: ${line}`) }
}

function merge(below: Tree, above: Tree): Tree {
  const merged: Record<string, unknown> = { ...below }
  for (const [key, value] of Object.entries(above)) {
    const under = merged[key]
    merged[key] = isTree(value) && isTree(under) ? merge(under, value) : value
  }
  return merged
}

function unknownKeyLine(path: readonly PropertyKey[], key: string): string {
  const name = [...path.map(String), shorten(key)].join('.')
  if (path.length > 0) {
    const hint = suggestion(key, keysAt(path))
    return `${name}: no such key${hint === '' ? '' : `; ${hint}`}`
  }
  if (reservedKeys.includes(key)) return `${name}: reserved for later use`
  // Known, and yet unknown here: the file is a version's.
  if (Object.hasOwn(manifestSchema.shape, key))
    return `${name}: belongs into the model's own file, not into a version's`
  return `${name}: no such key; ${suggestion(key, keysAt(path)) || 'keys of your own begin with x-'}`
}

function issueLine(issue: z.core.$ZodIssue, tree: Tree): string {
  const path = issue.path.map(key => shorten(String(key))).join('.')
  // A record reports a bad key with the reason inside.
  const message = issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : issue.message
  const value = issue.path.reduce<unknown>(
    (branch, key) => (isTree(branch) || Array.isArray(branch) ? (branch as Tree)[String(key)] : undefined),
    tree
  )
  return `${path === '' ? 'the file' : path}: ${message}, got ${describe(value)}`
}

/** The keys that the schema has at `path`, for the nearest name. */
function keysAt(path: readonly PropertyKey[]): string[] {
  const [first, second, third] = path
  if (first === undefined) return Object.keys(manifestSchema.shape)
  const inputs = [
    'type',
    'unit',
    'description',
    'min',
    'max',
    'values',
    'nullable',
    'default',
    'outOfRange',
    'columns'
  ]
  if (first === 'inputs' && second !== undefined) return third === 'columns' ? ['name', ...inputs] : inputs
  if (first === 'drift' && second !== undefined) return ['warning', 'critical']
  const known: Readonly<Record<string, readonly string[]>> = {
    outputs: ['role', 'classes', 'unit', 'description'],
    versions: ['policy', 'count', 'versions'],
    batching: ['enabled', 'axis', 'rowsMax', 'delayMaxMs'],
    queue: ['rowsMax', 'bytesMax'],
    instances: ['placement', 'count', 'threads'],
    runtime: ['provider', 'graphOptimization'],
    gate: ['required', 'runMsMax', 'slowRun'],
    drift: ['enabled', 'thresholds', 'window'],
    predictionLog: ['enabled', 'sampleRatio', 'features', 'standard']
  }
  return [...(known[String(first)] ?? [])]
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
