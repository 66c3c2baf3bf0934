// Drift in Prometheus' text format. What comes before the numbers is made once a profile: a scrape of thousands of series only joins them.
import { cellKinds } from './bins.ts'
import { exportGroups } from './export-bins.ts'
import { type DriftMetricName, driftMetricTable } from './metric-table.ts'
import { profileLabel } from './profile-file.ts'
import { referenceCount, referenceCounts } from './scores.ts'
import type { Subject } from './subject.ts'
import { chiSquareQuantile } from './tails.ts'
import { monitorStates, rateKinds } from './view.ts'
import { violationKinds } from './violations.ts'
import type { Watched, WatchedMonitor } from './watched.ts'

export interface ExpositionOptions {
  /** Monitors of a version that have series. */
  readonly featuresExportedMax: number
}

/** A line whose number is asked for at each scrape, or never changes. */
type Line = readonly [prefix: string, value: (() => number) | string]
type Lines = Record<DriftMetricName, Line[]>

const names = Object.keys(driftMetricTable) as DriftMetricName[]
const known = new WeakMap<Watched, Lines>()

export function expose(subjects: readonly Subject[], options: ExpositionOptions): string {
  const parts: string[] = []
  // What nobody wants to be monitored has no series to alarm on.
  const shown = subjects.filter(({ phase }) => phase.type !== 'none' || phase.wanted)
  const all = shown.map(subject => [subject, linesOf(subject, options), changing(subject)] as const)
  for (const name of names) {
    const { type, help } = driftMetricTable[name]
    const lines = all.flatMap(([, fixed, moving]) => [...(fixed?.[name] ?? []), ...moving[name]])
    if (lines.length === 0) continue
    parts.push(`# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`)
    for (const [prefix, value] of lines)
      parts.push(prefix, typeof value === 'string' ? value : String(value()), '\n')
  }
  return parts.join('')
}

function linesOf({ phase, version, leftOut }: Subject, options: ExpositionOptions): Lines | undefined {
  if (phase.type !== 'watched') return undefined
  const { watched } = phase
  const before = known.get(watched)
  if (before !== undefined) return before
  const lines = noLines()
  const own = { model: version.model, version: String(version.version) }
  const exported = chosen(watched.monitors, options.featuresExportedMax)
  for (const monitor of exported) addMonitor(lines, own, watched, monitor)
  const dropped = watched.monitors.length - exported.length + leftOut
  const { counter, profile } = watched
  push(lines, 'kedge_drift_features_dropped', own, String(dropped))
  push(lines, 'kedge_drift_sampling_ratio', own, () =>
    counter.rowsSeen === 0 ? 1 : counter.rowsCounted / counter.rowsSeen
  )
  const { source, createdAt } = profile
  const label = profileLabel(watched.profileId)
  push(lines, 'kedge_profile_info', { ...own, profile: label, source: source.kind, created: createdAt }, '1')
  known.set(watched, lines)
  return lines
}

/** Outputs and what is derived say most about the model as a whole; then inputs in their order. */
function chosen(monitors: readonly WatchedMonitor[], max: number): readonly WatchedMonitor[] {
  const inputs = monitors.filter(({ plan }) => plan.role === 'input')
  const others = monitors.filter(({ plan }) => plan.role !== 'input')
  return [...others, ...inputs].slice(0, max)
}

type Labels = Readonly<Record<string, string>>

