// A version that has a baseline: its counters, its recent past, and what the last evaluation made of each monitor.
import { binsOf, type CellPlace, type Cells, cellKinds, cellsOf } from './bins.ts'
import { Counter } from './counter.ts'
import { decidingWindow, lasting, remembered, type Severity, severityOf } from './judge.ts'
import { PcaResidual } from './pca.ts'
import { type MonitorPlan, pcaMonitorName } from './plan.ts'
import type { MonitorReference, Profile } from './profile.ts'
import { levels, Ring } from './ring.ts'
import { RowBudget } from './row-budget.ts'
import { type Scores, scoreWindow } from './scores.ts'
import { Sources } from './sources.ts'
import { alphaOf, rowsMinOf, type Terms, type Thresholds } from './terms.ts'
import type { MonitorState } from './view.ts'

export interface WatchOptions {
  readonly falseAlarmsPerWeek: number
  readonly subWindowMs: number
  /** Time for counting one request; 0 for any. */
  readonly requestBudgetUs: number
  readonly random: () => number
  readonly nowMs: () => number
  /** Of a monitor, by its name. */
  readonly thresholds: (monitor: string) => Thresholds
  /** The place of the window that decides; undefined for the shortest with enough rows. */
  readonly window: number | undefined
}

/** One monitor, and what was last found out about it. */
export interface WatchedMonitor {
  readonly plan: MonitorPlan
  readonly reference: MonitorReference
  readonly place: CellPlace
  readonly terms: Terms
  state: Severity
  /** Of the latest evaluations, the newest last. */
  recent: Severity[]
  /** What decided; undefined where no window had enough rows. */
  decided: Decided | undefined
  /** The index over time, one point a timeline slot; NaN where nothing could be said. */
  readonly timeline: Float32Array
}

export interface Decided {
  readonly window: number
  readonly psi: number | undefined
  readonly jsBase2: number | undefined
  readonly ks: number | undefined
  readonly wasserstein: number | undefined
  readonly designEffect: number
  readonly rows: number
  readonly effectiveRows: number
}

/** Points of the time line, and the sub-windows from one to the next: a day of ten minutes each. */
export const timelinePoints = 144
export const timelineTicks = 10

export interface StateChange {
  readonly monitor: WatchedMonitor
  readonly from: MonitorState
  readonly to: MonitorState
}

export class Watched {
  readonly profile: Profile
  /** SHA-256 of the profile. */
  readonly profileId: string
  readonly monitors: readonly WatchedMonitor[]
  readonly counter: Counter
  readonly ring: Ring
  readonly cells: Cells
  /** Since the version came, besides what the counter holds. */
  readonly totals: Float64Array
  evaluatedAtMs: number | undefined
  /** Of each window and the shorter ones, the largest median of the monitors' design effects when they were last evaluated. */
  readonly #commonEffects: number[] = levels.map(() => 1)
  readonly #options: WatchOptions

  /** `plans` are those of the version, in its order; the profile was checked against them. */
  constructor(profile: Profile, profileId: string, plans: readonly MonitorPlan[], options: WatchOptions) {
    const references = new Map(profile.monitors.map(monitor => [monitor.name, monitor]))
    const known = plans.filter(({ name }) => references.has(name))
    const bins = known.map(plan => binsOf(plan, references.get(plan.name)!))
    const alpha = alphaOf(options.falseAlarmsPerWeek, known.length, options.subWindowMs)
    this.profile = profile
    this.profileId = profileId
    this.#options = options
    this.cells = cellsOf(bins)
    this.totals = new Float64Array(this.cells.cellCount)
    this.ring = new Ring(this.cells.cellCount, this.cells.sumCount)
    this.monitors = known.map((plan, index) => {
      const reference = references.get(plan.name)!
      const thresholds = options.thresholds(plan.name)
      const place = this.cells.places[index]!
      const inBins = reference.counts.reduce((sum, count) => sum + count, 0)
      const rowsMin = rowsMinOf(thresholds.warning, alpha, place.bins.count, inBins)
      return {
        plan,
        reference,
        place,
        terms: { alpha, thresholds, rowsMin },
        state: 'insufficient_data',
        recent: [],
        decided: undefined,
        timeline: new Float32Array(timelinePoints).fill(Number.NaN)
      }
    })
    const { requestBudgetUs, random, nowMs } = options
    const budget = (): RowBudget => new RowBudget(requestBudgetUs, random)
    this.counter = new Counter({
      monitors: known,
      cells: this.cells,
      sources: new Sources(known, { seed: profile.seed }),
      pca: residual(profile, known),
      budgets: { inputs: budget(), outputs: budget() },
      nowMs
    })
  }

