// The top of the page: which version, how it is and what that means, where its baseline comes from, what was seen and what was refused.
import type { DriftView, MonitorView } from '../view.ts'
import { html, type Markup, nameMarkup } from './html.ts'
import { boundText, countOf, countText, percentText, timeText } from './numbers.ts'
import { byState, meaningOf, stateMarkup, stateWords } from './states.ts'

export function header(view: DriftView): Markup {
  const { model, version, state, monitors, evaluatedAt } = view
  const evaluated =
    evaluatedAt === undefined ? 'Not evaluated yet.' : html`Evaluated ${timeMarkup(evaluatedAt)}.`
  return html`<header><p class="eyebrow">Drift report</p>
<h1>${nameMarkup(model)} <span class="version">version ${version}</span></h1>
<p class="verdict">${stateMarkup(state)} <span class="meaning">${meaningOf(state, monitors)}</span></p>
<p class="tally">${tally(monitors)} ${evaluated}</p></header>
<dl class="facts">${baseline(view)}${rows(view)}${rejected(view)}</dl>`
}

export const timeMarkup = (time: string): Markup => html`<time datetime="${time}">${timeText(time)}</time>`

function tally(monitors: readonly MonitorView[]): string {
  const counts = byState(monitors).map(
    ([state, { length }]) => `${countText(length)} ${stateWords[state].many}`
  )
  const all = countOf(monitors.length, 'monitor')
  return counts.length === 0 ? '' : `${all}: ${counts.join(', ')}.`
}

function baseline({ profile, reason }: DriftView): Markup {
  const said = reason === undefined ? undefined : html`<dd class="small">${reason}</dd>`
  if (profile === undefined) return html`<div><dt>Baseline</dt><dd>None</dd>${said}</div>`
  const { source, rows, createdAt, id } = profile
  return html`<div><dt>Baseline</dt><dd>${nameMarkup(source)}</dd>
<dd class="small">${countOf(rows, 'row')}, made ${timeMarkup(createdAt)}, profile <code>${id.slice(0, 8)}</code></dd>${said}</div>`
}

function rows({ rowsSeen, rowsCounted, falseAlarmsPerWeek, profile }: DriftView): Markup {
  const isSampled = rowsCounted < rowsSeen
  const counted = isSampled
    ? `${countText(rowsCounted)} of them counted (${percentText(rowsCounted / rowsSeen)}): to count all would have slowed requests down.`
    : rowsSeen === 0
      ? 'None has come yet.'
      : 'All of them were counted.'
  const falseAlarms =
    profile === undefined
      ? undefined
      : html`<dd class="small">False alarms to expect: ${boundText(falseAlarmsPerWeek)} a week.</dd>`
  return html`<div><dt>Rows seen</dt><dd>${countText(rowsSeen)}</dd><dd class="small">${counted}</dd>
${falseAlarms}</div>`
}

function rejected({ violations }: DriftView): Markup {
  const kinds = [
    ['wrong type', violations.type],
    ['wrong shape', violations.shape],
    ['wrong name', violations.name],
    ['out of range', violations.range]
  ] as const
  const all = kinds.reduce((sum, [, count]) => sum + count, 0)
  const list = kinds.map(([name, count]) => html`<span>${name} ${countText(count)}</span> `)
  return html`<div><dt>Requests rejected</dt><dd>${countText(all)}</dd><dd class="small kinds">${list}</dd></div>`
}
