// Looks at the repositories again and again and tells of what may be acted on: by polling, sooner where something waits to become stable
// or an event hints at a change. One look at a time; a look that fails changes nothing.
import { dirname, join } from 'node:path'
import type { Clock } from '../base/clock.ts'
import { invariant } from '../base/invariant.ts'
import { messageOf } from '../errors/serving-error.ts'
import type { Scan } from './scan.ts'
import { type Settled, settle } from './settle.ts'
import type { Watch, Watcher } from './watch.ts'

export interface RepositorySourceOptions<By> {
  /** Looks once. */
  readonly scan: () => Promise<Scan>
  readonly pollMs: number
  /** Differences have to stay for so long. */
  readonly stableMs: number
  readonly clock: Clock
  /** Told of each scan that differs from the one before, first() aside, and of who asked for a look where somebody did. */
  readonly onScan: (scan: Scan, by: By | undefined) => void
  /** Told once of each reason why looking fails. */
  readonly onProblem: (message: string) => void
  readonly watch?: Watch
}

/** Events come in bunches; a look so long after the first of them sees most of what they are about. */
export const eventDelayMs = 100
/** A look that is not due by polling comes so many times as long after the last one as that took: files may change all day. */
const pauseFactor = 20
/** look() waits for so many times `stableMs` at most, and a second. */
const settleFactor = 10

export class RepositorySource<By = string> {
  readonly #options: RepositorySourceOptions<By>
  #settled: Settled | undefined
  #looking: Promise<Scan> | undefined
  /** The look that begins when the present one has ended, shared by all who ask meanwhile. */
  #nextLook: Promise<Scan> | undefined
  #lastScanMs = 0
  #endedMs = 0
  #tookMs = 0
  #eventMs: number | undefined
  #problem: string | undefined
  #watcher: Watcher | undefined
  #running = false
  #stopped = false
  /** Whoever waits in look(), the last one last. */
  readonly #askers: By[] = []
  #cancelTimer = (): void => {}
  /** Those who wait in look(); called when there is nothing to wait for any more. */
  readonly #wakes = new Set<() => void>()

  constructor(options: RepositorySourceOptions<By>) {
    this.#options = options
  }

  /** When the last look that succeeded ended, in milliseconds since the epoch; 0 before. */
  get lastScanMs(): number {
    return this.#lastScanMs
  }

  /** What is odd about the repositories, by the last look. */
  get warnings(): readonly string[] {
    return this.#settled?.scan.warnings ?? []
  }

