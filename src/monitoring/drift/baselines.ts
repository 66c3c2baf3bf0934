// Where a version's baseline comes from: its reference.json, else one that was learned here before, else one that is learned now.
import type { Clock } from '../../base/clock.ts'
import { messageOf } from '../../errors/serving-error.ts'
import type { ModelVersion } from '../../lifecycle/model-version.ts'
import { Learning } from './learning.ts'
import type { Profile } from './profile.ts'
import { profileId, readProfile } from './profile-file.ts'
import { windowNames } from './ring.ts'
import { modelDigest, type Phase, type Subject } from './subject.ts'
import type { MakeProfileInput } from './tasks.ts'
import { type Thresholds, thresholdsOf } from './terms.ts'
import { Watched } from './watched.ts'

export interface TextStore {
  read(name: string): Promise<string | undefined>
  write(name: string, text: string): Promise<void>
}

export interface BaselineOptions {
  readonly enabled: boolean
  readonly falseAlarmsPerWeek: number
  readonly requestBudgetUs: number
  readonly subWindowMs: number
  readonly learn: boolean
  readonly learnRowsMax: number
  readonly learnMs: number
  readonly store: TextStore
  /** The reference.json of a version: a print that changes with it, '' where there is none, and a way to read it. */
  readonly reference: (version: ModelVersion) => {
    readonly print: string
    readonly read: () => Promise<string>
  }
  readonly makeProfile: (input: MakeProfileInput) => Promise<Profile>
  readonly clock: Clock
  readonly random: () => number
  /** What makes profiles, for their header: `kedge 1.2.3`. */
  readonly tool: string
  readonly log: { info(facts: object, message: string): void; warn(facts: object, message: string): void }
}

const problemsShown = 3

export class Baselines {
  readonly #options: BaselineOptions

  constructor(options: BaselineOptions) {
    this.#options = options
  }

  /** Changes when another phase is due. */
  print(version: ModelVersion): string {
    return JSON.stringify([this.#options.reference(version).print, version.manifest.drift])
  }

  async phase(subject: Subject): Promise<Phase> {
    const { version, plans } = subject
    const { enabled, learn, learnRowsMax: rows, learnMs: durationMinMs, random, clock } = this.#options
    if (!enabled || !version.manifest.drift.enabled) return none('drift monitoring is switched off', false)
    if (plans.length === 0) return none('the model has nothing that could be monitored', false)
    const { print, read } = this.#options.reference(version)
    if (print !== '') return this.#fromFile(subject, read)
    const before = await this.#learnedBefore(subject)
    if (before !== undefined) return before
    if (!learn) return none('there is no reference.json, and learning is switched off')
    const terms = { rows, durationMinMs, random, startedMs: clock.monotonicMs() }
    return { type: 'learning', learning: new Learning(plans, seedOf(version), terms) }
  }

  /** The phase that follows learning. */
  async learned(subject: Subject, learning: Learning): Promise<Phase> {
    const { makeProfile, store, clock, tool, log } = this.#options
    const { version, plans } = subject
    const { columns, source } = learning.sample()
    const { model, version: modelVersion } = version
    const createdAt = new Date(clock.now()).toISOString()
    const made = { model, modelVersion, modelSha256: modelDigest(version), createdAt, tool, source }
    try {
      const profile = await makeProfile({ plans, columns, facts: { ...made, seed: seedOf(version) } })
      await store.write(profileName(version), JSON.stringify(profile)).catch((error: unknown) => {
        log.warn({ model, reason: messageOf(error) }, 'the learned baseline could not be saved')
      })
      log.info({ model, version: modelVersion, rows: source.sampledRows }, 'drift baseline learned')
      return this.#watch(subject, profile)
    } catch (error) {
      return none(`no baseline could be made of the rows: ${messageOf(error)}`)
    }
  }

  /** How far learning got, for people. */
  progress(learning: Learning): string {
    const minutes = Math.ceil(learning.remainingMs(this.#options.clock.monotonicMs()) / 60_000)
    const time = minutes > 0 ? `, and ${minutes} more minute${minutes === 1 ? '' : 's'}` : ''
    return `learning what is normal: ${learning.rows} of ${learning.rowsNeeded} rows${time}`
  }

  #watch(subject: Subject, profile: Profile): Phase {
    const { clock, subWindowMs, log } = this.#options
    const { model, version, manifest } = subject.version
    const { thresholds, window } = manifest.drift
    const names = windowNames(subWindowMs)
    const place = window === undefined ? -1 : names.indexOf(window)
    if (window !== undefined && place < 0)
      log.warn({ model, version, window, expected: names }, 'drift.window in model.yaml is no window')
    const watched = new Watched(profile, profileId(profile), subject.plans, {
      ...this.#options,
      nowMs: () => clock.monotonicMs(),
      thresholds: monitor => thresholdsFor(monitor, thresholds),
      window: place < 0 ? undefined : place
    })
    return { type: 'watched', watched }
  }

  async #fromFile(subject: Subject, read: () => Promise<string>): Promise<Phase> {
    let text: string
    try {
      text = await read()
    } catch (error) {
      return none(`reference.json cannot be read: ${messageOf(error)}`)
    }
    const profile = checked(subject, text)
    return typeof profile === 'string' ? none(profile) : this.#watch(subject, profile)
  }

  async #learnedBefore(subject: Subject): Promise<Phase | undefined> {
    const text = await this.#options.store.read(profileName(subject.version))
    const profile = text === undefined ? '' : checked(subject, text)
    // One of other files, or of another Kedge: learning begins anew.
    return typeof profile === 'string' ? undefined : this.#watch(subject, profile)
  }
}

/** The profile of a text, or why it cannot be used. */
function checked(subject: Subject, text: string): Profile | string {
  const read = readProfile(text, { modelSha256: modelDigest(subject.version), monitors: subject.plans })
  if ('profile' in read) return read.profile
  const { problems } = read
  const more = problems.length > problemsShown ? ` (and ${problems.length - problemsShown} more)` : ''
  return `reference.json is refused: ${problems.slice(0, problemsShown).join('; ')}${more}`
}

type GivenThresholds = ModelVersion['manifest']['drift']['thresholds']

/** The monitor's own, else those for all (`psi`), else the standard. */
function thresholdsFor(monitor: string, given: GivenThresholds): Thresholds {
  const own = [monitor, 'psi'].flatMap(key => (Object.hasOwn(given, key) ? given[key]! : []))
  const warning = own.find(({ warning }) => warning !== undefined)?.warning
  const critical = own.find(({ critical }) => critical !== undefined)?.critical
  return thresholdsOf(warning, critical)
}

const none = (reason: string, wanted = true): Phase => ({ type: 'none', reason, wanted })

/** The same for every replica, so that their projections are. */
function seedOf(version: ModelVersion): number {
  return Number.parseInt(modelDigest(version).slice(0, 7), 16)
}

const profileName = ({ model, version }: ModelVersion): string => `drift-${model}-${version}.profile.json`
