// A monitor's state in one sentence, for a person who knows no statistics. Pure.
import { numberText } from './number-text.ts'
import type { MonitorState, MonitorView, RateKind, WindowView } from './view.ts'

type Facts = Pick<MonitorView, 'name' | 'kind' | 'state' | 'window' | 'thresholds' | 'windows' | 'reference'>

export function explain(facts: Facts): string {
  const { state, windows, window: name } = facts
  const window = windows.find(({ window }) => window === name)
  if (window === undefined) return insufficient(windows)
  const rates = window.rates.filter(({ severity }) => severity !== 'ok')
  const [worst] = [...rates].sort((a, b) => b.share - b.referenceShare - (a.share - a.referenceShare))
  if (worst !== undefined && !isDistance(window, facts))
    return `${rateWords[worst.kind]} in ${percent(worst.share)} of the rows of the last ${name}, where the reference has ${percent(worst.referenceShare)}.`
  const change = changeText(facts, window)
  switch (state) {
    case 'critical':
    case 'warning':
      return `Looks different from the reference: ${change} (score ${score(window.psi)}, ${state} from ${facts.thresholds[state]}).`
    case 'significant_small':
      return `Differs a little from the reference, and not by chance: ${change} (score ${score(window.psi)}, below the warning at ${facts.thresholds.warning}).`
    case 'ok':
      if (window.severity === 'ok' && (window.psi ?? 0) >= facts.thresholds.warning)
        return `May be like the reference: that so few rows differ so much can be chance (score ${score(window.psi)}).`
      return window.severity === 'ok'
        ? `Looks like the reference over the last ${name} (score ${score(window.psi)}).`
        : `Looked different in the latest evaluation only; it counts once it lasts (score ${score(window.psi)}).`
    default:
      return insufficient(windows)
  }
}

/** Whether it is the distribution that speaks, rather than a rate. */
function isDistance({ psi }: WindowView, { thresholds, state }: Facts): boolean {
  return state === 'significant_small' || (psi ?? 0) >= thresholds.warning
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
  const rows = Math.floor(longest?.effectiveRows ?? 0)
  return longest === undefined || longest.rows === 0
    ? 'No rows yet.'
    : `Too few rows to tell: ${rows} of about ${longest.rowsMin} that it takes.`
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
