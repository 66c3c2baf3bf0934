// What a contender is: how it starts, and how a request and its answer look in its own words.
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import type { Scope } from '../harness.ts'
import type { BenchModel } from '../models.ts'
import type { Ask } from '../wrk.ts'

/** A model file on disk, and the input that is sent over and over. */
export interface Subject extends BenchModel {
  readonly path: string
  readonly data: readonly number[]
}

/** What a contender has listening. */
export interface Listening {
  /** The root of its process tree. */
  readonly pid: number
  readonly address: string
  /** Whether it is known to answer by now; the others are asked until they do. */
  readonly isReady: boolean
  readonly running: () => boolean
  /** The end of what it wrote. */
  readonly said: () => string
  readonly stop: () => Promise<void>
}

/** One way to run a server. */
export interface Contender {
  /** The server's name; contenders of one peer share its installation. */
  readonly peer: string
  /** What sets this way apart from the others. */
  readonly how: string
  /** The names of the models it makes sense for; all when absent. */
  readonly models?: readonly string[]
  /** Installs what is missing, and starts. */
  start(scope: Scope, subject: Subject): Promise<Listening>
  ask(subject: Subject, data: readonly number[]): Ask
  /** The numbers of the output. */
  answer(body: Buffer): number[]
  /** Names and versions of what serves. */
  versions(): string
}

/** Threads of a session, so that all workers together have as many as there are cores. */
export function threadsOf(workers: number): number {
  return Math.max(1, Math.floor(availableParallelism() / workers))
}

/** A file beside the sources: Python is not compiled into build/. */
export function sourcePath(name: string): string {
  return fileURLToPath(new URL(`../../../bench/peers/${name}`, import.meta.url))
}

export const jsonHeaders = { 'content-type': 'application/json' }

export const floats = (body: Buffer): number[] => [
  ...new Float32Array(body.buffer.slice(body.byteOffset, body.byteOffset + body.length))
]
