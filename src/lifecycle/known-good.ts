// Which versions were probed well, by their content: they are loaded without a probe, after a restart too. A version whose load was in
// progress when the process died is not among them. A file that is missing or broken, and a disk that is full, cost this memory alone.
import { createHash } from 'node:crypto'
import type { Clock } from '../base/clock.ts'
import { messageOf } from '../errors/serving-error.ts'

export const knownGoodFile = 'known-good.json'
/** Beyond it the version that nobody asked for or added for the longest time is forgotten. */
export const knownGoodMax = 10_000

/** What this needs of the state directory. */
export interface TextStore {
  read(name: string): Promise<string | undefined>
  write(name: string, text: string): Promise<void>
}

interface Warner {
  warn(facts: object, message: string): void
}

export interface GoodFacts {
  /** What one instance takes. */
  readonly memoryBytes: number
}

interface Entry extends GoodFacts {
  /** ISO 8601 */
  readonly knownSince: string
}

interface Content {
  readonly good: ReadonlyMap<string, Entry>
  /** Keys of loads that were in progress. */
  readonly loading: readonly string[]
  readonly problem: string | undefined
}

/** What a version's behaviour in the runtime depends on, as one text. */
export function goodKey(of: {
  /** SHA-256 of each file that is loaded, by its path in the version's folder. */
  readonly digests: Readonly<Record<string, string>>
  /** The runtime's version and what it runs on: another one may crash where this one does not. */
  readonly runtime: string
  readonly graphOptimization: string
}): string {
  const files = Object.entries(of.digests).sort(([a], [b]) => (a < b ? -1 : 1))
  const text = JSON.stringify([of.runtime, of.graphOptimization, files])
  return createHash('sha256').update(text).digest('hex')
}

export class KnownGood {
  readonly #store: TextStore
  readonly #clock: Clock
  readonly #log: Warner
  /** In the order of their use. */
  readonly #good: Map<string, Entry>
  /** Loads in progress: the same content may be loaded for several models. */
  readonly #loading = new Map<string, number>()
  /** Whose load was in progress when an earlier process died, and was not seen to succeed since. */
  readonly #interrupted: Set<string>
  #last: Promise<void> = Promise.resolve()
  #next: Promise<void> | undefined
  #failing = false

  private constructor(store: TextStore, clock: Clock, log: Warner, { good, loading }: Content) {
    this.#store = store
    this.#clock = clock
    this.#log = log
    this.#good = new Map(good)
    this.#interrupted = new Set(loading)
    for (const key of loading) this.#good.delete(key)
  }

  /** Reads what an earlier process left. Never throws. */
  static async load(store: TextStore, clock: Clock, log: Warner): Promise<KnownGood> {
    const content = contentOf(await store.read(knownGoodFile).catch(() => undefined))
    const { problem, loading } = content
    if (problem !== undefined)
      log.warn(
        { file: knownGoodFile, problem },
        'the memory of known-good versions is broken and starts anew'
      )
    if (loading.length > 0)
      log.warn(
        { versions: loading.length },
        'the server ended while versions were loading: they are no longer known to be good'
      )
    return new KnownGood(store, clock, log, content)
  }

  /** Undefined for a version that has to be probed. */
  find(key: string): GoodFacts | undefined {
    const entry = this.#good.get(key)
    if (entry === undefined) return undefined
    // What is asked for is in use; the order is written down with the next change.
    this.#good.delete(key)
    this.#good.set(key, entry)
    return { memoryBytes: entry.memoryBytes }
  }

  /** Whether its load was in progress when an earlier process died, and nothing good is known of it since. */
  wasInterrupted(key: string): boolean {
    return this.#interrupted.has(key)
  }

  add(key: string, { memoryBytes }: GoodFacts): void {
    this.#interrupted.delete(key)
    this.#good.delete(key)
    this.#good.set(key, { memoryBytes, knownSince: new Date(this.#clock.now()).toISOString() })
    for (const oldest of this.#good.keys()) {
      if (this.#good.size <= knownGoodMax) break
      this.#good.delete(oldest)
    }
    void this.#write()
  }

  forget(key: string): void {
    const known = [this.#interrupted.delete(key), this.#good.delete(key)]
    if (known.includes(true)) void this.#write()
  }

  /**
   * A version is about to be loaded where it could take the server along. Settles once that is written down, or could not be; who
   * goes on before may crash without a trace. Never rejects.
   */
  begin(key: string): Promise<void> {
    this.#loading.set(key, (this.#loading.get(key) ?? 0) + 1)
    return this.#write()
  }

  /** The load is over, well or not, and the server lives. */
  end(key: string): void {
    const rest = (this.#loading.get(key) ?? 0) - 1
    if (rest > 0) this.#loading.set(key, rest)
    else this.#loading.delete(key)
    this.#interrupted.delete(key)
    void this.#write()
  }

  /** Settles once everything so far is in the store, or was given up with a warning. */
  flush(): Promise<void> {
    return this.#next ?? this.#last
  }

  /** One write at a time; the changes that come meanwhile share the next. */
  #write(): Promise<void> {
    this.#next ??= this.#last = this.#last.then(async () => {
      this.#next = undefined
      try {
        await this.#store.write(knownGoodFile, this.#text())
        this.#failing = false
      } catch (error) {
        // Once: a disk that is full stays so for a while.
        if (!this.#failing)
          this.#log.warn({ error: messageOf(error) }, 'known-good versions could not be written down')
        this.#failing = true
      }
    })
    return this.#next
  }

  #text(): string {
    const loading = [...new Set([...this.#interrupted, ...this.#loading.keys()])]
    return JSON.stringify({ schema: 1, good: Object.fromEntries(this.#good), loading })
  }
}

/** Whatever the text is: what can be used of it, and what is wrong. */
function contentOf(text: string | undefined): Content {
  const none = { good: new Map<string, Entry>(), loading: [] }
  if (text === undefined) return { ...none, problem: undefined }
  let tree: unknown
  try {
    tree = JSON.parse(text)
  } catch (error) {
    return { ...none, problem: messageOf(error) }
  }
  const { schema, good, loading } = (tree ?? {}) as Readonly<Record<string, unknown>>
  if (schema !== 1) return { ...none, problem: `expected schema 1, got ${String(schema)}` }
  const entries = typeof good === 'object' && good !== null ? Object.entries(good) : undefined
  const keys: unknown[] | undefined = Array.isArray(loading) ? loading : undefined
  if (!entries?.every(isEntry) || !keys?.every(key => typeof key === 'string'))
    return { ...none, problem: 'expected entries with memoryBytes and knownSince, and a list of keys' }
  return { good: new Map(entries), loading: keys.slice(0, knownGoodMax), problem: undefined }
}

function isEntry(entry: [string, unknown]): entry is [string, Entry] {
  const { memoryBytes, knownSince } = (entry[1] ?? {}) as Readonly<Record<string, unknown>>
  return Number.isSafeInteger(memoryBytes) && Number(memoryBytes) >= 0 && typeof knownSince === 'string'
}
