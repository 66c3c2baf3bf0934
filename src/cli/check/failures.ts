// What a gate found wrong, line by line, for people and for JUnit. Pure.
import { shorten } from '../../base/describe.ts'
import type { CheckedVersion } from '../../offline.ts'

const valueCharactersMax = 120

type Verdict = NonNullable<CheckedVersion['verdict']>
type Failure = Verdict['files'][number]['failures'][number]

/** The first `max` failures with their file, row, output, expected and got, and how many more there are. */
export function gateLines(verdict: Verdict | undefined, max: number): string[] {
  if (verdict === undefined || verdict.passed) return []
  const lines = verdict.files.flatMap(({ file, failures }) =>
    failures.map(failure => `${file}: ${failureText(failure)}`)
  )
  const unlisted = verdict.files.reduce((sum, { failuresLeftOut }) => sum + failuresLeftOut, 0)
  const shown = lines.slice(0, max)
  const rest = lines.length - shown.length + unlisted
  return rest > 0 ? [...shown, `and ${rest} more`] : shown
}

function failureText({ row, output, problem, expected, got }: Failure): string {
  const places = [row === undefined ? [] : [`row ${row}`], output === undefined ? [] : [output]].flat()
  const where = places.length === 0 ? '' : `${places.join(', ')}: `
  if (expected === undefined && got === undefined) return `${where}${problem}`
  return `${where}${problem}: expected ${shown(expected)}, got ${shown(got)}`
}

function shown(value: unknown): string {
  return value === undefined ? 'nothing' : shorten(JSON.stringify(value, plain), valueCharactersMax)
}

/** For JSON.stringify: what JSON has no form for as text, and typed arrays as arrays. */
export function plain(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value)
  return ArrayBuffer.isView(value) ? Array.from(value as unknown as Iterable<unknown>) : value
}
