// File, environment and flags → one frozen Settings, or one list of everything that is wrong. Flags win over the environment,
// the environment over the file, the file over the defaults.
import { readFileSync } from 'node:fs'
import { describe } from '../base/describe.ts'
import { suggestion } from '../base/nearest-name.ts'
import { parseYaml } from '../base/yaml.ts'
import { type Leaf, type Settings, settingLeaves, settingsSchema } from './schema.ts'

const defaultFile = 'kedge.yaml'
const fileBytesMax = 2 ** 20
/** Unknown settings named in one line. */
const namesMax = 16

/** The start ends with this; each problem is one line that names the setting and where its value came from. */
export class ConfigError extends Error {
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(`the configuration has ${problems.length} problem${problems.length === 1 ? '' : 's'}`)
    this.name = 'ConfigError'
    this.problems = problems
  }
}

export interface ConfigSources {
  /** Values by flag name, as the command line gave them. */
  readonly flags: Readonly<Record<string, string | readonly string[] | boolean>>
  readonly env: Readonly<Record<string, string | undefined>>
  /** The file that was asked for; without it `kedge.yaml` is read where it exists. */
  readonly file?: string | undefined
}

type Tree = { [key: string]: unknown }

/** The environment of this process: the one place that reads it. */
export function processEnvironment(): Readonly<Record<string, string | undefined>> {
  return process.env
}

/** Throws ConfigError with all problems at once. */
export function loadSettings(sources: ConfigSources): Settings {
  const problems: string[] = []
  const origins = new Map<string, string>()
  const file = sources.file ?? sources.env['KEDGE_CONFIG']
  const tree = readFile(file, problems)
  const read = { tree, origins, problems }
  applyEnvironment(sources.env, read)
  for (const leaf of settingLeaves) {
    const given = sources.flags[leaf.flag]
    if (given !== undefined)
      put(leaf, typeof given === 'string' ? fromText(leaf, given) : given, `--${leaf.flag}`, read)
  }
  const result = settingsSchema.safeParse(tree)
  if (!result.success) {
    for (const issue of result.error.issues)
      problems.push(issueLine(issue, tree, origins, file ?? defaultFile))
  }
  if (problems.length > 0 || !result.success) throw new ConfigError(problems)
  return freeze(result.data)
}

function readFile(file: string | undefined, problems: string[]): Tree {
  let source: string
  try {
    source = readFileSync(file ?? defaultFile, 'utf8')
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    if (!(missing && file === undefined))
      problems.push(`${file ?? defaultFile}: cannot be read (${(error as NodeJS.ErrnoException).code})`)
    return {}
  }
  if (source.length > fileBytesMax) {
    problems.push(`${file ?? defaultFile}: larger than ${fileBytesMax} bytes`)
    return {}
  }
  const read = parseYaml(source)
  if ('problems' in read) {
    problems.push(...read.problems.map(problem => `${file ?? defaultFile}: ${problem}`))
    return {}
  }
  const { value } = read
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Tree
  problems.push(`${file ?? defaultFile}: expected settings as \`name: value\` lines, got ${describe(value)}`)
  return {}
}

interface Reading {
  readonly tree: Tree
  readonly origins: Map<string, string>
  readonly problems: string[]
}

function applyEnvironment(env: ConfigSources['env'], read: Reading): void {
  const known = new Map(settingLeaves.map(leaf => [leaf.env, leaf]))
  for (const [name, value] of Object.entries(env)) {
    if (
      !name.startsWith('KEDGE_') ||
      name === 'KEDGE_CONFIG' ||
      value === undefined ||
      isServiceLink(name, value)
    )
      continue
    const leaf = known.get(name)
    if (leaf !== undefined) {
      put(leaf, fromText(leaf, value), name, read)
      continue
    }
    const hint = suggestion(name, known.keys())
    read.problems.push(`${name}: no such environment variable${hint === '' ? '' : `; ${hint}`}`)
  }
}

/** Kubernetes gives every container variables for Services called `kedge` or `kedge-…`; they are not settings. */
function isServiceLink(name: string, value: string): boolean {
  return (
    /^KEDGE_(.*_)?(SERVICE_(HOST|PORT(_.+)?)|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)$/.test(name) ||
    (/^KEDGE_(.*_)?PORT$/.test(name) && /^(tcp|udp|sctp):\/\//.test(value))
  )
}

function put(leaf: Leaf, value: unknown, origin: string, { tree, origins }: Reading): void {
  let branch = tree
  for (const key of leaf.path.slice(0, -1)) {
    const next = branch[key]
    if (typeof next !== 'object' || next === null) branch[key] = {}
    branch = branch[key] as Tree
  }
  branch[leaf.path.at(-1)!] = value
  origins.set(leaf.path.join('.'), origin)
}

/** Text that does not read as the setting's kind stays text, for the schema to refuse with its own words. */
function fromText(leaf: Leaf, text: string): unknown {
  switch (leaf.kind) {
    case 'integer':
    case 'number':
      return /^-?\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : text
    case 'switch':
      return text === 'true' || text === '1' ? true : text === 'false' || text === '0' ? false : text
    case 'list':
      return text.split(',').map(entry => entry.trim())
    case 'bytes':
    case 'text':
    case 'url':
    case 'choice':
      return text
  }
}

interface Issue {
  readonly path: readonly PropertyKey[]
  readonly message: string
  readonly code?: string | undefined
  readonly keys?: readonly string[]
}

function issueLine(issue: Issue, tree: Tree, origins: ReadonlyMap<string, string>, file: string): string {
  const path = issue.path.join('.')
  if (issue.code === 'unrecognized_keys' && issue.keys !== undefined) {
    const depth = issue.path.length
    const siblings = settingLeaves
      .filter(leaf => leaf.path.slice(0, depth).join('.') === path && leaf.path.length > depth)
      .map(leaf => leaf.path[depth]!)
    const unknown = issue.keys.slice(0, namesMax).map(key => {
      const hint = suggestion(key, siblings)
      return `'${path === '' ? '' : `${path}.`}${key}'${hint === '' ? '' : ` (${hint})`}`
    })
    const more = issue.keys.length > namesMax ? ` and ${issue.keys.length - namesMax} more` : ''
    return `${file}: no such setting: ${unknown.join(', ')}${more}`
  }
  const value = issue.path.reduce<unknown>((branch, key) => (branch as Tree | undefined)?.[String(key)], tree)
  // An entry of a list comes from where the list does.
  const origin = origins.get(path) ?? origins.get(issue.path.slice(0, -1).join('.')) ?? file
  return `${path}: ${issue.message}, got ${describe(isUrl(path) ? withoutCredentials(value) : value)} (from ${origin})`
}

/** A URL that is refused for the credentials in it must not show them in turn. */
function withoutCredentials(value: unknown): unknown {
  return typeof value === 'string' ? value.replace(/^.*@/s, '…@') : value
}

function isUrl(path: string): boolean {
  return settingLeaves.some(leaf => leaf.kind === 'url' && leaf.path.join('.') === path)
}

function freeze<T extends object>(value: T): T {
  for (const child of Object.values(value))
    if (typeof child === 'object' && child !== null) freeze(child as object)
  return Object.freeze(value)
}
