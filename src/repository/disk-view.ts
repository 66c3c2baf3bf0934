// One repository as it looks on disk, by as few calls as possible: whatever is asked for is looked at by stat each time, and listed,
// resolved or read again only when that shows a change. What cannot be read for a while counts as it was; nothing outside is read.
import { type BigIntStats, stat } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { sep } from 'node:path'
import type { Clock } from '../base/clock.ts'
import { shorten } from '../base/describe.ts'
import { LayoutError, resolveInside, systemCode } from './layout.ts'

export interface FileFacts {
  readonly kind: 'file' | 'folder' | 'other'
  /** Equal as long as device, inode, size and time of the last change are. */
  readonly print: string
  readonly changedMs: number
}

export interface FolderEntry {
  readonly name: string
  /** Of the entry itself; what a link leads to is for facts() to say. */
  readonly kind: FileFacts['kind'] | 'link'
}

/** What is known of a path whose stat is `stats`. */
interface Known {
  readonly stats: Pick<BigIntStats, 'dev' | 'ino' | 'size' | 'mtimeNs'>
  readonly facts: FileFacts
  /** Why it may not be used, where links lead out of the repository. */
  readonly refusal: LayoutError | undefined
  entries?: Content<readonly FolderEntry[]>
  made?: Content<unknown>
}

interface Content<T> {
  readonly value: T
  /** Another change right after the reading would have shown: the file was not just being changed. */
  readonly certain: boolean
  readonly readMs: number
}

/** Changes within one tick of a file system's clock look the same; the coarsest ticks are these. */
export const tickMaxMs = 2000
/** Even a folder that seems unchanged is listed again after so long: the clock of a file server may be wrong. */
export const contentAgeMaxMs = 600_000

/** Codes that say what is there now. Any other means that the file system could not answer. */
const definite = new Set(['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG', 'ERR_INVALID_ARG_VALUE'])

export class DiskView {
  /** A real path. */
  readonly root: string
  readonly #clock: Clock
  #before = new Map<string, Known>()
  #now = new Map<string, Known>()
  /** What the last look asked for and is the same now. */
  #same = new Set<string>()
  /** The rest of what the last look asked for. */
  #different = new Map<string, BigIntStats | Error>()
  /** What the last look asked for, by folder of the root. */
  #paths = new Map<string, string[]>()
  /** Folders of the root in which something could not be found or read, which the stat of what was found does not show. */
  #unsure = new Set<string>()
  #unsureBefore = new Set<string>()
  #troubles: string[] = []

  constructor(root: string, clock: Clock) {
    this.root = root
    this.#clock = clock
  }

