// HTML and SVG as templates in which everything is escaped, unless it is markup that such a template made.
import { invariant } from '../../../base/invariant.ts'

/** Text that needs no escaping any more. */
export class Markup {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

/** What a template takes: nothing is left out, texts and numbers are escaped, markup stands as it is. */
export type Content = string | number | Markup | readonly Markup[] | undefined

/** Markup from a template. Values in attributes have to stand in double quotes. */
export function html(parts: TemplateStringsArray, ...contents: readonly Content[]): Markup {
  let text = parts[0]!
  for (const [index, content] of contents.entries()) text += textOf(content) + parts[index + 1]!
  return new Markup(text)
}

/** A name that somebody chose, even an empty one: whatever direction it is written in, the text around it keeps its own. */
export const nameMarkup = (name: string): Markup =>
  name.trim() === '' ? html`<i>(empty)</i>` : html`<bdi>${name}</bdi>`

function textOf(content: Content): string {
  if (content === undefined) return ''
  if (content instanceof Markup) return content.text
  if (typeof content === 'string') return escaped(content)
  if (typeof content !== 'number') return content.map(textOf).join('')
  invariant(Number.isFinite(content), `a page shows ${content} only through numbers.ts`)
  return String(content)
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;'
}

/** Text for HTML, with U+FFFD for what it cannot hold: control characters and lone surrogates. */
function escaped(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what has to go
  const legal = text.toWellFormed().replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '\ufffd')
  return legal.replace(/[&<>"']/g, character => entities[character]!)
}