  /** Ends a sub-window. */
  tick(): void {
    const { cells, sums } = this.counter
    this.ring.add(cells, sums)
    for (let cell = 0; cell < cells.length; cell++) this.totals[cell]! += cells[cell]!
    cells.fill(0)
    sums.fill(0)
  }

  /** Sub-windows that passed without being watched. */
  pass(ticks: number): void {
    const first = Math.floor(this.ring.ticks / timelineTicks)
    const last = Math.min(Math.floor((this.ring.ticks + ticks) / timelineTicks), first + timelinePoints)
    for (const { timeline } of this.monitors)
      for (let point = first + 1; point <= last; point++) timeline[point % timelinePoints] = Number.NaN
    this.ring.pass(ticks)
  }

  /** Cell `index` since the version came. */
  total(index: number): number {
    return this.totals[index]! + this.counter.cells[index]!
  }

  /** Looks at each monitor in turn and yields its change, or nothing, so that the caller can leave time for others in between. */
  *evaluate(nowMs: number): Generator<StateChange | undefined> {
    const point = Math.floor(this.ring.ticks / timelineTicks) % timelinePoints
    const effects = levels.map((): number[] => [])
    for (const monitor of this.monitors) {
      const severities: Severity[] = []
      let scores: Scores | undefined
      for (const window of levels.keys()) {
        const isAsked = this.#options.window === undefined || this.#options.window === window
        if (!isAsked) {
          severities.push('insufficient_data')
          continue
        }
        scores = this.scores(monitor, window, monitor.terms.rowsMin)
        effects[window]!.push(scores.designEffect)
        severities.push(severityOf(scores, monitor.terms))
        if (severities.at(-1) !== 'insufficient_data') break
      }
      const window = decidingWindow(severities, this.#options.window)
      monitor.decided = window === undefined || scores === undefined ? undefined : summary(window, scores)
      monitor.timeline[point] = monitor.decided?.psi ?? Number.NaN
      monitor.recent = [...monitor.recent, severities[window ?? 0]!].slice(-remembered)
      const from = monitor.state
      monitor.state = lasting(monitor.recent)
      yield from === monitor.state ? undefined : { monitor, from, to: monitor.state }
    }
    // What repeats within minutes does so within days, of which there may be one slot only as yet, and nothing to compare it with.
    let most = 1
    for (const [window, all] of effects.entries()) {
      if (all.length > 0) most = Math.max(most, median(all))
      this.#commonEffects[window] = most
    }
    this.evaluatedAtMs = nowMs
  }

  /** Without distances where there are fewer than `rowsMin` effective rows. */
  scores({ place, reference }: WatchedMonitor, window: number, rowsMin = 0): Scores {
    const { offset, bins } = place
    const slots = this.ring.slots(window, offset, bins.count + kindCount)
    const sums: readonly [number, number] =
      place.kind === 'numeric'
        ? [this.ring.sum(window, place.sums), this.ring.sum(window, place.sums + 1)]
        : [0, 0]
    return scoreWindow(place, reference, { slots, sums, commonEffect: this.#commonEffects[window]! }, rowsMin)
  }
}

/** Cells of a monitor besides its bins. */
const kindCount = cellKinds.length

function median(values: number[]): number {
  values.sort((a, b) => a - b)
  return values[Math.floor(values.length / 2)]!
}

function summary(window: number, scores: Scores): Decided {
  const { psi, jsBase2, ks, wasserstein, designEffect, rows, effectiveRows } = scores
  return { window, psi, jsBase2, ks, wasserstein, designEffect, rows, effectiveRows }
}

function residual({ pca }: Profile, monitors: readonly MonitorPlan[]) {
  if (pca === undefined) return undefined
  const places = pca.features.map(feature => monitors.findIndex(({ name }) => name === feature))
  const monitor = monitors.findIndex(({ name }) => name === pcaMonitorName)
  return monitor < 0 || places.includes(-1)
    ? undefined
    : { residual: new PcaResidual(pca), reads: places, monitor }
}
