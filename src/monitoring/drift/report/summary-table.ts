// All monitors in one list, the worst first: state, deciding window, PSI against its threshold, effective rows, and what it means.
import type { MonitorView } from '../view.ts'
import { shownWindow } from './bins.ts'
import { html, type Markup, nameMarkup } from './html.ts'
import { boundText, countText, nothing, scoreText } from './numbers.ts'
import { coordinate } from './scale.ts'
import { stateMarkup } from './states.ts'

/** A monitor with the place on the page that its name leads to. */
export interface Placed {
  readonly monitor: MonitorView
  readonly id: string
}

export function summaryTable(monitors: readonly Placed[]): Markup {
  return html`<table class="summary"><thead><tr><th scope="col">Monitor</th><th scope="col">State</th><th scope="col">Window</th><th scope="col">PSI</th><th scope="col">Effective rows</th><th scope="col">What it says</th></tr></thead>
<tbody>${monitors.map(summaryRow)}</tbody></table>`
}

function summaryRow({ monitor, id }: Placed): Markup {
  const { name, role, state, explanation, window } = monitor
  return html`<tr><th scope="row"><a href="#${id}">${nameMarkup(name)}</a><small>${role}</small></th>
<td class="of-state">${stateMarkup(state)}</td>
<td class="of-window" data-label="Window">${window ?? nothing}</td>
<td class="of-psi" data-label="PSI">${psiMarkup(monitor)}</td>
<td class="of-rows" data-label="Effective rows">${rowsMarkup(monitor)}</td>
<td class="of-text">${explanation}</td></tr>
`
}

function psiMarkup(monitor: MonitorView): string | Markup {
  const { thresholds, state, windows, window } = monitor
  const psi = windows.find(each => each.window === window)?.psi
  if (psi === undefined || !Number.isFinite(psi)) return nothing
  const isCritical = state === 'critical'
  const threshold = `${isCritical ? 'critical' : 'warning'} from ${boundText(isCritical ? thresholds.critical : thresholds.warning)}`
  return html`<span class="figure">${scoreText(psi)}${meter(psi, thresholds)}</span><small>${threshold}</small>`
}

/** Where the meter ends, in units of the critical threshold. */
const meterTop = 1.5

/** PSI as a bar with marks at both thresholds; beyond its end, the bar is full. */
function meter(psi: number, { warning, critical }: MonitorView['thresholds']): Markup {
  const part = (value: number): number =>
    coordinate(100 * Math.min(1, Math.max(0, value / (critical * meterTop))))
  const mark = (value: number): Markup =>
    html`<line x1="${part(value)}%" x2="${part(value)}%" y1="0" y2="10"/>`
  return html`<svg class="meter" width="72" height="10" aria-hidden="true"><rect class="track" width="100%" y="3" height="4"/><rect class="value" width="${part(psi)}%" y="3" height="4"/>${mark(warning)}${mark(critical)}</svg>`
}

function rowsMarkup(monitor: MonitorView): string | Markup {
  const window = shownWindow(monitor)
  if (window === undefined) return nothing
  const { effectiveRows, rows, rowsMin, severity } = window
  const effective = countText(effectiveRows)
  if (severity === 'insufficient_data')
    return html`${effective}<small>needs ${countText(Math.ceil(rowsMin))}</small>`
  return effective === countText(rows) ? effective : html`${effective}<small>of ${countText(rows)}</small>`
}
