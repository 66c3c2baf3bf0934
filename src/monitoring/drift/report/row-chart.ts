// Categories as rows: a name, two bars in one place (wide and pale the reference, narrow and dark the window), and both shares as numbers.
import { shorten } from '../../../base/describe.ts'
import type { DrawnBin } from './bins.ts'
import { sharesText } from './column-chart.ts'
import { html, type Markup } from './html.ts'
import { percentText } from './numbers.ts'
import { coordinate } from './scale.ts'

/** In pixels. */
const rowHeight = 28
const referenceHeight = 16
const currentHeight = 8

/** Percentages of the chart's width: names end and bars begin, and the longest bar has this length. */
const barsFrom = 34
const barLengthMax = 40

/** A longer name is cut; where the chart is too narrow for what is left, it is clipped. */
export const nameCharactersMax = 28

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
<svg x="0" y="${y}" width="${barsFrom - 2}%" height="${rowHeight}"><text class="name" x="0" y="${rowHeight / 2}">${shorten(bin.name, nameCharactersMax)}</text></svg>
${bar('reference', reference, referenceHeight)}${current === undefined ? undefined : bar('current', current, currentHeight)}
<text class="share" x="100%" y="${baseline}">${percentText(reference)}${current === undefined ? '' : ` → ${percentText(current)}`}</text></g>`
}
