// One release after the other into the repository of a running server: each is waited for until it serves, or until it is refused with its
// reason.
import type { AuditLog } from './audit-log.ts'
import { type Files, identityOf, identityOfFiles } from './content.ts'
import type { ModelFolder } from './model-folder.ts'
import type { Release } from './plan.ts'
import { indexOf, shows } from './repository-index.ts'

export interface StormOptions {
  readonly address: string
  readonly model: string
  readonly folder: ModelFolder
  readonly audit: AuditLog
  /** A release that takes longer fails. */
  readonly releaseMaxMs: number
}

/** Slow enough to be looked at in between, with pauses far below the shortest stability window of the tests. */
const growing = { pieceBytes: 64, pauseMs: 15 }

export class Storm {
  readonly #options: StormOptions
  /** What serves, and what is on disk to fall back to. */
  #version: number
  #before: { readonly version: number; readonly files: Files } | undefined
  #files: Files
  #highest: number

  /** `version` serves already, with these files. */
  constructor(options: StormOptions, version: number, files: Files) {
    this.#options = options
    this.#version = version
    this.#highest = version
    this.#files = files
  }

  get version(): number {
    return this.#version
  }

  /** Settles once the release has had its effect. */
  async release(release: Release): Promise<void> {
    const { folder, audit, releaseMaxMs } = this.#options
    await audit.read()
    const from = audit.lines.length
    const signal = AbortSignal.timeout(releaseMaxMs)
    try {
      switch (release.how) {
        case 'copied':
          await folder.copyIn(++this.#highest, release.content.files)
          return await this.#follow(release.content.files, from, signal)
        case 'grown':
          await folder.write(++this.#highest, release.content.files, growing)
          return await this.#follow(release.content.files, from, signal)
        case 'hurried':
          await folder.copyIn(++this.#highest, release.first.files)
          await folder.copyIn(++this.#highest, release.content.files)
          await this.#follow(release.content.files, from, signal)
          return await folder.remove(this.#highest - 1)
        case 'overwritten':
          await folder.write(this.#version, release.content.files, growing)
          return await this.#become(release.content.files, from, signal)
        case 'exchanged':
          await folder.exchange(this.#version, release.content.files)
          return await this.#become(release.content.files, from, signal)
        case 'withdrawn':
          return await this.#withdraw(from, signal)
        case 'broken':
          return await this.#refuse(release.broken.files, release.broken.reason, signal)
        case 'spoilt':
          await folder.write(this.#version, release.broken.files, growing)
          return await this.#see(this.#version, 'READY', release.broken.reason, signal)
      }
    } catch (error) {
      if (!signal.aborted) throw error
      const seen = JSON.stringify(await indexOf(this.#options.address))
      await audit.read()
      const lines = audit.lines.slice(from).map(line => JSON.stringify(line))
      throw new Error(
        `expected ${describe(release)} to have its effect within ${releaseMaxMs} ms on version ${this.#version} (highest ${this.#highest}), got the index ${seen} and the log ${lines.join(' ') || 'without a line'}`
      )
    }
  }

  /** The highest version is to serve; the one that did stays on disk, older ones go. */
  async #follow(files: Files, from: number, signal: AbortSignal): Promise<void> {
    await this.#ready(this.#highest, files, from, signal)
    if (this.#before !== undefined) await this.#options.folder.remove(this.#before.version)
    this.#before = { version: this.#version, files: this.#files }
    this.#version = this.#highest
    this.#files = files
  }

  /** The version that serves is to serve with these files. */
  async #become(files: Files, from: number, signal: AbortSignal): Promise<void> {
    await this.#ready(this.#version, files, from, signal)
    this.#files = files
  }

  async #withdraw(from: number, signal: AbortSignal): Promise<void> {
    const before = this.#before
    if (before === undefined) throw new Error('expected a version to fall back to, got none on disk')
    await this.#options.folder.remove(this.#version)
    await this.#ready(before.version, before.files, from, signal)
    this.#version = before.version
    this.#files = before.files
    this.#before = undefined
  }

  async #refuse(files: Files, reason: RegExp, signal: AbortSignal): Promise<void> {
    const { folder } = this.#options
    await folder.copyIn(++this.#highest, files)
    await this.#see(this.#highest, 'UNAVAILABLE', reason, signal)
    await this.#see(this.#version, 'READY', undefined, signal)
    await folder.remove(this.#highest)
  }

  async #ready(version: number, files: Files, from: number, signal: AbortSignal): Promise<void> {
    const { audit, model } = this.#options
    const identity = identityOfFiles(files)
    const isIt = (line: { event: string; model: string; version?: number; digests?: object }): boolean =>
      line.event === 'ready' &&
      line.model === model &&
      line.version === version &&
      identityOf({ ...line.digests }) === identity
    await audit.find(isIt, from, signal)
    await this.#see(version, 'READY', undefined, signal)
  }

  #see(version: number, state: string, reason: RegExp | undefined, signal: AbortSignal): Promise<void> {
    const { address, model } = this.#options
    const expected = { model, version, state }
    return shows(address, reason === undefined ? expected : { ...expected, reason }, signal)
  }
}

function describe(release: Release): string {
  return 'broken' in release ? `${release.how}: ${release.broken.kind}` : release.how
}
