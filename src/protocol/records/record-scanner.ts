// Reads records of numbers out of JSON's bytes. It takes less than JSON allows, and never more: where it stops, nothing is said to be wrong.

export const byte = {
  quote: 34,
  plus: 43,
  comma: 44,
  minus: 45,
  point: 46,
  zero: 48,
  nine: 57,
  colon: 58,
  upperE: 69,
  openList: 91,
  backslash: 92,
  closeList: 93,
  lowerE: 101,
  openObject: 123,
  closeObject: 125
} as const

/** Powers of ten that a number holds exactly: with a whole number below 2^53 one multiplication rounds once, as it should (Clinger's fast path). */
const exactPowers = Array.from({ length: 23 }, (_, exponent) => 10 ** exponent)
const exactDigits = 15

export class RecordScanner {
  at = 0
  rows = 0
  /** Record after record. */
  values = new Float64Array(0)
  readonly #bytes: Uint8Array
  /** The names of a record with their quotes and colons, in its order. */
  #keys: readonly Uint8Array[] = []
  #number = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  /** Passes `{"instances":[`. */
  open(): boolean {
    return (
      this.#takes(byte.openObject) &&
      this.#takesText(instances) &&
      this.#takes(byte.colon) &&
      this.#takes(byte.openList)
    )
  }

  /** The first record tells the order: the place of each of its names among `names`. Undefined unless it has all of them, once each. */
  first(names: ReadonlyMap<string, number>): readonly number[] | undefined {
    const order: number[] = []
    const keys: Uint8Array[] = []
    const values: number[] = []
    const from = this.at
    if (!this.#takes(byte.openObject)) return undefined
    do {
      const key = this.#key()
      const place = key === undefined ? undefined : names.get(key.toString().slice(1, -1))
      if (place === undefined || !this.#takes(byte.colon) || !this.#readNumber()) return undefined
      order.push(place)
      keys.push(Buffer.concat([key!, colon]))
      values.push(this.#number)
    } while (this.#takes(byte.comma))
    if (!this.#takes(byte.closeObject)) return undefined
    if (order.length !== names.size || new Set(order).size !== names.size) return undefined
    this.#keys = keys
    this.rows = 1
    const most = Math.ceil((this.#bytes.length - from) / Math.max(1, this.at - from)) + 1
    this.values = new Float64Array(Math.max(1, most) * keys.length)
    this.values.set(values)
    return order
  }

  /** All further records, and the end of their list. */
  others(): boolean {
    const width = this.#keys.length
    while (this.#takes(byte.comma)) {
      if (!this.#takes(byte.openObject)) return false
      if ((this.rows + 1) * width > this.values.length) this.#grow()
      const start = this.rows * width
      for (let place = 0; place < width; place++) {
        if (place > 0 && !this.#takes(byte.comma)) return false
        if (!this.#takesKey(place) || !this.#readNumber()) return false
        this.values[start + place] = this.#number
      }
      if (!this.#takes(byte.closeObject)) return false
      this.rows++
    }
    return this.#takes(byte.closeList)
  }

  #grow(): void {
    const larger = new Float64Array(this.values.length * 2)
    larger.set(this.values)
    this.values = larger
  }

  #skipSpace(): void {
    const bytes = this.#bytes
    let { at } = this
    for (let code = bytes[at]; code === 32 || code === 10 || code === 13 || code === 9; code = bytes[at]) at++
    this.at = at
  }

  #takes(code: number): boolean {
    if (this.#bytes[this.at] !== code) {
      this.#skipSpace()
      if (this.#bytes[this.at] !== code) return false
    }
    this.at++
    return true
  }

  #takesText(text: Uint8Array): boolean {
    if (this.#bytes[this.at] !== byte.quote) this.#skipSpace()
    const bytes = this.#bytes
    const { at } = this
    for (let index = 0; index < text.length; index++) if (bytes[at + index] !== text[index]) return false
    this.at = at + text.length
    return true
  }

  /** A name and its colon, mostly written without space. */
  #takesKey(place: number): boolean {
    const key = this.#keys[place]!
    if (this.#takesText(key)) return true
    return this.#takesText(key.subarray(0, -1)) && this.#takes(byte.colon)
  }

  /** A name without escapes, with its quotes. */
  #key(): Buffer | undefined {
    this.#skipSpace()
    const start = this.at
    if (this.#bytes[start] !== byte.quote) return undefined
    const end = this.#bytes.indexOf(byte.quote, start + 1)
    const key = Buffer.from(this.#bytes.subarray(start, end + 1))
    if (end < 0 || key.includes(byte.backslash)) return undefined
    this.at = end + 1
    return key
  }

  /** A number as JSON writes them. */
  #readNumber(): boolean {
    this.#skipSpace()
    const bytes = this.#bytes
    const start = this.at
    let at = start
    const isNegative = bytes[at] === byte.minus
    if (isNegative) at++
    const first = at
    let [whole, digits, exponent] = [0, 0, 0]
    let code = bytes[at]!
    for (; code >= byte.zero && code <= byte.nine; code = bytes[++at]!) {
      whole = whole * 10 + (code - byte.zero)
      digits++
    }
    if (digits === 0 || (digits > 1 && bytes[first] === byte.zero)) return false
    if (code === byte.point) {
      const point = at
      code = bytes[++at]!
      for (; code >= byte.zero && code <= byte.nine; code = bytes[++at]!) {
        whole = whole * 10 + (code - byte.zero)
        digits++
      }
      exponent = point + 1 - at
      if (exponent === 0) return false
    }
    if (code === byte.lowerE || code === byte.upperE || digits > exactDigits || exponent < -22)
      return this.#readSlowly(start)
    this.at = at
    const value = exponent === 0 ? whole : whole / exactPowers[-exponent]!
    this.#number = isNegative ? -value : value
    return true
  }

  /** What is written at length, or with an exponent. */
  #readSlowly(start: number): boolean {
    const bytes = this.#bytes
    let at = start
    while (isOfNumber(bytes[at]!)) at++
    const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, at - start).toString('latin1')
    if (!jsonNumber.test(text)) return false
    this.at = at
    this.#number = Number(text)
    return Number.isFinite(this.#number)
  }
}

const colon = Buffer.from(':')
const instances = Buffer.from('"instances"')
const jsonNumber = /^-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?$/

function isOfNumber(code: number): boolean {
  return (
    (code >= byte.zero && code <= byte.nine) ||
    code === byte.point ||
    code === byte.minus ||
    code === byte.plus ||
    code === byte.lowerE ||
    code === byte.upperE
  )
}
