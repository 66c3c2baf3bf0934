// The windows of a monitor side by side: one table of scores, one of the rates of what never enters a distance. A window is a column, so
// that all of them fit on a phone.
import { type MonitorView, type RateKind, type RateView, rateKinds, type WindowView } from '../view.ts'
import { changedMost } from './bins.ts'
import { html, type Markup, nameMarkup } from './html.ts'
import { chanceText, countText, nothing, percentText, scoreText } from './numbers.ts'
import { stateMarkup } from './states.ts'

interface ScoreRow {
  readonly name: string
  /** Stands beneath the row before it. */
  readonly isChance?: true
  cell(window: WindowView): string | Markup
}

/** Rows, scores and chances of each window. Undefined where there is no window. */
export function scoreTable(monitor: MonitorView): Markup | undefined {
  const { windows, alpha } = monitor
  if (windows.length === 0) return undefined
  const rows = scoreRows(monitor).map(({ name, isChance, cell }) => {
    const cells = windows.map(window => cellOf(cell(window), window.window === monitor.window))
    return html`<tr${isChance ? html` class="chance"` : undefined}><th scope="row">${name}</th>${cells}</tr>\n`
  })
  const decided = monitor.window === undefined ? 'No window has enough rows to decide.' : undefined
  return html`<div><div class="scroll"><table class="scores"><caption>Scores by window</caption>
<thead><tr><th scope="col">Window</th>${windows.map(({ window }) => heading(window, monitor.window))}</tr></thead>
<tbody>${rows}</tbody></table></div>
<p class="note">${decided} <i>p</i> is the probability that chance alone makes such a score; below ${chanceText(alpha)} it counts as significant and is set in <b>bold</b>.</p></div>`
}

const decides = html` class="decides"`

function cellOf(content: string | Markup, isDeciding: boolean): Markup {
  return html`<td${isDeciding ? decides : undefined}>${content}</td>`
}

function heading(window: string, deciding: string | undefined): Markup {
  const name = nameMarkup(window)
  if (window !== deciding) return html`<th scope="col">${name}</th>`
  return html`<th scope="col"${decides}>${name}<small>decides</small></th>`
}

function scoreRows(monitor: MonitorView): ScoreRow[] {
  const chance = (of: (window: WindowView) => number | undefined): ScoreRow => ({
    name: 'p',
    isChance: true,
    cell: window => chanceMarkup(of(window), monitor.alpha)
  })
  const numeric: ScoreRow[] = [
    { name: 'KS', cell: ({ ks }) => scoreText(ks) },
    chance(({ ksP }) => ksP),
    { name: 'W/σ', cell: ({ wasserstein }) => scoreText(wasserstein) }
  ]
  return [
    { name: 'State', cell: ({ severity }) => stateMarkup(severity) },
    { name: 'Rows', cell: ({ rows }) => countText(rows) },
    { name: 'Effective rows', cell: ({ effectiveRows }) => countText(effectiveRows) },
    { name: 'Rows needed', cell: ({ rowsMin }) => countText(Math.ceil(rowsMin)) },
    { name: 'PSI', cell: ({ psi }) => scoreText(psi) },
    chance(({ psiP }) => psiP),
    { name: 'χ²', cell: ({ chi2 }) => scoreText(chi2) },
    chance(({ chi2P }) => chi2P),
    ...(monitor.kind === 'numeric' ? numeric : []),
    { name: 'JS, base 2', cell: ({ jsBase2 }) => scoreText(jsBase2) },
    { name: 'L∞', cell: ({ linf }) => scoreText(linf) },
    { name: 'in bin', isChance: true, cell: window => binMarkup(changedMost(monitor, window)?.name) }
  ]
}

function chanceMarkup(p: number | undefined, alpha: number): string | Markup {
  return p !== undefined && p < alpha ? html`<b>${chanceText(p)}</b>` : chanceText(p)
}

const binMarkup = (name: string | undefined): string | Markup =>
  name === undefined ? nothing : html`<span class="bin-name" title="${name}">${nameMarkup(name)}</span>`

const rateNames: Readonly<Record<RateKind, string>> = {
  missing: 'missing',
  nan: 'not a number',
  inf: 'infinite',
  below: 'below range',
  above: 'above range',
  unseen: 'unseen value'
}

/** What share of each window's rows is missing, not a number and so on. Undefined where no window has a rate. */
export function rateTable({ windows, window: deciding }: MonitorView): Markup | undefined {
  const rateOf = (window: WindowView, kind: RateKind): RateView | undefined =>
    window.rates.find(rate => rate.kind === kind)
  const rows = rateKinds.flatMap(kind => {
    const rates = windows.map(window => rateOf(window, kind))
    const known = rates.find(rate => rate !== undefined)
    if (known === undefined) return []
    const cells = rates.map((rate, index) => cellOf(rateMarkup(rate), windows[index]!.window === deciding))
    return [
      html`<tr><th scope="row">${rateNames[kind]}</th><td>${percentText(known.referenceShare)}</td>${cells}</tr>\n`
    ]
  })
  if (rows.length === 0) return undefined
  return html`<div class="scroll"><table class="scores rates"><caption>Values that are in no bin</caption>
<thead><tr><th scope="col">Share of rows</th><th scope="col">refer&shy;ence</th>${windows.map(({ window }) => heading(window, deciding))}</tr></thead>
<tbody>${rows}</tbody></table></div>`
}

function rateMarkup(rate: RateView | undefined): string | Markup {
  if (rate === undefined) return nothing
  const { count, share, p, severity } = rate
  const shown = html`${percentText(share)}<small>${countText(count)}</small>`
  return severity === 'ok' ? shown : html`${shown}<small>p ${chanceText(p)}</small>${stateMarkup(severity)}`
}
