// The stability rule: what differs from what was emitted counts only once it has stayed the same for `stableMs`, so that nothing half
// copied is ever loaded. Pure; times of differences are monotonic.
import { isDeepStrictEqual } from 'node:util'
import { samePrints } from './fingerprint.ts'
import type { Pending, Scan, ScannedModel, ScannedVersion } from './scan.ts'

export interface Settled {
  /** What may be acted on; the same object as before when nothing about it changed. */
  readonly scan: Scan
  readonly differences: ReadonlyMap<string, Difference>
  /** When the first difference will have been there for long enough, on the monotonic clock; undefined without any. */
  readonly nextMs: number | undefined
}

/** Something that is not emitted yet: as it is on disk, undefined where it is gone, and since when it is so. */
interface Difference {
  readonly found: ScannedModel | ScannedVersion | undefined
  readonly sinceMs: number
  /** It only waits for something else: a model for the first of its versions. */
  readonly isHeld: boolean
}

export interface SettleTimes {
  readonly stableMs: number
  /** When the look that found it began and ended, on the monotonic clock: files were seen some time between. */
  readonly startedMs: number
  readonly endedMs: number
  /** Milliseconds since the epoch, for the first look alone: how old files are is all that is known then. */
  readonly epochMs: number
}

export function settle(before: Settled | undefined, fresh: Scan, times: SettleTimes): Settled {
  const work = new Work(before, times)
  const emitted = new Map(before?.scan.models.map(model => [model.name, model]))
  const found = new Map(fresh.models.map(model => [model.name, model]))
  const names = [...new Set([...emitted.keys(), ...found.keys()])].sort()
  const models = names.flatMap(name => work.model(name, emitted.get(name), found.get(name)) ?? [])
  const scan = { models, warnings: fresh.warnings, pending: work.pending }
  const moving = [...work.differences.values()].filter(({ isHeld }) => !isHeld)
  return {
    scan: before !== undefined && sameScan(before.scan, scan) ? before.scan : scan,
    differences: work.differences,
    nextMs:
      moving.length === 0 ? undefined : Math.min(...moving.map(({ sinceMs }) => sinceMs)) + times.stableMs
  }
}

interface Found<T> {
  readonly place: Pending
  readonly found: T | undefined
  readonly same: (a: T | undefined, b: T | undefined) => boolean
}

class Work {
  readonly pending: Pending[] = []
  readonly differences = new Map<string, Difference>()
  readonly #before: Settled | undefined
  readonly #times: SettleTimes

  constructor(before: Settled | undefined, times: SettleTimes) {
    this.#before = before
    this.#times = times
  }

  /** The model to emit, if any. */
  model(
    name: string,
    emitted: ScannedModel | undefined,
    found: ScannedModel | undefined
  ): ScannedModel | undefined {
    // What is the very same object needs no comparison: most models, most of the time.
    if (emitted !== undefined && emitted === found) return emitted
    const versions = this.#versions(name, emitted?.versions ?? [], found?.versions ?? [])
    const frame = this.#frame(name, emitted, found, versions.length > 0)
    if (frame === undefined) return undefined
    const whole = [emitted, found].find(model => model === frame && sameItems(versions, model.versions))
    return whole ?? { ...frame, versions }
  }

  #versions(
    model: string,
    emitted: readonly ScannedVersion[],
    found: readonly ScannedVersion[]
  ): ScannedVersion[] {
    const before = new Map(emitted.map(version => [version.version, version]))
    const now = new Map(found.map(version => [version.version, version]))
    const numbers = [...new Set([...before.keys(), ...now.keys()])].sort((a, b) => b - a)
    return numbers.flatMap(number => {
      const was = before.get(number)
      const is = now.get(number)
      if (sameVersion(was, is)) return was ?? []
      const isOld = is !== undefined && this.#isOld(is.prints.changedMs)
      const difference = { place: { model, version: number }, found: is, same: sameVersion }
      return (this.#isSettled(difference, isOld, true) ? is : was) ?? []
    })
  }

  /** The model apart from its versions. It comes with the first of them. */
  #frame(
    name: string,
    was: ScannedModel | undefined,
    is: ScannedModel | undefined,
    hasVersions: boolean
  ): ScannedModel | undefined {
    if (sameFrame(was, is)) return was
    const isBare = is?.versions.length === 0
    const isFirst = this.#before === undefined && (hasVersions || isBare)
    const isComplete = is === undefined || hasVersions || isBare
    const difference = { place: { model: name, version: undefined }, found: is, same: sameFrame }
    return this.#isSettled(difference, isFirst, isComplete) ? is : was
  }

  /** Whether a difference has been there for long enough and nothing else holds it up; remembers it where not. */
  #isSettled<T extends ScannedModel | ScannedVersion>(
    { place, found, same }: Found<T>,
    isOld: boolean,
    isComplete: boolean
  ): boolean {
    const { stableMs, startedMs, endedMs } = this.#times
    const key = place.version === undefined ? place.model : `${place.model}/${place.version}`
    const known = this.#before?.differences.get(key)
    const lasts = known !== undefined && same(known.found as T | undefined, found)
    const sinceMs = lasts ? known.sinceMs : endedMs
    const isSettled = isOld || stableMs === 0 || startedMs - sinceMs >= stableMs
    if (isSettled && isComplete) return true
    this.differences.set(key, { found, sinceMs, isHeld: isSettled })
    this.pending.push(place)
    return false
  }

  /** At the first look. What was changed in the future is young: some clock is wrong. */
  #isOld(changedMs: number): boolean {
    const { epochMs, stableMs } = this.#times
    return this.#before === undefined && epochMs - changedMs >= stableMs
  }
}

function sameVersion(a: ScannedVersion | undefined, b: ScannedVersion | undefined): boolean {
  if (a === undefined || b === undefined || a === b) return a === b
  return (
    samePrints(a.prints, b.prints) &&
    a.root === b.root &&
    a.folder === b.folder &&
    a.file === b.file &&
    sameItems(a.problems, b.problems) &&
    (a.manifest === b.manifest || isDeepStrictEqual(a.manifest, b.manifest))
  )
}

function sameFrame(a: ScannedModel | undefined, b: ScannedModel | undefined): boolean {
  if (a === undefined || b === undefined || a === b) return a === b
  return (
    sameItems(a.problems, b.problems) &&
    (a.manifest === b.manifest || isDeepStrictEqual(a.manifest, b.manifest))
  )
}

function sameItems<T>(a: readonly T[], b: readonly T[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index])
}

function sameScan(a: Scan, b: Scan): boolean {
  return (
    sameItems(a.models, b.models) &&
    sameItems(a.warnings, b.warnings) &&
    isDeepStrictEqual(a.pending, b.pending)
  )
}
