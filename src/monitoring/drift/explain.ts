// A monitor's state in one sentence, for a person who knows no statistics. Pure.
import { numberText } from './number-text.ts'
import type { MonitorState, MonitorView, RateKind, WindowView } from './view.ts'

type Facts = Pick<MonitorView, 'name' | 'kind' | 'state' | 'window' | 'thresholds' | 'windows' | 'reference'>

export function explain(facts: Facts): string {
  const { state, windows, window: name } = facts
  const window = windows.find(({ window }) => window === name)
  const found = window === undefined ? 'insufficient_data' : window.severity
  const text = window === undefined ? insufficient(windows) : findingText(facts, window)
  // A state is what lasted; the numbers beside it are the latest.
  return found === state
    ? text
    : `${text} That is new: the state is ${stateWords[state] ?? state} until it lasts.`
}

const stateWords: Readonly<Partial<Record<MonitorState, string>>> = {
  insufficient_data: 'that of too few rows',
  significant_small: 'that of a small difference'
}

/** What the latest evaluation of the window that decides has found. */
function findingText(facts: Facts, window: WindowView): string {
  const { thresholds } = facts
  const [worst] = window.rates
    .filter(({ severity }) => severity !== 'ok')
    .sort((a, b) => b.share - b.referenceShare - (a.share - a.referenceShare))
  const isByRate = window.severity === 'warning' || window.severity === 'critical'
  if (worst !== undefined && isByRate && (window.psi ?? 0) < thresholds.warning)
    return `${rateWords[worst.kind]} in ${percent(worst.share)} of the rows of the last ${window.window}, where the reference has ${percent(worst.referenceShare)}.`
  const index = window.psi ?? 0
  switch (window.severity) {
    case 'critical':
    case 'warning': {
      const passed = index >= thresholds.critical ? 'critical' : 'warning'
      return `Looks different from the reference: ${changeText(facts, window)} (score ${score(window.psi)}, ${passed} from ${thresholds[passed]}).`
    }
    case 'significant_small':
      return `Differs a little from the reference, and not by chance: ${changeText(facts, window)} (score ${score(window.psi)}, below the warning at ${thresholds.warning}).`
    case 'ok':
      return index >= thresholds.warning
        ? `May be like the reference: that so few rows differ so much can be chance (score ${score(window.psi)}).`
        : `Looks like the reference over the last ${window.window} (score ${score(window.psi)}).`
    case 'insufficient_data':
      return insufficient([window])
  }
}

const rateWords: Readonly<Record<RateKind, string>> = {
  missing: 'Values are missing',
  nan: 'Values are not a number',
  inf: 'Values are infinite',
  below: 'Values lie below the expected range',
  above: 'Values lie above the expected range',
  unseen: 'Values are none that the reference knows'
}

function insufficient(windows: readonly WindowView[]): string {
  const longest = windows.at(-1)
  if (longest === undefined || longest.rows === 0) return 'No rows yet.'
  const rows = Math.floor(longest.effectiveRows)
  return rows < longest.rowsMin
    ? `Too few rows to tell: ${rows} of about ${longest.rowsMin} that it takes.`
    : `There were too few rows at the latest evaluation; there are ${rows} now, of about ${longest.rowsMin} that it takes.`
}

function changeText({ reference }: Facts, { linfBin, counts, rows }: WindowView): string {
  if (linfBin === undefined || reference === undefined || rows === 0) return 'its values have moved'
  const now = counts[linfBin]! / rows
  const before = (reference.counts[linfBin] ?? 0) / Math.max(1, reference.rows)
  return `${percent(now)} of the rows are ${reference.bins[linfBin]}, where the reference has ${percent(before)}`
}

const score = (psi: number | undefined): string => (psi === undefined ? 'unknown' : numberText(psi))

function percent(share: number): string {
  const value = share * 100
  if (value > 0 && value < 0.1) return 'less than 0.1 %'
  return `${value >= 10 || value === 0 ? Math.round(value) : Number(value.toFixed(1))} %`
}

/** What is wrong with the whole: its worst monitor's state. */
export function overall(states: readonly MonitorState[]): MonitorState {
  const order: readonly MonitorState[] = [
    'critical',
    'warning',
    'significant_small',
    'ok',
    'insufficient_data'
  ]
  return order.find(state => states.includes(state)) ?? 'insufficient_data'
}
