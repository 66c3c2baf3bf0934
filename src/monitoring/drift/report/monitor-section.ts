// Everything about one monitor: its bins against the reference, PSI over time, the scores and rates of all windows.
import type { MonitorView, WindowView } from '../view.ts'
import { changedMost, type DrawnBins, drawnBins, shownWindow } from './bins.ts'
import { columnChart } from './column-chart.ts'
import { html, type Markup, nameMarkup } from './html.ts'
import { compactText, countOf, percentText, scoreText } from './numbers.ts'
import { rowChart } from './row-chart.ts'
import { rateTable, scoreTable } from './score-table.ts'
import { stateMarkup } from './states.ts'
import { spanText, timelineChart } from './timeline-chart.ts'

/** The section can be folded; `id` stands inside of it, so that a link to it unfolds it. */
export function monitorSection(monitor: MonitorView, id: string, isOpen: boolean): Markup {
  const { name, role, kind, state, explanation } = monitor
  return html`<details class="monitor"${isOpen ? html` open` : undefined}>
<summary><h3>${nameMarkup(name)}</h3><span class="about">${role}, ${kind}${scoreOf(monitor)}</span>${stateMarkup(state)}</summary>
<div class="body" id="${id}">
<p class="explanation">${explanation}</p>
<div class="pair"><div>${distribution(monitor)}${rateTable(monitor)}</div>
<div>${timeline(monitor)}${scoreTable(monitor)}</div></div>
</div></details>
`
}

function scoreOf(monitor: MonitorView): string {
  const psi = monitor.windows.find(({ window }) => window === monitor.window)?.psi
  return psi === undefined ? '' : `, PSI ${scoreText(psi)}`
}

function distribution(monitor: MonitorView): Markup {
  const title = 'Reference and now'
  const drawn = drawnBins(monitor)
  const { reference } = monitor
  if (drawn === undefined || reference === undefined)
    return html`<figure><h4>${title}</h4><p class="note">There is no reference to compare with yet.</p></figure>`
  const window = shownWindow(monitor)
  const about = `Share of rows in each of ${drawn.bins.length} bins: reference${window === undefined ? '' : ` against the last ${window.window}`}`
  const chart = drawn.edges === undefined ? rowChart(drawn.bins, about) : columnChart(drawn, about)
  return html`<figure class="${drawn.edges === undefined ? 'rows' : 'columns'}"><h4>${title}</h4>${legend(reference.rows, window)}
<div class="frame">${chart}</div>${captionOf(monitor, window)}${drawn.edges === undefined ? undefined : shareTable(drawn)}</figure>`
}

function legend(referenceRows: number, window: WindowView | undefined): Markup {
  const swatch = (name: string): Markup =>
    html`<svg class="swatch" width="14" height="12" aria-hidden="true"><rect class="${name}" x="${name === 'current' ? 4 : 1}" y="0" width="${name === 'current' ? 6 : 12}" height="12"/></svg>`
  const now =
    window === undefined
      ? html`no rows yet`
      : html`${swatch('current')} last ${window.window}: ${countOf(window.rows, 'row')}`
  return html`<p class="legend"><span>${swatch('reference')} reference: ${countOf(referenceRows, 'row')}</span> <span>${now}</span></p>`
}

function captionOf(monitor: MonitorView, window: WindowView | undefined): Markup | undefined {
  const { reference, kind } = monitor
  const most = window === undefined ? undefined : changedMost(monitor, window)
  const changed =
    most === undefined
      ? undefined
      : html`Changed most: ${nameMarkup(most.name)} (${percentText(most.reference)} → ${percentText(most.current)}). `
  const moments =
    kind === 'numeric' && reference?.mean !== undefined && reference.deviation !== undefined
      ? `Reference mean ${compactText(reference.mean)}, standard deviation ${compactText(reference.deviation)}.`
      : undefined
  return html`<figcaption>${changed}${moments}</figcaption>`
}

/** The columns' shares as numbers, for who cannot see them or wants them exactly. */
function shareTable({ bins }: DrawnBins): Markup {
  const rows = bins.map(
    ({ name, reference, current }) =>
      html`<tr><th scope="row">${name}</th><td>${percentText(reference)}</td><td>${percentText(current)}</td></tr>`
  )
  return html`<details class="data"><summary>Shares as numbers</summary><table class="scores"><thead><tr><th scope="col">Bin</th><th scope="col">reference</th><th scope="col">now</th></tr></thead>
<tbody>${rows}</tbody></table></details>`
}

function timeline({ timeline, thresholds }: MonitorView): Markup {
  const title = 'PSI over time'
  const chart = timelineChart(timeline, thresholds)
  if (chart === undefined)
    return html`<figure><h4>${title}</h4><p class="note">No evaluation could say anything yet.</p></figure>`
  const span = spanText(timeline[0]!.atMs, timeline.at(-1)!.atMs)
  return html`<figure><h4>${title}</h4><p class="legend">${span}</p><div class="frame">${chart}</div></figure>`
}
