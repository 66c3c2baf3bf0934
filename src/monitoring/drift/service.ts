// Drift monitoring of everything that is served: counts through the pipeline's observer, ends sub-windows, evaluates them in slices, and
// remembers counts over restarts. Whatever goes wrong here, requests are served.
import type { Clock } from '../../base/clock.ts'
import { messageOf } from '../../errors/serving-error.ts'
import type { DecodedRequest, InferenceObserver, RequestReport } from '../../inference/observer.ts'
import type { ModelVersion } from '../../lifecycle/model-version.ts'
import { type BaselineOptions, Baselines } from './baselines.ts'
import type { DriftChange } from './change.ts'
import { overall } from './explain.ts'
import { expose } from './exposition.ts'
import type { Profile } from './profile.ts'
import { windowNames } from './ring.ts'
import { restore, snapshotOf } from './snapshot.ts'
import { Subject } from './subject.ts'
import type { DriftView, MonitorView } from './view.ts'
import { bySeverity, monitorViews } from './view-of.ts'
import { violationsOf } from './violations.ts'
import type { StateChange, Watched } from './watched.ts'

export interface DriftServiceOptions extends BaselineOptions {
  readonly clock: Clock
  readonly log: {
    warn(facts: object, message: string): void
    info(facts: object, message: string): void
  }
  readonly subWindowMs: number
  readonly snapshotMs: number
  readonly monitorsMax: number
  readonly featuresExportedMax: number
  readonly onChange: (change: DriftChange) => void
  /** Settles when everything else that waits for the event loop has had its turn. */
  readonly nextTurn: () => Promise<void>
}

/** Time in one go for evaluations and views; then others have their turn. */
const sliceMaxMs = 4

export class DriftService {
  readonly observer: InferenceObserver = {
    decoded: event => this.#decoded(event),
    finished: report => this.#finished(report)
  }
  readonly #options: DriftServiceOptions
  readonly #baselines: Baselines
  readonly #subjects = new Map<ModelVersion, Subject>()
  #tickedAtMs: number
  #savedAtMs: number
  #work: Promise<void> = Promise.resolve()
  #cancel: (() => void) | undefined

  constructor(options: DriftServiceOptions) {
    this.#options = options
    this.#baselines = new Baselines(options)
    this.#tickedAtMs = options.clock.monotonicMs()
    this.#savedAtMs = this.#tickedAtMs
  }

