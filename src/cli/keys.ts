// `kedge keys`: makes keys, lists them and takes them out of force. The file holds hashes alone: a key is shown once, when it is made.
import {
  chmodSync,
  chownSync,
  existsSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync
} from 'node:fs'
import { Command, InvalidArgumentError } from 'commander'
import { type GrantedScope, scopes } from '../auth/grants.ts'
import { type KeyRecord, parseKeyFile } from '../auth/key-file.ts'
import { hashSecret } from '../auth/key-hash.ts'
import { makeKey } from '../auth/key-text.ts'
import { writeYaml } from '../base/yaml.ts'
import { messageOf } from '../errors/serving-error.ts'

const failedStatus = 1
const fileStandard = 'keys.yaml'
/** Its owner alone may read it. */
const fileMode = 0o600

interface CreateFlags {
  readonly file: string
  readonly name: string
  readonly scopes: readonly GrantedScope[]
  readonly models: readonly string[]
  readonly expires?: string
}

export function keysCommand(): Command {
  const file = ['--file <file>', 'the file of keys', fileStandard] as const
  const create = new Command('create')
    .description('Make a key, add its hash to the file, and print the key: once, and never again.')
    .requiredOption('--name <name>', 'whose key it is, for logs and the audit trail')
    .option('--scopes <list>', `what it may do: ${scopes.join(', ')}`, readScopes, ['predict'])
    .option('--models <list>', 'models it may do it with, as names or patterns', readList, ['*'])
    .option('--expires <date>', 'day from which it is not in force any more, such as 2027-01-31', readDate)
    .option(...file)
    .action(async (flags: CreateFlags) => attempt(() => createKey(flags)))
  const list = new Command('list')
    .description('List the keys of the file: ids, names and what they may do.')
    .option(...file)
    .action((flags: { readonly file: string }) => attempt(() => listKeys(flags.file)))
  const revoke = new Command('revoke')
    .description('Take a key out of the file; a running server follows within seconds.')
    .argument('<id>', 'its id: the twelve digits after kedge_')
    .option(...file)
    .action((id: string, flags: { readonly file: string }) => attempt(() => revokeKey(id, flags.file)))
  const command = new Command('keys').description('Make, list and revoke API keys.').exitOverride()
  for (const one of [create, list, revoke]) command.addCommand(one.exitOverride().allowExcessArguments(false))
  return command
}

async function attempt(work: () => void | Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    process.stderr.write(`kedge: ${messageOf(error)}\n`)
    process.exitCode = failedStatus
  }
}

async function createKey({ file, name, scopes, models, expires }: CreateFlags): Promise<void> {
  const keys = readKeys(file)
  const key = makeKey()
  const record = {
    id: key.id,
    name,
    hash: await hashSecret(key.secret),
    scopes: [...scopes],
    models: [...models],
    ...(expires !== undefined && { expires })
  }
  write(file, [...keys, record])
  process.stdout.write(`${key.text}\n`)
  process.stderr.write(`kedge: this is the only time that the key is shown; ${file} holds its hash\n`)
}

function listKeys(file: string): void {
  for (const { id, name, scopes, models, expires } of readKeys(file)) {
    const until = expires === undefined ? 'no end' : `until ${String(expires)}`
    process.stdout.write(`${id}  ${name}  ${scopes.join(',')}  ${models.join(',')}  ${until}\n`)
  }
}

function revokeKey(id: string, file: string): void {
  const keys = readKeys(file)
  const left = keys.filter(key => key.id !== id)
  if (left.length === keys.length) throw new Error(`${file} has no key with the id ${JSON.stringify(id)}`)
  write(file, left)
  process.stderr.write(`kedge: ${id} is no key any more\n`)
}

type Stored = Omit<KeyRecord, 'expires'> & { readonly expires?: string | undefined }

/** None where there is no file yet. Throws Error with everything that is wrong with it. */
function readKeys(file: string): readonly Stored[] {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
  const parsed = parseKeyFile(text)
  if ('problems' in parsed) throw new Error(`${file}: ${parsed.problems.join('; ')}`)
  return parsed.keys.map(({ expires, ...key }) => ({
    ...key,
    ...(expires !== undefined && { expires: new Date(expires).toISOString() })
  }))
}

/** Whole or not at all: a server may be reading it. Throws Error for what would not be read back. */
function write(file: string, keys: readonly Stored[]): void {
  const text = writeYaml({ keys })
  const read = parseKeyFile(text)
  if ('problems' in read) throw new Error(read.problems.join('; '))
  // The file itself, where its name is a link.
  const isThere = existsSync(file)
  const target = isThere ? realpathSync(file) : file
  const half = `${target}.${process.pid}.half`
  try {
    writeFileSync(half, text, { mode: fileMode })
    if (isThere) keepOwner(half, target)
    renameSync(half, target)
  } finally {
    rmSync(half, { force: true })
  }
}

/** Whoever could read the file before still can. Throws where that takes more rights than there are. */
function keepOwner(half: string, target: string): void {
  const { uid, gid, mode } = statSync(target)
  const made = statSync(half)
  if (made.uid !== uid || made.gid !== gid) chownSync(half, uid, gid)
  chmodSync(half, mode & 0o777)
}

function readList(text: string): readonly string[] {
  const entries = text.split(',').map(entry => entry.trim())
  if (entries.some(entry => entry === ''))
    throw new InvalidArgumentError('expected names with commas between them')
  return entries
}

function readScopes(text: string): readonly GrantedScope[] {
  const entries = readList(text)
  const wrong = entries.find(entry => !scopes.includes(entry as GrantedScope))
  if (wrong !== undefined)
    throw new InvalidArgumentError(`expected ${scopes.join(', ')}, got ${JSON.stringify(wrong)}`)
  return entries as readonly GrantedScope[]
}

function readDate(text: string): string {
  if (Number.isNaN(Date.parse(text))) throw new InvalidArgumentError('expected a date such as 2027-01-31')
  return text
}
