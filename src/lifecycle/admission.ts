// What a version has to pass before the server itself loads it: its files are what SHA256SUMS says, there is memory for it, and it does
// not take a process down with it. Gives back what it took when a step fails.
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Instance, SessionOptions } from '../backend/backend.ts'
import type { Trial } from '../backend/process-pool.ts'
import type { Clock } from '../base/clock.ts'
import { checkDigests, digestsOf } from '../repository/digests.ts'
import type { ScannedVersion } from '../repository/scan.ts'
import { type GoodFacts, goodKey, type KnownGood } from './known-good.ts'
import type { LoadLimit } from './load-limit.ts'
import { type MemoryBudget, type MemoryNeed, memoryNeed, type Reservation } from './memory-budget.ts'
import { probe } from './probe.ts'
import { LoadFailure, orFail, type Validated } from './validate.ts'

export interface AdmissionOptions {
  readonly digestFileBytesMax: number
  readonly probe: 'auto' | 'always' | 'never'
  /** The runtime's version and what it runs on. */
  readonly runtime: string
  readonly knownGood: Pick<KnownGood, 'find' | 'add' | 'forget' | 'begin' | 'end'>
  readonly budget: MemoryBudget
  /** Unloads something that can be loaded again later; false where there is nothing. */
  readonly makeRoom: () => Promise<boolean>
  readonly startProbe: (session: SessionOptions, fresh: boolean) => Trial
  readonly clock: Clock
}

export interface Candidate {
  readonly version: ScannedVersion
  readonly validated: Validated
  readonly session: SessionOptions
  readonly instances: number
  readonly limit: LoadLimit
  /** Told when the probe begins. */
  readonly onProbe: () => void
  readonly tryOut: (instance: Instance) => Promise<unknown>
}

export interface Admitted {
  readonly digests: Readonly<Record<string, string>>
  /** The load is over: well, or not. */
  done(isLoaded: boolean): void
  /** The version is gone. */
  release(): void
  /** Throws LoadFailure when the files are not those that were admitted. */
  checkUnchanged(): Promise<void>
}

/** Throws LoadFailure. */
export async function admit(candidate: Candidate, options: AdmissionOptions): Promise<Admitted> {
  const { version, validated, limit, session } = candidate
  const { files } = validated.graph
  const before = await orFail(filesOf(version, files))
  const digests = await orFail(limit.within('its files are read', digestsOf(version, files)))
  const problems = await checkDigests(version, digests, options.digestFileBytesMax)
  if (problems.length > 0) throw new LoadFailure(problems.join('; '))
  const { runtime, knownGood } = options
  const key = goodKey({ digests, runtime, graphOptimization: session.graphOptimization })
  const reservation = await new Probation(candidate, options, key, before.bytes).pass()
  const isKnown = knownGood.find(key) !== undefined
  const marked = knownGood.begin(key)
  // Where nothing good is known, a crash must not go unnoticed by the next start.
  if (!isKnown) await marked
  return {
    digests,
    done(isLoaded) {
      knownGood.end(key)
      if (isLoaded) reservation.loaded()
      else reservation.release()
    },
    release: () => reservation.release(),
    async checkUnchanged() {
      const { text } = await orFail(filesOf(version, files))
      if (text !== before.text) throw new LoadFailure('its files have changed since they were read')
    }
  }
}

/** Memory and the probe: the one needs a figure that the other measures. */
class Probation {
  readonly #candidate: Candidate
  readonly #options: AdmissionOptions
  readonly #key: string
  readonly #filesBytes: number

  constructor(candidate: Candidate, options: AdmissionOptions, key: string, filesBytes: number) {
    this.#candidate = candidate
    this.#options = options
    this.#key = key
    this.#filesBytes = filesBytes
  }

  async pass(): Promise<Reservation> {
    const { knownGood, probe: mode } = this.#options
    const known = knownGood.find(this.#key)
    const first = await this.#reserve(known)
    // A process of its own is probe enough.
    const inProcess = this.#candidate.validated.manifest.instances.placement === 'process'
    if (mode === 'never' || inProcess || (mode === 'auto' && known !== undefined)) return first
    try {
      const facts = await this.#probe()
      knownGood.add(this.#key, facts)
      // What it really takes may be more than its files promised.
      first.release()
      return await this.#reserve(facts)
    } catch (error) {
      first.release()
      knownGood.forget(this.#key)
      throw error
    }
  }

  #probe(): Promise<GoodFacts> {
    const { session, limit, tryOut, onProbe } = this.#candidate
    const { startProbe, clock } = this.#options
    onProbe()
    return probe({ start: fresh => startProbe(session, fresh), tryOut, limitMs: limit.leftMs, clock })
  }

  async #reserve(known: GoodFacts | undefined): Promise<Reservation> {
    const { budget, makeRoom } = this.#options
    const { instances } = this.#candidate
    const measuredBytes = known?.memoryBytes
    const need: MemoryNeed = memoryNeed({ measuredBytes, filesBytes: this.#filesBytes, instances })
    while (budget.neededToFit(need.bytes) > 0) if (!(await makeRoom())) break
    const refusal = budget.refusal(need)
    if (refusal !== undefined) throw new LoadFailure(refusal)
    return budget.reserve(need.bytes)
  }
}

async function filesOf(
  { root, folder }: ScannedVersion,
  files: readonly string[]
): Promise<{ readonly text: string; readonly bytes: number }> {
  const facts = await Promise.all(files.map(file => stat(join(root, folder, file))))
  return {
    text: facts.map(({ dev, ino, size, mtimeMs }) => [dev, ino, size, mtimeMs].join()).join(';'),
    bytes: facts.reduce((sum, { size }) => sum + size, 0)
  }
}
