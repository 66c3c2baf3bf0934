// A float32 → the fewest digits, from six to nine, that bring the same float32 back; nine always do. The engine would print the
// float64, which has up to 17. Characters are written straight into bytes: docs/decisions/0007 has the figures.

/** The longest text: -123456789000000000000. */
export const float32CharsMax = 22

const digitsMin = 6
const digitsMax = 9

/** Powers of ten that a float64 holds exactly: a product or quotient with one of them is rounded once. */
const tens = Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`))
const tenths = Array.from({ length: 15 }, (_, exponent) => Number(`1e-${exponent}`))

/** Below, a quotient with an exact power of ten has too few digits. */
const fastMin = 1e-14
/** Below, JavaScript writes an exponent, and so do we. */
const plainMin = 1e-6
/** From here on digits do not fit into 31 bits. */
const fastMax = 1e9

const zero = 48
const minus = 45
const point = 46
const exponentMark = 101

/** Writes `value` as JSON at `at`, where `float32CharsMax` bytes have to be free, and returns where it ends. */
export function writeFloat32(into: Uint8Array, at: number, value: number): number {
  const magnitude = Math.abs(value)
  if (value !== 0 && !(magnitude >= fastMin && magnitude < fastMax))
    return writeText(into, at, slowText(value))
  let next = at
  if (value < 0 || Object.is(value, -0)) into[next++] = minus
  if (Number.isInteger(magnitude)) return writeDigits(into, next, magnitude, digitsOf(magnitude))
  const places = digitsMin - 1 - exponentOf(magnitude)
  for (let more = 0; more <= digitsMax - digitsMin; more++) {
    const power = tens[places + more]
    // Numbers above a million have fewer than six places to leave.
    if (power === undefined) continue
    const digits = Math.round(magnitude * power)
    if (Math.fround(digits / power) === magnitude) return writeDecimal(into, next, digits, places + more)
  }
  return writeText(into, at, slowText(value))
}

/** The text of one value. */
export function float32Text(value: number): string {
  const end = writeFloat32(scratch, 0, value)
  return scratch.toString('latin1', 0, end)
}

const scratch = Buffer.alloc(float32CharsMax)

/** For what is too large or too small to be quick about, and for what JSON does not have. */
function slowText(value: number): string {
  if (!Number.isFinite(value)) return `"${value}"`
  for (let digits = digitsMin; digits < digitsMax; digits++) {
    const text = value.toPrecision(digits)
    if (Math.fround(Number(text)) === value) return String(Number(text))
  }
  return String(Number(value.toPrecision(digitsMax)))
}

/** The decimal exponent of a number from `fastMin` to `fastMax`. */
function exponentOf(magnitude: number): number {
  let exponent = 0
  if (magnitude >= 1) while (magnitude >= tens[exponent + 1]!) exponent++
  else while (magnitude < tenths[-exponent]!) exponent--
  return exponent
}

/** `digits` with a point before the last `places` of them. */
function writeDecimal(into: Uint8Array, at: number, allDigits: number, allPlaces: number): number {
  let digits = allDigits
  let places = allPlaces
  while (digits % 10 === 0) {
    digits /= 10
    places--
  }
  const power = tens[places]!
  let next = at
  if (digits / power >= plainMin) {
    const whole = Math.floor(digits / power)
    next = writeDigits(into, next, whole, digitsOf(whole))
    into[next++] = point
    return writeDigits(into, next, digits - whole * power, places)
  }
  const count = digitsOf(digits)
  const unit = tens[count - 1]!
  const first = Math.floor(digits / unit)
  into[next++] = zero + first
  if (count > 1) {
    into[next++] = point
    next = writeDigits(into, next, digits - first * unit, count - 1)
  }
  const exponent = places - count + 1
  into[next++] = exponentMark
  into[next++] = minus
  return writeDigits(into, next, exponent, digitsOf(exponent))
}

/** How many digits a whole number below `fastMax` has. */
function digitsOf(whole: number): number {
  let count = 1
  while (whole >= tens[count]!) count++
  return count
}

/** The last `count` digits of a whole number below `fastMax`, with zeros before it where it has fewer. */
function writeDigits(into: Uint8Array, at: number, whole: number, count: number): number {
  let rest = whole | 0
  for (let place = at + count - 1; place >= at; place--) {
    const tenth = (rest / 10) | 0
    into[place] = zero + rest - tenth * 10
    rest = tenth
  }
  return at + count
}

function writeText(into: Uint8Array, at: number, text: string): number {
  for (let index = 0; index < text.length; index++) into[at + index] = text.charCodeAt(index)
  return at + text.length
}
