// What one look at the repositories found: every model and version that is there, with its manifest or what is wrong with it.
import type { Prints } from './fingerprint.ts'
import type { Manifest } from './manifest.ts'

/** A version folder. Without problems it has a manifest and a model file. */
export interface ScannedVersion {
  readonly version: number
  /** The real path of the repository: nothing outside of it may be read. */
  readonly root: string
  /** The folder, relative to the root. */
  readonly folder: string
  /** The model's file, relative to the root. */
  readonly file: string
  readonly manifest: Manifest | undefined
  readonly problems: readonly string[]
  readonly prints: Prints
}

export interface ScannedModel {
  readonly name: string
  /** The model's own manifest; undefined when it is broken, which breaks every version too. */
  readonly manifest: Manifest | undefined
  readonly problems: readonly string[]
  readonly versions: readonly ScannedVersion[]
}

export interface Scan {
  readonly models: readonly ScannedModel[]
  /** Things in the repositories that are neither models nor hidden, and what could not be read: one line each. */
  readonly warnings: readonly string[]
  /** What differs from this scan on disk but has not stayed the same for long enough; `version` is undefined for a model itself. */
  readonly pending: readonly Pending[]
}

export interface Pending {
  readonly model: string
  readonly version: number | undefined
}

export interface ScanOptions {
  readonly repositories: readonly string[]
  readonly modelName?: string | undefined
  readonly modelsMax: number
  readonly versionsPerModelMax: number
  readonly manifestBytesMax: number
}

/** No repository can be read at all: there is nothing to serve and nothing to wait for. */
export class RepositoryError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'RepositoryError'
  }
}
