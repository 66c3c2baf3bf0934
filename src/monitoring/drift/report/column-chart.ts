// Numeric bins as columns: wide and pale the reference, narrow and dark the window, in one place so that they compare at a glance.
// Horizontal positions are percentages, so that the chart has any width and its text one size.
import type { DrawnBin, DrawnBins } from './bins.ts'
import { html, type Markup } from './html.ts'
import { boundText, percentText } from './numbers.ts'
import { coordinate, type Scale, scaleUpTo } from './scale.ts'

/** In pixels, as everything vertical here. */
export const plotHeight = 168

/** Of the width that a bin has. */
const referenceWidth = 0.86
const currentWidth = 0.44

export function columnChart(drawn: DrawnBins, about: string): Markup {
  const { bins, edges = [] } = drawn
  const scale = scaleUpTo(Math.max(...bins.map(({ reference, current = 0 }) => Math.max(reference, current))))
  const columns = bins.map((bin, index) => column(bin, index / bins.length, 1 / bins.length, scale))
  return html`<svg class="plot columns" role="img" aria-label="${about}" width="100%" height="${plotHeight}"><title>${about}</title>
${gridLines(scale, share => `${boundText(share * 100)}%`)}${columns}${edgeMarks(edges)}
<line class="axis" x1="0" x2="100%" y1="${plotHeight}" y2="${plotHeight}"/></svg>`
}

/** `42.1% of the reference, 31.0% now`: the shares of a bin in words. */
export function sharesText({ reference, current }: DrawnBin): string {
  const before = `${percentText(reference)} of the reference`
  return current === undefined ? before : `${before}, ${percentText(current)} now`
}

/** Horizontal lines with their values at the left, outside of the plot. */
export function gridLines({ top, ticks }: Scale, textOf: (value: number) => string): readonly Markup[] {
  return ticks.map(value => {
    const y = coordinate(plotHeight * (1 - value / top))
    return html`<line class="grid" x1="0" x2="100%" y1="${y}" y2="${y}"/><text class="y" x="-8" y="${y}">${textOf(value)}</text>`
  })
}

function column(bin: DrawnBin, from: number, width: number, scale: Scale): Markup {
  const bar = (name: string, share: number, part: number): Markup => {
    const height = coordinate((plotHeight * share) / scale.top)
    const x = coordinate(100 * (from + (width * (1 - part)) / 2))
    return html`<rect class="${name}" x="${x}%" width="${coordinate(100 * width * part)}%" y="${coordinate(plotHeight - height)}" height="${height}"/>`
  }
  const current = bin.current === undefined ? undefined : bar('current', bin.current, currentWidth)
  return html`<g class="bin"><title>${bin.name}: ${sharesText(bin)}</title>${bar('reference', bin.reference, referenceWidth)}${current}</g>`
}

/** Room in pixels, and what texts take of it. */
const plotWidths = { narrow: 270, wide: 440 }
const characterWidth = 6.4
const gapBetweenTexts = 12

/** A text at every edge that there is room for; the class `fine` marks what only a wide plot has room for. */
function edgeMarks(edges: readonly string[]): Markup[] {
  const textWidth = Math.max(...edges.map(text => text.length), 1) * characterWidth + gapBetweenTexts
  const every = (width: number): number => Math.ceil((edges.length + 1) / Math.max(1, width / textWidth))
  const fine = every(plotWidths.wide)
  const coarse = fine * Math.ceil(every(plotWidths.narrow) / fine)
  const first = Math.floor(((edges.length - 1) % coarse) / 2)
  return edges.map((text, index) => {
    const x = coordinate((100 * (index + 1)) / (edges.length + 1))
    const tick = html`<line class="axis" x1="${x}%" x2="${x}%" y1="${plotHeight}" y2="${plotHeight + 4}"/>`
    const distance = index - first
    if (distance % fine !== 0) return tick
    const name = distance % coarse === 0 ? 'x' : 'x fine'
    return html`${tick}<text class="${name}" x="${x}%" y="${plotHeight + 18}">${text}</text>`
  })
}
