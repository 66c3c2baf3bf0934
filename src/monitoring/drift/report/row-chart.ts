// Categories as rows: a name, two bars in one place (wide and pale the reference, narrow and dark the window), and both shares as numbers.
import { shorten } from '../../../base/describe.ts'
import type { DrawnBin } from './bins.ts'
import { sharesText } from './column-chart.ts'
import { html, type Markup, nameMarkup } from './html.ts'
import { percentText } from './numbers.ts'
import { coordinate } from './scale.ts'

/** In pixels. */
const rowHeight = 28
const referenceHeight = 16
const currentHeight = 8

/** Percentages of the chart's width: names end and bars begin, and the longest bar has this length. */
const barsFrom = 33
const barLengthMax = 36

/** A longer name is cut. Where the chart is too narrow for what is left, so does the browser: only HTML in the drawing can do that. */
export const nameCharactersMax = 40

export function rowChart(bins: readonly DrawnBin[], about: string): Markup {
  const longest = Math.max(...bins.map(({ reference, current = 0 }) => Math.max(reference, current))) || 1
  const height = bins.length * rowHeight
  const rows = bins.map((bin, index) => row(bin, index * rowHeight, longest))
  return html`<svg class="plot rows" role="img" aria-label="${about}" width="100%" height="${height}"><title>${about}</title>
${rows}<line class="axis" x1="${barsFrom}%" x2="${barsFrom}%" y1="0" y2="${height}"/></svg>`
}

function row(bin: DrawnBin, y: number, longest: number): Markup {
  const bar = (name: string, share: number, height: number): Markup =>
    html`<rect class="${name}" x="${barsFrom}%" width="${coordinate((barLengthMax * share) / longest)}%" y="${y + (rowHeight - height) / 2}" height="${height}"/>`
  const baseline = y + rowHeight / 2
  const { reference, current } = bin
  return html`<g class="bin"><title>${bin.name}: ${sharesText(bin)}</title>
<foreignObject x="0" y="${y}" width="${barsFrom - 2}%" height="${rowHeight}"><div class="name">${nameMarkup(shorten(bin.name, nameCharactersMax))}</div></foreignObject>
${bar('reference', reference, referenceHeight)}${current === undefined ? undefined : bar('current', current, currentHeight)}
<text class="share" x="100%" y="${baseline}">${percentText(reference)}${current === undefined ? '' : ` → ${percentText(current)}`}</text></g>`
}
