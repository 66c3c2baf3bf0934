// SHA-256 of a version's files, and whether they are what its SHA256SUMS says.
import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { join, normalize, relative, sep } from 'node:path'
import { describe, listNames } from '../base/describe.ts'
import { messageOf } from '../errors/serving-error.ts'
import { digestFile, readInside, resolveInside } from './layout.ts'
import type { ScannedVersion } from './scan.ts'

type Digests = Readonly<Record<string, string>>

/** Hashing holds the thread up; so much takes a fraction of a millisecond. */
const pieceBytes = 64 * 1024
/** A version with more problems than this is not mended by a longer list. */
const problemsMax = 16

/** Each of `files` by its path in the version's folder, as lower-case hexadecimal digits. Throws what keeps a file from being read. */
export async function digestsOf(
  version: ScannedVersion,
  files: readonly string[]
): Promise<Record<string, string>> {
  const digests: [file: string, digest: string][] = []
  for (const file of files) digests.push([file, await digestOf(version, file)])
  return Object.fromEntries(digests)
}

async function digestOf({ root, folder }: ScannedVersion, file: string): Promise<string> {
  const name = join(folder, file)
  const real = await resolveInside(root, name)
  if (real === undefined) throw new Error(`${name} is missing`)
  // Without waiting: opening a pipe would last until somebody writes to it.
  const handle = await open(real, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    if (!(await handle.stat()).isFile()) throw new Error(`${name} is not a file`)
    const hash = createHash('sha256')
    const piece = Buffer.allocUnsafeSlow(pieceBytes)
    for (;;) {
      const { bytesRead } = await handle.read(piece, 0, pieceBytes)
      if (bytesRead === 0) return hash.digest('hex')
      hash.update(piece.subarray(0, bytesRead))
    }
  } finally {
    await handle.close()
  }
}

/**
 * What contradicts the version's SHA256SUMS, if it has one: every file that is listed must be as listed, and every file of `digests`
 * must be listed. `digests` are those of the files that a load reads; others are hashed here.
 */
export async function checkDigests(
  version: ScannedVersion,
  digests: Digests,
  bytesMax: number
): Promise<string[]> {
  const place = join(version.folder, digestFile)
  let text: string | undefined
  try {
    text = await readInside(version.root, bytesMax, place)
  } catch (error) {
    return [messageOf(error)]
  }
  if (text === undefined) return []
  const { listed, problems } = parseDigests(text, place)
  for (const [file, expected] of listed) {
    const got = await digestOrReason(version, file, digests)
    if (got !== expected)
      problems.push(`${join(version.folder, file)}: expected SHA-256 ${expected}, got ${got}`)
  }
  const unlisted = Object.keys(digests).filter(file => !listed.has(file))
  if (unlisted.length > 0)
    problems.push(
      `${place}: expected every file that is loaded to be listed, got none for ${listNames(unlisted)}`
    )
  if (problems.length <= problemsMax) return problems
  return [...problems.slice(0, problemsMax), `${place}: ${problems.length - problemsMax} more problems`]
}

async function digestOrReason(version: ScannedVersion, file: string, digests: Digests): Promise<string> {
  const known = Object.hasOwn(digests, file) ? digests[file] : undefined
  if (known !== undefined) return known
  try {
    return await digestOf(version, file)
  } catch (error) {
    return `nothing (${messageOf(error)})`
  }
}

/** The format of sha256sum: digits, a space, a space or an asterisk, a name. */
function parseDigests(text: string, place: string): { listed: Map<string, string>; problems: string[] } {
  const listed = new Map<string, string>()
  const problems: string[] = []
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue
    const at = `${place}, line ${index + 1}`
    const [, digits, name] = /^([0-9a-f]{64}) [ *](.+)$/i.exec(line) ?? []
    if (digits === undefined || name === undefined) {
      problems.push(
        `${at}: expected 64 hexadecimal digits, two spaces and a file's name, got ${describe(line)}`
      )
      continue
    }
    const file = normalize(name)
    const digest = digits.toLowerCase()
    if (isOutside(file)) {
      problems.push(`${at}: expected a file in the version's folder, got ${describe(name)}`)
    } else if ((listed.get(file) ?? digest) !== digest) {
      problems.push(`${at}: expected one digest for each file, got a second one for ${describe(name)}`)
    } else {
      listed.set(file, digest)
    }
  }
  return { listed, problems }
}

function isOutside(file: string): boolean {
  const way = relative('.', file)
  return file.startsWith(sep) || way === '' || way === '..' || way.startsWith(`..${sep}`)
}