  /** Begins a new look: everything is looked at again, and what the last look did not ask for is forgotten. */
  async begin(): Promise<void> {
    this.#before = this.#now
    this.#now = new Map()
    this.#troubles = []
    this.#unsureBefore = this.#unsure
    this.#unsure = new Set()
    this.#same = new Set()
    this.#different = new Map()
    this.#paths = new Map()
    const paths = [...this.#before.keys()]
    for (let start = 0; start < paths.length; start += statsAtOnce)
      await this.#compare(paths.slice(start, start + statsAtOnce))
    for (const path of paths) {
      const top = topOf(path)
      const beside = this.#paths.get(top)
      if (beside === undefined) this.#paths.set(top, [path])
      else beside.push(path)
    }
  }

  /**
   * Whether everything that the last look asked for in a folder of the root, and below, is still the same. Then it counts as asked
   * for in this look too.
   */
  isUnchanged(top: string): boolean {
    const paths = this.#paths.get(top)
    if (paths === undefined || this.#unsureBefore.has(top)) return false
    if (!paths.every(path => this.#isSame(path))) return false
    for (const path of paths) this.#now.set(path, this.#before.get(path)!)
    return true
  }

  /** Ends a look that failed as if it had not begun. */
  abandon(): void {
    this.#now = this.#before
    this.#same = new Set()
    this.#different = new Map()
    this.#unsure = this.#unsureBefore
  }

  /** What could not be read in this look and still counts as it was, one line each. */
  get troubles(): readonly string[] {
    return this.#troubles
  }

  /** What lies at `path`, links followed; undefined when nothing does. Throws LayoutError. */
  async facts(path: string): Promise<FileFacts | undefined> {
    const known = await this.#look(path)
    if (known?.refusal !== undefined) throw known.refusal
    return known?.facts
  }

  /** Whether `path` leads to a folder, be it outside of the repository. */
  async isFolder(path: string): Promise<boolean> {
    const known = await this.#look(path).catch(() => undefined)
    return known?.facts.kind === 'folder'
  }

  /** What is in a folder, hidden names left out, sorted by name; nothing when there is no folder. Throws LayoutError. */
  async list(folder: string): Promise<readonly FolderEntry[]> {
    const known = await this.#look(folder)
    if (known === undefined) return []
    if (known.refusal !== undefined) throw known.refusal
    if (this.#holds(known.entries)) return known.entries.value
    const before = this.#before.get(folder)?.entries
    known.entries = await this.#content(folder, known, () => this.#entries(folder), before)
    return known.entries.value
  }

  /** What `make` makes of the file at `path`, made again only when the file changed. Passes on what `make` throws. */
  async made<T>(path: string, make: () => Promise<T>): Promise<T> {
    const known = await this.#look(path)
    if (known === undefined) return make()
    if (this.#holds(known.made)) return known.made.value as T
    const content = await this.#content(
      path,
      known,
      make,
      this.#before.get(path)?.made as Content<T> | undefined
    )
    known.made = content
    return content.value
  }

  /** Looks at paths that the last look asked for. One callback each: a promise each would cost as much as the call. */
  #compare(paths: readonly string[]): Promise<void> {
    return new Promise(resolve => {
      let left = paths.length
      for (const path of paths)
        stat(this.#place(path), { bigint: true }, (error, stats) => {
          if (error === null && sameStats(stats, this.#before.get(path)!.stats)) this.#same.add(path)
          else this.#different.set(path, error ?? stats)
          if (--left === 0) resolve()
        })
    })
  }

  #place(path: string): string {
    return path === '' ? this.root : `${this.root}${sep}${path}`
  }

  #isSame(path: string): boolean {
    if (!this.#same.has(path)) return false
    const { entries, made } = this.#before.get(path)!
    return (entries === undefined || this.#holds(entries)) && (made === undefined || this.#holds(made))
  }

  async #look(path: string): Promise<Known | undefined> {
    const seen = this.#now.get(path)
    if (seen !== undefined) return seen
    const before = this.#before.get(path)
    try {
      const known = await this.#known(path, before)
      this.#now.set(path, known)
      return known
    } catch (cause) {
      this.#unsure.add(topOf(path))
      const code = systemCode(cause)
      if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
      const error =
        cause instanceof LayoutError ? cause : new LayoutError(`${path} cannot be read (${code})`, { cause })
      if (before === undefined || path === '' || definite.has(code)) throw error
      this.#trouble(error)
      this.#now.set(path, before)
      return before
    }
  }

  async #entries(folder: string): Promise<readonly FolderEntry[]> {
    const real = await resolveInside(this.root, folder)
    if (real === undefined) return []
    const entries = await readdir(real, { withFileTypes: true }).catch((cause: unknown) => {
      const name = shorten(folder === '' ? this.root : folder, 256)
      throw new LayoutError(`folder ${name} cannot be read (${systemCode(cause)})`, { cause })
    })
    return entries
      .filter(({ name }) => !name.startsWith('.'))
      .map(entry => ({ name: entry.name, kind: entry.isSymbolicLink() ? ('link' as const) : kindOf(entry) }))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  async #known(path: string, before: Known | undefined): Promise<Known> {
    const isKnown = before !== undefined && before.refusal === undefined
    if (isKnown && this.#same.has(path)) return before
    const stats = this.#different.get(path) ?? (await statOf(this.#place(path)))
    if (stats instanceof Error) throw stats
    if (isKnown && sameStats(stats, before.stats)) return before
    const refusal = await this.#refusal(path)
    if (refusal !== undefined) this.#unsure.add(topOf(path))
    const { dev, ino, size, mtimeNs } = stats
    const print = `${dev}:${ino}:${size}:${mtimeNs}`
    const facts = { kind: kindOf(stats), print, changedMs: Number(mtimeNs / 1_000_000n) }
    return { stats: { dev, ino, size, mtimeNs }, facts, refusal }
  }

  /** Why links forbid the use of what lies at `path`. Throws when the file system cannot tell. */
  async #refusal(path: string): Promise<LayoutError | undefined> {
    try {
      await resolveInside(this.root, path)
      return undefined
    } catch (error) {
      if (error instanceof LayoutError && error.code === undefined) return error
      throw error
    }
  }

  #holds<T>(content: Content<T> | undefined): content is Content<T> {
    if (content === undefined) return false
    return content.certain && this.#clock.monotonicMs() - content.readMs < contentAgeMaxMs
  }

  async #content<T>(
    path: string,
    known: Known,
    read: () => Promise<T>,
    before: Content<T> | undefined
  ): Promise<Content<T>> {
    const readMs = this.#clock.monotonicMs()
    const certain = this.#clock.now() - known.facts.changedMs > tickMaxMs
    try {
      return { value: await read(), certain, readMs }
    } catch (error) {
      this.#unsure.add(topOf(path))
      const code = error instanceof LayoutError ? error.code : undefined
      // The root is the whole repository's business: the scanner keeps all of it.
      if (before === undefined || path === '' || code === undefined || definite.has(code)) throw error
      this.#trouble(error as LayoutError)
      return { ...before, certain: false }
    }
  }

  #trouble(error: LayoutError): void {
    this.#troubles.push(`${error.message}; what was there before still counts`)
  }
}

/** So many together cost a fifth of as many one by one: threads of the pool stay awake. */
const statsAtOnce = 128

function statOf(path: string): Promise<BigIntStats | Error> {
  return new Promise(resolve => {
    stat(path, { bigint: true }, (error, stats) => resolve(error ?? stats))
  })
}

function sameStats(a: Known['stats'], b: Known['stats']): boolean {
  return a.mtimeNs === b.mtimeNs && a.size === b.size && a.ino === b.ino && a.dev === b.dev
}

/** The folder of the root that a path lies in. */
function topOf(path: string): string {
  const end = path.indexOf(sep)
  return end < 0 ? path : path.slice(0, end)
}

function kindOf(entry: Pick<BigIntStats, 'isFile' | 'isDirectory'>): FileFacts['kind'] {
  if (entry.isFile()) return 'file'
  return entry.isDirectory() ? 'folder' : 'other'
}
