// A JSON reader for what JSON.parse gets wrong for tensors: integers beyond 2^53 become bigint, and the bare words NaN,
// Infinity and -Infinity (which Python's json module and Triton write) become numbers. Everything else is read by RFC 8259.
// It is a few times slower than JSON.parse, so callers use it only for texts that need it.

/** Containers inside containers: more than any request has, far less than the stack bears. */
export const jsonDepthMax = 64

const number = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y
// Text of a string up to its quote, an escape or a control character. One pattern for the whole string, with its escapes as a
// repeated group, would run out of stack on a few million of them.
const plainText = /[ !#-[\]-\uffff]*/y
const escapeAndText = /\\(?:["\\/bfnrt]|u[\da-fA-F]{4})[ !#-[\]-\uffff]*/y
const space = /[ \t\n\r]*/y

/**
 * The value of `text`, by JSON.parse wherever that is exact. `wideIntegers` says that integers beyond 2^53 matter to the caller.
 * Throws SyntaxError.
 */
export function parseTensorJson(text: string, wideIntegers: boolean): unknown {
  if (wideIntegers && /\d{16}/.test(text)) return parseExactJson(text)
  try {
    return JSON.parse(text) as unknown
  } catch {
    // It may hold NaN or Infinity; where it is no JSON at all, our own reader says where, the engine's not always.
    return parseExactJson(text)
  }
}

/** Parses `text`. Objects are built without touching prototypes; the last of two equal keys wins, as in JSON.parse. Throws SyntaxError. */
export function parseExactJson(text: string): unknown {
  const reader = new Reader(text)
  const value = reader.value(0)
  reader.end()
  return value
}

class Reader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  value(depth: number): unknown {
    this.#skip(space)
    switch (this.#text[this.#at]) {
      case '{':
        return this.#object(depth + 1)
      case '[':
        return this.#array(depth + 1)
      case '"':
        return this.#string()
      case 't':
        return this.#word('true', true)
      case 'f':
        return this.#word('false', false)
      case 'n':
        return this.#word('null', null)
      case 'N':
        return this.#word('NaN', Number.NaN)
      case 'I':
        return this.#word('Infinity', Number.POSITIVE_INFINITY)
      default:
        return this.#number()
    }
  }

  end(): void {
    this.#skip(space)
    if (this.#at < this.#text.length) this.#fail()
  }

  #object(depth: number): Record<string, unknown> {
    this.#enter(depth)
    const object: Record<string, unknown> = {}
    if (this.#take('}')) return object
    do {
      this.#skip(space)
      if (this.#text[this.#at] !== '"') this.#fail()
      const key = this.#string()
      if (!this.#take(':')) this.#fail()
      const value = this.value(depth)
      // Plain assignment to this one key would set the prototype.
      if (key === '__proto__')
        Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true })
      else object[key] = value
    } while (this.#take(','))
    if (!this.#take('}')) this.#fail()
    return object
  }

  #array(depth: number): unknown[] {
    this.#enter(depth)
    const list: unknown[] = []
    if (this.#take(']')) return list
    do list.push(this.value(depth))
    while (this.#take(','))
    if (!this.#take(']')) this.#fail()
    return list
  }

  #enter(depth: number): void {
    if (depth > jsonDepthMax) throw new SyntaxError(`it is nested deeper than ${jsonDepthMax} levels`)
    this.#at++
  }

  #string(): string {
    const start = this.#at++
    let escaped = false
    this.#skip(plainText)
    while (this.#skip(escapeAndText)) escaped = true
    if (this.#text[this.#at] !== '"') this.#fail()
    this.#at++
    const literal = this.#text.slice(start, this.#at)
    return escaped ? (JSON.parse(literal) as string) : literal.slice(1, -1)
  }

  /** Integers beyond the range of a double become Infinity, as in JSON.parse: a bigint of millions of digits takes seconds. */
  #number(): number | bigint {
    if (this.#text.startsWith('-Infinity', this.#at)) return this.#word('-Infinity', Number.NEGATIVE_INFINITY)
    number.lastIndex = this.#at
    const match = number.exec(this.#text)
    if (match === null) this.#fail()
    this.#at = number.lastIndex
    const value = Number(match[0])
    const integer = match[1] === undefined && match[2] === undefined
    return integer && Number.isFinite(value) && !Number.isSafeInteger(value) ? BigInt(match[0]) : value
  }

  #word<T>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#at)) this.#fail()
    this.#at += word.length
    return value
  }

  #take(character: string): boolean {
    this.#skip(space)
    if (this.#text[this.#at] !== character) return false
    this.#at++
    return true
  }

  /** Moves past `pattern`, and says whether it matches here. */
  #skip(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at
    if (!pattern.test(this.#text)) return false
    this.#at = pattern.lastIndex
    return true
  }

  #fail(): never {
    const found =
      this.#at < this.#text.length ? `unexpected ${JSON.stringify(this.#text[this.#at])}` : 'unexpected end'
    throw new SyntaxError(`${found} at position ${this.#at}`)
  }
}
