// A repository source whose disk, time, events and looks are in the hands of a test.
import { type Deferred, deferred } from '../../src/base/deferred.ts'
import type { Scan } from '../../src/repository/scan.ts'
import { RepositorySource } from '../../src/repository/source.ts'
import { FakeClock } from './fake-clock.ts'
import { manifestOf, scannedVersion } from './fakes.ts'

export const pollMs = 5000
export const stableMs = 2000

/** Versions of `m` and the prints of their models. */
export function holding(versions: Readonly<Record<number, string>>, warnings: readonly string[] = []): Scan {
  const models = [
    {
      name: 'm',
      manifest: manifestOf(),
      problems: [],
      versions: Object.entries(versions)
        .map(([version, model]) =>
          scannedVersion(Number(version), {
            root: '/r',
            prints: { model, checks: '', reference: '', manifest: '', changedMs: 0 }
          })
        )
        .reverse()
    }
  ]
  return { models, warnings, pending: [] }
}

export class SourceWorld {
  readonly clock = new FakeClock()
  /** What is on disk; an error is what the scan throws. */
  disk: Scan | Error = holding({ 1: 'a' })
  /** When each look began. */
  readonly looks: number[] = []
  readonly told: string[] = []
  readonly problems: string[] = []
  /** Folders that are watched; undefined before and after. */
  watched: readonly string[] | undefined
  event: () => void = () => {}
  atOnce = 0
  atOnceMax = 0
  /** Looks end when the test says so. */
  held: Deferred<void>[] | undefined
  readonly source: RepositorySource
  /** Who asked for the look of each scan in `told`. */
  readonly askers: (string | undefined)[] = []

  constructor(over: { pollMs?: number; stableMs?: number; watch?: boolean } = {}) {
    const { watch = true, ...times } = over
    this.source = new RepositorySource({
      pollMs,
      stableMs,
      ...times,
      clock: this.clock,
      scan: () => this.#scan(),
      onScan: (scan, by) => {
        this.told.push(shown(scan))
        this.askers.push(by)
      },
      onProblem: message => this.problems.push(message),
      ...(watch && {
        watch: onEvent => {
          this.event = onEvent
          return { watch: folders => (this.watched = folders), stop: () => (this.watched = undefined) }
        }
      })
    })
  }

  async #scan(): Promise<Scan> {
    this.looks.push(this.clock.monotonicMs())
    this.atOnceMax = Math.max(this.atOnceMax, ++this.atOnce)
    try {
      if (this.held !== undefined) {
        const gate = deferred<void>()
        this.held.push(gate)
        await gate.promise
      }
      if (this.disk instanceof Error) throw this.disk
      return this.disk
    } finally {
      this.atOnce--
    }
  }

  /** Looked for the first time, and started. */
  async started(): Promise<this> {
    await this.source.first()
    this.source.start()
    return this
  }
}

export function shown({ models, pending }: Scan): string {
  const versions = models.flatMap(({ versions }) =>
    versions.map(({ version, prints }) => `${version}:${prints.model}`)
  )
  const waiting = pending.map(({ version }) => `(${version ?? 'model'})`)
  return [...versions, ...waiting].join(' ')
}

/** What a promise came to, once it has settled. */
export function outcome<T>(promise: Promise<T>): { value?: T; error?: unknown } {
  const result: { value?: T; error?: unknown } = {}
  promise.then(
    value => (result.value = value),
    (error: unknown) => (result.error = error)
  )
  return result
}