  /** Watches what is served now, with the baselines that there are now, and nothing else. */
  sync(served: readonly ModelVersion[]): Promise<void> {
    return this.#inTurn(async () => {
      const kept = new Set(served)
      for (const [version, subject] of this.#subjects) {
        if (kept.has(version)) continue
        this.#subjects.delete(version)
        await this.#finish(subject)
      }
      for (const version of served) {
        const subject = this.#subjects.get(version) ?? new Subject(version, this.#options.monitorsMax)
        this.#subjects.set(version, subject)
        await this.#settle(subject)
      }
    })
  }

  start(): void {
    this.#cancel = this.#options.clock.after(
      this.#options.subWindowMs,
      () => {
        void this.tick().finally(() => this.#cancel !== undefined && this.start())
      },
      false
    )
  }

  /** Ends the sub-windows whose time is over, evaluates, and saves now and then. */
  tick(): Promise<void> {
    return this.#inTurn(async () => {
      const { clock, subWindowMs, snapshotMs } = this.#options
      const nowMs = clock.monotonicMs()
      const passed = Math.max(1, Math.floor((nowMs - this.#tickedAtMs) / subWindowMs))
      this.#tickedAtMs = nowMs
      for (const { phase } of this.#subjects.values()) {
        if (phase.type !== 'watched') continue
        phase.watched.tick()
        phase.watched.pass(passed - 1)
      }
      for (const subject of this.#subjects.values()) await this.#evaluate(subject)
      if (nowMs - this.#savedAtMs < snapshotMs) return
      this.#savedAtMs = nowMs
      for (const subject of this.#subjects.values()) await this.#save(subject)
    })
  }

  /** Counts what is left of the running sub-window, and saves everything. */
  async stop(): Promise<void> {
    this.#cancel?.()
    this.#cancel = undefined
    await this.#inTurn(async () => {
      for (const subject of this.#subjects.values()) await this.#finish(subject)
    })
  }

  /** Of a version that is served; undefined where its model has none that is watched. */
  profile(version: ModelVersion): Profile | undefined {
    const phase = this.#subjects.get(version)?.phase
    return phase?.type === 'watched' ? phase.watched.profile : undefined
  }

  async view(version: ModelVersion): Promise<DriftView> {
    const subject = this.#subjects.get(version)
    const { falseAlarmsPerWeek } = this.#options
    const base = {
      model: version.model,
      version: version.version,
      violations: subject?.violations ?? { type: 0, shape: 0, name: 0, range: 0 },
      falseAlarmsPerWeek
    }
    const none = { ...base, profile: undefined, evaluatedAt: undefined, monitors: [] }
    const phase = subject?.phase ?? { type: 'none', reason: 'the version is not served', wanted: false }
    if (phase.type === 'none')
      return { ...none, state: 'no_baseline', reason: phase.reason, rowsSeen: 0, rowsCounted: 0 }
    if (phase.type === 'learning') {
      const { rowsSeen, rows } = phase.learning
      const reason = this.#baselines.progress(phase.learning)
      return { ...none, state: 'learning', reason, rowsSeen, rowsCounted: rows }
    }
    const { watched } = phase
    const monitors = await this.#views(watched)
    const { profile, profileId, counter, evaluatedAtMs } = watched
    const { source, createdAt } = profile
    return {
      ...base,
      state: overall(monitors.map(({ state }) => state)),
      reason: undefined,
      profile: {
        id: profileId,
        source: source.name === undefined ? source.kind : `${source.kind}: ${source.name}`,
        rows: source.sampledRows,
        createdAt
      },
      rowsSeen: counter.rowsSeen,
      rowsCounted: counter.rowsCounted,
      evaluatedAt: evaluatedAtMs === undefined ? undefined : new Date(evaluatedAtMs).toISOString(),
      monitors
    }
  }

  /** The exposition of every watched version, in Prometheus' text format. */
  expose(): string {
    return expose([...this.#subjects.values()], this.#options)
  }

  async #views(watched: Watched): Promise<MonitorView[]> {
    const { clock, subWindowMs } = this.#options
    const tickedAtMs = clock.now() - (clock.monotonicMs() - this.#tickedAtMs)
    const views: MonitorView[] = []
    await this.#sliced(monitorViews(watched, { subWindowMs, tickedAtMs }), view => void views.push(view))
    return bySeverity(views)
  }

  #decoded({ version, request, rows }: DecodedRequest): void {
    const subject = this.#subjects.get(version)
    if (subject === undefined) return
    subject.violations.range += request.outOfRange ?? 0
    this.#guarded(subject, () => subject.countInputs(request.inputs, rows))
  }

  #finished({ version, error, ran }: RequestReport): void {
    const subject = version === undefined ? undefined : this.#subjects.get(version)
    if (subject === undefined) return
    if (ran !== undefined) this.#guarded(subject, () => subject.countOutputs(ran.result.outputs, ran.rows))
    else if (error !== undefined) for (const kind of violationsOf(error)) subject.violations[kind]++
  }

  /** A fault of the counting ends the counting, not the request. */
  #guarded(subject: Subject, count: () => void): void {
    try {
      count()
    } catch (error) {
      const { model, version } = subject.version
      subject.phase = { type: 'none', reason: `counting failed: ${messageOf(error)}`, wanted: true }
      this.#options.log.warn({ model, version, err: error }, 'drift is no longer monitored')
    }
  }

  /** Gives a subject the baseline that it should have now, where that changed. */
  async #settle(subject: Subject): Promise<void> {
    const print = this.#baselines.print(subject.version)
    if (subject.print === print) return
    await this.#save(subject)
    try {
      subject.phase = await this.#baselines.phase(subject)
      subject.print = print
    } catch (error) {
      // The next look tries again.
      subject.phase = { type: 'none', reason: `no baseline could be read: ${messageOf(error)}`, wanted: true }
    }
    const { model, version } = subject.version
    if (subject.phase.type === 'none' && subject.phase.wanted)
      this.#options.log.warn({ model, version, reason: subject.phase.reason }, 'drift is not monitored')
    await this.#restore(subject)
  }

  async #evaluate(subject: Subject): Promise<void> {
    const { clock } = this.#options
    const { phase } = subject
    if (phase.type === 'watched')
      await this.#sliced(phase.watched.evaluate(clock.now()), change => {
        if (change !== undefined) this.#tell(subject, phase.watched, change)
      })
    if (phase.type !== 'learning' || !phase.learning.isComplete(clock.monotonicMs())) return
    subject.phase = await this.#baselines.learned(subject, phase.learning)
  }

  #tell(subject: Subject, { profileId }: Watched, { monitor, from, to }: StateChange): void {
    const { version } = subject
    const { decided, terms } = monitor
    subject.changed(to)
    this.#options.onChange({
      model: version.model,
      version: version.version,
      feature: monitor.plan.name,
      from,
      to,
      window: decided === undefined ? undefined : windowNames(this.#options.subWindowMs)[decided.window],
      psi: decided?.psi,
      threshold: to === 'critical' ? terms.thresholds.critical : terms.thresholds.warning,
      effectiveRows: decided?.effectiveRows,
      profile: profileId,
      atMs: this.#options.clock.now()
    })
  }

  async #save(subject: Subject): Promise<void> {
    const { phase, version } = subject
    if (phase.type !== 'watched') return
    const { store, clock, subWindowMs, log } = this.#options
    try {
      await store.write(snapshotName(version), snapshotOf(phase.watched, subWindowMs, clock.now()))
    } catch (error) {
      log.warn({ model: version.model, reason: messageOf(error) }, 'drift counts could not be saved')
    }
  }

  /** Ends the running sub-window early: what it counted is not to be lost. */
  #finish(subject: Subject): Promise<void> {
    if (subject.phase.type === 'watched') subject.phase.watched.tick()
    return this.#save(subject)
  }

  async #restore({ phase, version }: Subject): Promise<void> {
    if (phase.type !== 'watched') return
    const { store, clock, subWindowMs } = this.#options
    const text = await store.read(snapshotName(version))
    if (text !== undefined) restore(phase.watched, text, subWindowMs, clock.now())
  }

  /** One thing after the other: nothing is evaluated while it is being exchanged. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#work.then(work)
    this.#work = done.catch((error: unknown) => {
      this.#options.log.warn({ err: error }, 'drift monitoring failed')
    })
    return this.#work
  }

  async #sliced<T>(steps: Iterable<T>, take: (step: T) => void): Promise<void> {
    const { clock, nextTurn } = this.#options
    let startedMs = clock.monotonicMs()
    for (const step of steps) {
      take(step)
      if (clock.monotonicMs() - startedMs < sliceMaxMs) continue
      await nextTurn()
      startedMs = clock.monotonicMs()
    }
  }
}

const snapshotName = ({ model, version }: ModelVersion): string => `drift-${model}-${version}.json`
