// Names of files and folders in a repository, and the one way to reach them: nothing outside the repository is ever read.
import { open, realpath, stat } from 'node:fs/promises'
import { isAbsolute, join, relative, sep } from 'node:path'
import { messageOf } from '../errors/serving-error.ts'

export const manifestFile = 'model.yaml'
export const modelFile = 'model.onnx'
export const warmupFolder = 'warmup'
export const gateFolder = 'gate'
export const referenceFile = 'reference.json'
export const digestFile = 'SHA256SUMS'

/** Model names as folders spell them; `stats` would be hidden behind a route. */
export function isModelName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(name) && name !== 'stats'
}

/** The version that a folder called `name` holds, or undefined: whole numbers from 1, without leading zeros. */
export function versionFromName(name: string): number | undefined {
  if (!/^[1-9]\d{0,15}$/.test(name)) return undefined
  const version = Number(name)
  return Number.isSafeInteger(version) ? version : undefined
}

/** A place that links lead out of the repository to, or that cannot be read. The message says which and why. */
export class LayoutError extends Error {
  /** What the operating system said, where it was the one that refused. */
  readonly code: string | undefined

  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'LayoutError'
    this.code = options?.cause === undefined ? undefined : systemCode(options.cause)
  }
}

/**
 * The real path of `path`, which has to lie inside `root` (itself a real path) once every link is followed. Links that stay
 * inside, as Kubernetes makes them for mounted volumes, are fine. Undefined when nothing is there; throws LayoutError.
 */
export async function resolveInside(root: string, ...path: readonly string[]): Promise<string | undefined> {
  const wanted = join(root, ...path)
  const real = await realpath(wanted).catch((error: unknown) => {
    const code = systemCode(error)
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw new LayoutError(`${relative(root, wanted)} cannot be read (${code})`, { cause: error })
  })
  if (real === undefined || isInside(root, real)) return real
  throw new LayoutError(`${relative(root, wanted)} leads outside of the repository`)
}

export function isInside(root: string, real: string): boolean {
  const way = relative(root, real)
  return way === '' || !(way === '..' || way.startsWith(`..${sep}`) || isAbsolute(way))
}

/** The text of a file inside `root`, or undefined when there is none. Throws LayoutError, also beyond `bytesMax`. */
export async function readInside(
  root: string,
  bytesMax: number,
  ...path: readonly string[]
): Promise<string | undefined> {
  const real = await resolveInside(root, ...path)
  if (real === undefined) return undefined
  const name = relative(root, real)
  // Only regular files: opening a pipe would wait for a writer forever.
  if (!(await stat(real)).isFile()) throw new LayoutError(`${name} is not a file`)
  const file = await open(real).catch((error: unknown) => {
    throw new LayoutError(`${name} cannot be read (${systemCode(error)})`, { cause: error })
  })
  try {
    const { size } = await file.stat()
    if (size > bytesMax) throw new LayoutError(`${name} has ${size} bytes, at most ${bytesMax} are allowed`)
    return await file.readFile('utf8')
  } finally {
    await file.close()
  }
}

/** `EACCES`, `ENOENT`, …: what the operating system said, or the message of any other error. */
export function systemCode(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? messageOf(error)
}
