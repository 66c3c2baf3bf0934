// The drift of a version as one HTML page for people. It loads nothing and runs nothing: all style and drawings are inside, and it is
// readable under `default-src 'none'; style-src 'unsafe-inline'; img-src data:`.
import type { DriftView, MonitorState } from '../view.ts'
import { glossary } from './glossary.ts'
import { header, timeMarkup } from './header.ts'
import { html, Markup } from './html.ts'
import { monitorSection } from './monitor-section.ts'
import { countOf } from './numbers.ts'
import { byState, isNoteworthy, stateMarkup, stateWords } from './states.ts'
import { styles } from './styles.ts'
import { type Placed, summaryTable } from './summary-table.ts'

/** With more monitors than these, the ones that need no look are folded. */
export const unfoldedMonitorsMax = 12

/** Sections that are open when the page is; links and clicks open the others. */
export const openSectionsMax = 12

/** The whole page. `madeAt` is ISO 8601, and says when the view was taken. */
export function driftReport(view: DriftView, madeAt: string): string {
  const { model, version, monitors, state } = view
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${stateWords[state].name}: drift of ${model} ${version}</title>
<link rel="icon" href="data:,">
<style>${new Markup(styles)}</style>
</head>
<body>
<main>
${header(view)}
${monitors.length === 0 ? html`<p class="none">Nothing is monitored yet.</p>` : monitorLists(view)}
${glossary()}
</main>
<footer>Made by Kedge, ${timeMarkup(madeAt)}.</footer>
</body>
</html>
`
  return page.text
}

interface Group {
  readonly state: MonitorState
  readonly members: readonly Placed[]
}

function monitorLists({ monitors }: DriftView): Markup {
  let count = 0
  const groups = byState(monitors).map(([state, members]): Group => {
    return { state, members: members.map(monitor => ({ monitor, id: `m${++count}` })) }
  })
  const noteworthy = groups.filter(({ state }) => isNoteworthy(state)).flatMap(({ members }) => members)
  const quiet = groups.filter(({ state }) => !isNoteworthy(state))
  const isFolded = monitors.length > unfoldedMonitorsMax
  const sections = (members: readonly Placed[], openMax: number): Markup[] =>
    members.map(({ monitor, id }, index) => monitorSection(monitor, id, index < openMax))
  return html`<section><h2>Monitors</h2>
${noteworthy.length === 0 ? undefined : summaryTable(noteworthy)}
${quiet.map(group => folded(group, isFolded, summaryTable(group.members)))}</section>
<section><h2>Each monitor in detail</h2>
${sections(noteworthy, openSectionsMax)}
${quiet.map(group => folded(group, isFolded, sections(group.members, 0)))}</section>`
}

function folded({ state, members }: Group, isFolded: boolean, content: Markup | Markup[]): Markup {
  const count = countOf(members.length, 'monitor')
  return html`<details class="group"${isFolded ? undefined : html` open`}>
<summary>${stateMarkup(state)} <span class="count">${count}</span></summary>
${content}</details>
`
}
