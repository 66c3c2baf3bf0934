// model.yaml text → a Manifest, or everything that is wrong with it. A version's file is merged over its model's.
import { parseDocument } from 'yaml'
import type { z } from 'zod'
import { describe } from '../base/describe.ts'
import { suggestion } from '../base/nearest-name.ts'
import { type Manifest, manifestSchema, reservedKeys, versionManifestSchema } from './manifest-schema.ts'

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
  const document = parseDocument(text, { uniqueKeys: true })
  const broken = document.errors.map(error => `${file}: ${error.message.split('\n')[0]}`)
  if (broken.length > 0) return { file, tree: {}, problems: broken }
  let value: unknown
  try {
    // Aliases may not blow a small file up.
    value = document.toJS({ maxAliasCount: 100 }) ?? {}
  } catch (error) {
    return { file, tree: {}, problems: [`${file}: ${(error as Error).message}`] }
  }
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
  return check(manifestSchema, merge(model.tree, own.tree), model)
}

function check(schema: z.ZodType, tree: Tree, source: ManifestSource): ManifestResult {
  if (source.problems.length > 0) return { manifest: undefined, problems: source.problems }
  const plain = Object.fromEntries(Object.entries(tree).filter(([key]) => !key.startsWith('x-')))
  const result = schema.safeParse(plain)
  if (result.success) return { manifest: result.data as Manifest, problems: [] }
  const problems = result.error.issues
    .flatMap(issue => issueLines(issue, tree))
    .map(line => `${source.file}: ${line}`)
  return { manifest: undefined, problems }
}

function merge(below: Tree, above: Tree): Tree {
  const merged: Record<string, unknown> = { ...below }
  for (const [key, value] of Object.entries(above)) {
    const under = merged[key]
    merged[key] = isTree(value) && isTree(under) ? merge(under, value) : value
  }
  return merged
}

function issueLines(issue: z.core.$ZodIssue, tree: Tree): string[] {
  const path = issue.path.map(String).join('.')
  const at = (key: string): string => (path === '' ? key : `${path}.${key}`)
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map(key => {
      if (path === '' && reservedKeys.includes(key)) return `${key}: reserved for later use`
      const hint = suggestion(key, keysAt(issue.path))
      return `${at(key)}: no such key${hint === '' ? '; keys of your own begin with x-' : `; ${hint}`}`
    })
  }
  // A record reports a bad key with the reason inside.
  const message = issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : issue.message
  const value = issue.path.reduce<unknown>(
    (branch, key) => (isTree(branch) || Array.isArray(branch) ? (branch as Tree)[String(key)] : undefined),
    tree
  )
  return [`${path === '' ? 'the file' : path}: ${message}, got ${describe(value)}`]
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
  const known: Readonly<Record<string, readonly string[]>> = {
    outputs: ['role', 'classes', 'unit', 'description'],
    versions: ['policy', 'count', 'versions'],
    batching: ['enabled', 'axis', 'rowsMax', 'delayMaxMs'],
    queue: ['rowsMax', 'bytesMax'],
    instances: ['placement', 'count', 'threads'],
    runtime: ['provider', 'graphOptimization'],
    gate: ['required'],
    drift: ['enabled', 'thresholds']
  }
  return [...(known[String(first)] ?? [])]
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