  /** The first look: everything that may be taken at once. Throws what the scan throws. */
  first(): Promise<Scan> {
    invariant(this.#settled === undefined && this.#looking === undefined, 'the first look comes first')
    return this.#look(false)
  }

  /** Begins to look by itself. Its timers keep no process alive. */
  start(): void {
    if (this.#running || this.#stopped) return
    this.#running = true
    this.#watcher = this.#options.watch?.(() => this.#onEvent())
    this.#watchFolders()
    this.#schedule()
  }

  /**
   * Looks now, and again until nothing of `model` (of anything, without) waits to become stable, for a bounded time. Returns what is
   * emitted then. Throws what the scan throws when nothing was ever emitted.
   */
  async look(by: By, model?: string): Promise<Scan> {
    this.#askers.push(by)
    try {
      return await this.#lookUntilSettled(model)
    } finally {
      this.#askers.splice(this.#askers.indexOf(by), 1)
    }
  }

  async #lookUntilSettled(model: string | undefined): Promise<Scan> {
    const { clock, stableMs } = this.#options
    const endMs = clock.monotonicMs() + settleFactor * stableMs + 1000
    for (;;) {
      const scan = await this.#lookNext()
      const waits = scan.pending.some(pending => model === undefined || pending.model === model)
      const nowMs = clock.monotonicMs()
      if (!waits || nowMs >= endMs || this.#stopped) return scan
      await this.#wait(Math.min(endMs, this.#settled?.nextMs ?? nowMs + stableMs) - nowMs)
    }
  }

  /** No look begins any more, and onScan is not called again. */
  stop(): void {
    this.#stopped = true
    this.#cancelTimer()
    this.#watcher?.stop()
    for (const wake of [...this.#wakes]) wake()
  }

  #wait(delayMs: number): Promise<void> {
    return new Promise(resolve => {
      const wake = (): void => {
        cancel()
        this.#wakes.delete(wake)
        resolve()
      }
      const cancel = this.#options.clock.after(Math.max(0, delayMs), wake, false)
      this.#wakes.add(wake)
    })
  }

  /** A look that begins after this call. */
  #lookNext(): Promise<Scan> {
    if (this.#nextLook !== undefined) return this.#nextLook
    if (this.#looking === undefined) return this.#look(true)
    const begin = (): Promise<Scan> => {
      this.#nextLook = undefined
      return this.#look(true)
    }
    this.#nextLook = this.#looking.then(begin, begin)
    return this.#nextLook
  }

  /** Begins a look; only when none is under way. */
  #look(tells: boolean): Promise<Scan> {
    if (this.#stopped && this.#settled !== undefined) return Promise.resolve(this.#settled.scan)
    this.#cancelTimer()
    this.#eventMs = undefined
    const looking = this.#lookOnce(tells).finally(() => {
      this.#looking = undefined
      this.#schedule()
    })
    this.#looking = looking
    return looking
  }

  async #lookOnce(tells: boolean): Promise<Scan> {
    const before = this.#settled
    try {
      const settled = await this.#lookAt()
      this.#problem = undefined
      this.#settled = settled
      if (tells && settled.scan !== before?.scan && !this.#stopped) {
        this.#watchFolders()
        this.#options.onScan(settled.scan, this.#askers.at(-1))
      }
      return settled.scan
    } catch (error) {
      if (before === undefined) throw error
      this.#tell(messageOf(error))
      return before.scan
    }
  }

  #tell(problem: string): void {
    if (problem !== this.#problem) this.#options.onProblem(problem)
    this.#problem = problem
  }

  async #lookAt(): Promise<Settled> {
    const { scan, clock, stableMs } = this.#options
    const startedMs = clock.monotonicMs()
    const epochMs = clock.now()
    try {
      const fresh = await scan()
      this.#lastScanMs = clock.now()
      return settle(this.#settled, fresh, { stableMs, startedMs, endedMs: clock.monotonicMs(), epochMs })
    } finally {
      this.#endedMs = clock.monotonicMs()
      this.#tookMs = this.#endedMs - startedMs
    }
  }

  #onEvent(): void {
    if (this.#eventMs !== undefined) return
    this.#eventMs = this.#options.clock.monotonicMs()
    this.#schedule()
  }

  /** Sets the timer of the next look: what comes first of polling, what becomes stable, and events. */
  #schedule(): void {
    this.#cancelTimer()
    if (!this.#running || this.#stopped || this.#looking !== undefined) return
    const { clock, pollMs } = this.#options
    const never = Number.POSITIVE_INFINITY
    const eventMs = this.#eventMs === undefined ? never : this.#eventMs + eventDelayMs
    const soonMs = Math.min(this.#settled?.nextMs ?? never, eventMs)
    const dueMs = Math.min(
      this.#endedMs + pollMs,
      Math.max(soonMs, this.#endedMs + pauseFactor * this.#tookMs)
    )
    const delayMs = Math.max(0, Math.ceil(dueMs - clock.monotonicMs()))
    this.#cancelTimer = clock.after(delayMs, () => void this.#lookByItself(), false)
  }

  async #lookByItself(): Promise<void> {
    try {
      await this.#lookNext()
    } catch (error) {
      // Nothing was ever found. It is tried again.
      this.#tell(messageOf(error))
    }
  }

  /** The folders that new versions and changes appear in. */
  #watchFolders(): void {
    const versions = (this.#settled?.scan.models ?? []).flatMap(model => model.versions)
    const folders = versions.map(({ root, folder }) => join(root, folder))
    this.#watcher?.watch([...new Set([...folders.map(folder => dirname(folder)), ...folders])])
  }
}
