// How the report writes numbers and times: the same digits everywhere, a dash for what is not there, never NaN or Infinity.

/** Stands for a number that there is none of. */
export const nothing = '–'

type Maybe = number | null | undefined

const isNumber = (value: Maybe): value is number => typeof value === 'number' && Number.isFinite(value)

const minus = (text: string): string => text.replace('-', '−')

/** `1,234`: a whole number. */
export function countText(count: Maybe): string {
  return isNumber(count) ? minus(Math.round(count).toLocaleString('en-US')) : nothing
}

/** `1 row`, `2,000 rows`: a count of what is named in the singular. */
export const countOf = (count: number, noun: string): string =>
  `${countText(count)} ${count === 1 ? noun : `${noun}s`}`

/** `0.034`, `3.21`, `1,234`: a score, with three decimals below 1 and fewer above. */
export function scoreText(score: Maybe): string {
  if (!isNumber(score)) return nothing
  const size = Math.abs(score)
  if (size >= 100) return countText(score)
  return minus(score.toFixed(size >= 10 ? 1 : size >= 1 ? 2 : 3))
}

/** `0.1`: a bound that somebody set, without zeros at its end. */
export function boundText(bound: Maybe): string {
  return isNumber(bound) ? minus(String(Number(bound.toPrecision(3)))) : nothing
}

const chanceMin = 1e-12

/** `0.021`, `3·10⁻⁷`, `< 10⁻¹²`: a probability of chance; what counts as significant is small, so small ones keep a digit. */
export function chanceText(p: Maybe): string {
  if (!isNumber(p)) return nothing
  if (p < chanceMin) return `< 10${superscript(-12)}`
  if (p >= 0.001) return p.toFixed(3)
  const [digit = '', exponent = ''] = p.toExponential(0).split('e')
  return `${digit}·10${superscript(Number(exponent))}`
}

/** `4.2%`, `0.03%`: a share of 0 to 1. Neither something nor everything is rounded away. */
export function percentText(share: Maybe): string {
  if (!isNumber(share)) return nothing
  const percent = share * 100
  if (percent === 0 || percent === 100) return `${percent}%`
  if (percent < 0.01) return '< 0.01%'
  if (percent < 0.1) return `${percent.toFixed(2)}%`
  return percent > 99.9 && percent < 100 ? '> 99.9%' : `${percent.toFixed(1)}%`
}

const suffixes = [
  [1e12, 'T'],
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k']
] as const

/** `12.3k`, `0.0451`, `1.5·10⁻⁷`: any value, in few characters. */
export function compactText(value: Maybe, digits = 3): string {
  if (!isNumber(value)) return nothing
  const rounded = Number(value.toPrecision(digits))
  const size = Math.abs(rounded)
  if (size !== 0 && (size < 1e-4 || size >= 1e15)) {
    const [mantissa = '', exponent = ''] = rounded.toExponential().split('e')
    return `${minus(mantissa)}·10${superscript(Number(exponent))}`
  }
  const [unit, suffix] = (size >= 1e4 && suffixes.find(([from]) => size >= from)) || [1, '']
  return minus(`${Number((rounded / unit).toPrecision(digits))}${suffix}`)
}

const raised: Readonly<Record<string, string>> = Object.fromEntries(
  [...'⁰¹²³⁴⁵⁶⁷⁸⁹'].map((digit, value) => [String(value), digit])
)

function superscript(value: number): string {
  return [...String(value)].map(character => raised[character] ?? '⁻').join('')
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

const twoDigits = (value: number): string => String(value).padStart(2, '0')

/** `07:30`, in UTC. */
export function clockText(atMs: number): string {
  const time = new Date(atMs)
  return `${twoDigits(time.getUTCHours())}:${twoDigits(time.getUTCMinutes())}`
}

/** `26 Nov`, in UTC. */
export function dayText(atMs: number): string {
  const time = new Date(atMs)
  return `${time.getUTCDate()} ${months[time.getUTCMonth()]}`
}

/** `26 Nov 2025, 07:30 UTC` of an ISO 8601 time; what is none stays as it is. */
export function timeText(time: string): string {
  const atMs = Date.parse(time)
  if (Number.isNaN(atMs)) return time
  return `${dayText(atMs)} ${new Date(atMs).getUTCFullYear()}, ${clockText(atMs)} UTC`
}
