// Pieces of TypeScript from texts that somebody else wrote. Whatever the text, a literal stays one literal, a comment one comment and a
// name one name, on one line each and in characters that show what they are.

/** Controls, line separators, and what turns the direction of text around: nothing of them belongs into source. */
const unseen = /[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`

/** A string literal in single quotes. */
export function stringLiteral(text: string): string {
  // JSON escapes quotes, backslashes, line ends and lone surrogates.
  const body = JSON.stringify(text)
    .slice(1, -1)
    .replaceAll(/\\.|'/gs, found => (found === '\\"' ? '"' : found === "'" ? "\\'" : found))
  return `'${body.replaceAll(unseen, escaped)}'`
}

export function scalarLiteral(value: string | number | boolean): string {
  return typeof value === 'string' ? stringLiteral(value) : String(value)
}

/** The key of a property: as it is where it is plain, in quotes otherwise. */
export function propertyName(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) && name !== '__proto__' ? name : stringLiteral(name)
}

/** What may stand in a comment, on one line. Tools would take words with @ for orders. */
export function commentText(text: string): string {
  const line = text.replaceAll(unseen, ' ').replaceAll(/\s+/g, ' ').toWellFormed().trim()
  return line.replaceAll('*/', '* /').replaceAll(/(^|[^\w.])@(?=\w)/g, '$1@ ')
}

/** With a full stop, unless it ends in a mark already or says nothing. */
export function sentence(text: string): string {
  const trimmed = text.trim()
  return /^$|[.!?]$/.test(trimmed) ? trimmed : `${trimmed}.`
}

const lineMax = 100

/** A doc comment of sentences: one line where they fit, else a line each. Nothing where there are none. */
export function docComment(sentences: readonly string[], indent = ''): string {
  const lines = sentences.map(commentText).filter(line => line !== '')
  const whole = lines.join(' ')
  if (lines.length === 0) return ''
  if (lines.length === 1 || whole.length <= lineMax) return `${indent}/** ${whole} */\n`
  return `${indent}/**\n${lines.map(line => `${indent} * ${line}\n`).join('')}${indent} */\n`
}
