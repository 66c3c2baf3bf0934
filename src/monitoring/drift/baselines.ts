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
  readonly learnRows: number
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

export interface Baselines {
  /** Changes when another phase is due. */
  print(version: ModelVersion): string
  phase(subject: Subject): Promise<Phase>
  /** The phase that follows learning. */
  learned(subject: Subject, learning: Learning): Promise<Phase>
  /** How far learning got, for people. */
  progress(learning: Learning): string
}

const problemsShown = 3

export function makeBaselines(options: BaselineOptions): Baselines {
  const { store, clock, log } = options

  function watch(subject: Subject, profile: Profile): Phase {
    const { thresholds, window } = subject.version.manifest.drift
    const own = (name: string): Thresholds => {
      const given = [name, 'psi'].flatMap(key => (Object.hasOwn(thresholds, key) ? thresholds[key]! : []))
      const warning = given.find(({ warning }) => warning !== undefined)?.warning
      const critical = given.find(({ critical }) => critical !== undefined)?.critical
      return thresholdsOf(warning, critical)
    }
    const place = window === undefined ? -1 : windowNames(options.subWindowMs).indexOf(window)
    const watched = new Watched(profile, profileId(profile), subject.plans, {
      ...options,
      nowMs: () => clock.monotonicMs(),
      thresholds: own,
      window: place < 0 ? undefined : place
    })
    return { type: 'watched', watched }
  }

  /** The profile of a text, or why it cannot be used. */
  function checked(subject: Subject, text: string): Profile | string {
    const read = readProfile(text, { modelSha256: modelDigest(subject.version), monitors: subject.plans })
    if ('profile' in read) return read.profile
    const { problems } = read
    const more = problems.length > problemsShown ? ` (and ${problems.length - problemsShown} more)` : ''
    return `reference.json is refused: ${problems.slice(0, problemsShown).join('; ')}${more}`
  }

  async function fromFile(subject: Subject, read: () => Promise<string>): Promise<Phase> {
    let text: string
    try {
      text = await read()
    } catch (error) {
      return none(`reference.json cannot be read: ${messageOf(error)}`)
    }
    const profile = checked(subject, text)
    return typeof profile === 'string' ? none(profile) : watch(subject, profile)
  }

  async function learnedBefore(subject: Subject): Promise<Phase | undefined> {
    const text = await store.read(profileName(subject.version))
    const profile = text === undefined ? '' : checked(subject, text)
    // One of other files, or of another Kedge: learning begins anew.
    return typeof profile === 'string' ? undefined : watch(subject, profile)
  }

  return {
    print(version) {
      return JSON.stringify([options.reference(version).print, version.manifest.drift])
    },
    async phase(subject) {
      const { version, plans } = subject
      if (!options.enabled || !version.manifest.drift.enabled)
        return none('drift monitoring is switched off', false)
      if (plans.length === 0) return none('the model has nothing that could be monitored', false)
      const { print, read } = options.reference(version)
      if (print !== '') return fromFile(subject, read)
      const before = await learnedBefore(subject)
      if (before !== undefined) return before
      if (!options.learn) return none('there is no reference.json, and learning is switched off')
      const { learnRows: rows, learnMs: durationMinMs, random } = options
      const terms = { rows, durationMinMs, random, startedMs: clock.monotonicMs() }
      return { type: 'learning', learning: new Learning(plans, seedOf(version), terms) }
    },
    async learned(subject, learning) {
      const { version, plans } = subject
      const { columns, source } = learning.sample()
      const { model, version: modelVersion } = version
      const facts = {
        model,
        modelVersion,
        modelSha256: modelDigest(version),
        createdAt: new Date(clock.now()).toISOString(),
        tool: options.tool,
        source,
        seed: seedOf(version)
      }
      try {
        const profile = await options.makeProfile({ plans, columns, facts })
        await store.write(profileName(version), JSON.stringify(profile)).catch((error: unknown) => {
          log.warn({ model, reason: messageOf(error) }, 'the learned baseline could not be saved')
        })
        log.info({ model, version: modelVersion, rows: source.sampledRows }, 'drift baseline learned')
        return watch(subject, profile)
      } catch (error) {
        return none(`no baseline could be made of the rows: ${messageOf(error)}`)
      }
    },
    progress(learning) {
      const minutes = Math.ceil(learning.remainingMs(clock.monotonicMs()) / 60_000)
      const time = minutes > 0 ? `, and ${minutes} more minute${minutes === 1 ? '' : 's'}` : ''
      return `learning what is normal: ${learning.rows} of ${learning.rowsNeeded} rows${time}`
    }
  }
}

const none = (reason: string, wanted = true): Phase => ({ type: 'none', reason, wanted })

/** The same for every replica, so that their projections are. */
function seedOf(version: ModelVersion): number {
  return Number.parseInt(modelDigest(version).slice(0, 7), 16)
}

const profileName = ({ model, version }: ModelVersion): string => `drift-${model}-${version}.profile.json`