function addMonitor(lines: Lines, own: Labels, watched: Watched, monitor: WatchedMonitor): void {
  const feature = monitor.plan.name
  const byFeature = { ...own, feature }
  const byProfile = { ...own, profile: profileLabel(watched.profileId), feature }
  addReference(lines, byProfile, monitor)
  const { place, terms } = monitor
  const groups = exportGroups(place)
  for (const [index, group] of groups.entries())
    push(lines, 'kedge_feature_bin_total', { ...byProfile, bin: binLabel(index) }, () =>
      sumOf(group.map(bin => watched.total(place.offset + bin)))
    )
  addObservations(lines, byFeature, watched, monitor)
  const quantile = groups.length < 2 ? 0 : chiSquareQuantile(terms.alpha, groups.length - 1)
  push(lines, 'kedge_drift_null_chi2', byProfile, String(quantile))
  push(lines, 'kedge_drift_rows_min', byProfile, String(terms.rowsMin))
  for (const level of ['warning', 'critical'] as const)
    push(lines, 'kedge_drift_threshold', { ...byProfile, level }, String(terms.thresholds[level]))
  for (const state of monitorStates)
    push(lines, 'kedge_drift_state', { ...byFeature, state }, () => Number(monitor.state === state))
  for (const [method, score] of [
    ['psi', 'psi'],
    ['js_base2', 'jsBase2'],
    ['ks', 'ks'],
    ['wasserstein', 'wasserstein']
  ] as const) {
    const isNever = place.kind === 'categorical' && (method === 'ks' || method === 'wasserstein')
    if (!isNever)
      push(lines, 'kedge_drift_score', { ...byFeature, method }, () => monitor.decided?.[score] ?? 0)
  }
  push(lines, 'kedge_drift_design_effect', byFeature, () => monitor.decided?.designEffect ?? 1)
  push(lines, 'kedge_drift_window_rows', byFeature, () => monitor.decided?.rows ?? 0)
}

function addReference(lines: Lines, byProfile: Labels, { place, reference }: WatchedMonitor): void {
  const counts = referenceCounts(reference)
  const groups = exportGroups(place)
  const rows = sumOf(counts)
  for (const [index, group] of groups.entries()) {
    const share = (sumOf(group.map(bin => counts[bin]!)) + 0.5) / (rows + 0.5 * groups.length)
    push(lines, 'kedge_reference_bin_ratio', { ...byProfile, bin: binLabel(index) }, String(share))
  }
  push(lines, 'kedge_reference_rows', byProfile, String(rows))
  for (const kind of rateKinds)
    push(
      lines,
      'kedge_reference_observation_ratio',
      { ...byProfile, kind },
      String(referenceCount(kind, reference) / Math.max(1, reference.rows))
    )
}

function addObservations(lines: Lines, byFeature: Labels, watched: Watched, { place }: WatchedMonitor): void {
  const { bins, offset } = place
  const kind = (name: (typeof cellKinds)[number]): number =>
    watched.total(offset + bins.count + cellKinds.indexOf(name))
  const unseen = (): number => (place.kind === 'categorical' ? watched.total(offset + bins.count - 1) : 0)
  const inBins = (): number =>
    sumOf(Array.from({ length: bins.count }, (_, bin) => watched.total(offset + bin)))
  push(
    lines,
    'kedge_feature_observations_total',
    { ...byFeature, kind: 'ok' },
    () => inBins() - unseen() - kind('below') - kind('above')
  )
  for (const name of cellKinds)
    push(lines, 'kedge_feature_observations_total', { ...byFeature, kind: name }, () => kind(name))
  push(lines, 'kedge_feature_observations_total', { ...byFeature, kind: 'unseen' }, unseen)
}

/** What exists with and without a baseline. */
function changing({ phase, version, violations, changes }: Subject): Lines {
  const lines = noLines()
  const own = { model: version.model, version: String(version.version) }
  for (const kind of violationKinds)
    push(lines, 'kedge_input_violations_total', { ...own, kind }, String(violations[kind]))
  for (const to of monitorStates)
    push(lines, 'kedge_drift_state_changes_total', { ...own, to }, String(changes.get(to) ?? 0))
  if (phase.type === 'watched') return lines
  const state = phase.type === 'learning' ? 'learning' : 'no_baseline'
  for (const each of monitorStates)
    push(lines, 'kedge_drift_state', { ...own, feature: '', state: each }, String(Number(each === state)))
  return lines
}

const binLabel = (index: number): string => String(index).padStart(2, '0')

const sumOf = (numbers: readonly number[]): number => numbers.reduce((sum, number) => sum + number, 0)

function noLines(): Lines {
  return Object.fromEntries(names.map(name => [name, [] as Line[]])) as unknown as Lines
}

function push(lines: Lines, name: DriftMetricName, labels: Labels, value: Line[1]): void {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`)
  lines[name].push([`${name}{${pairs.join()}} `, value])
}

/** As the exposition format has it. */
function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}
