// A regular expression for the decimal digits of the integers in a range, which JSON Schema cannot compare: it sees strings.

/** Matches what is written as digits, leading zeros included, with at most twenty of them. `low` ≤ 0 ≤ `high`. */
export function integerPattern([low, high]: readonly [bigint, bigint]): string {
  const positive = `0*(?:${upTo(high.toString())})`
  const negative = `-0*(?:${low === 0n ? '0' : upTo((-low).toString())})`
  return `^(?=-?\\d{1,20}$)(?:${positive}|${negative})$`
}

/** Numbers of at most as many digits whose value is at most that of `digits`. */
function upTo(digits: string): string {
  const parts = digits.length > 1 ? [`\\d{1,${digits.length - 1}}`] : []
  for (const [index, digit] of [...digits].entries()) {
    const least = index === 0 && digits.length > 1 ? 1 : 0
    const below = Number(digit) - 1
    if (below < least) continue
    const rest = digits.length - index - 1
    const choice = below === least ? String(least) : `[${least}-${below}]`
    parts.push(`${digits.slice(0, index)}${choice}${rest === 0 ? '' : `\\d{${rest}}`}`)
  }
  return [...parts, digits].join('|')
}
