// What a gate found wrong, line by line, for people and for JUnit. Pure.
import { shorten } from '../../base/describe.ts'
import { jsonSafe } from '../../base/json-safe.ts'
import type { CheckedVersion } from '../../offline.ts'

const valueCharactersMax = 120

type Verdict = NonNullable<CheckedVersion['verdict']>
type Failure = Verdict['files'][number]['failures'][number]

/**
 * The first `max` failures with their file, output, row, expected and got, and how many more there are. None where there is only one:
 * the reason of the version has that.
 */
export function gateLines(verdict: Verdict | undefined, max: number): string[] {
  if (verdict === undefined || verdict.passed) return []
  const lines = verdict.files.flatMap(({ file, failures }) =>
    failures.map(failure => `${file}: ${failureText(failure)}`)
  )
  const unlisted = verdict.files.reduce((sum, { failuresLeftOut }) => sum + failuresLeftOut, 0)
  if (lines.length + unlisted < 2) return []
  const shown = lines.slice(0, max)
  const rest = lines.length - shown.length + unlisted
  return rest > 0 ? [...shown, `and ${rest} more`] : shown
}

function failureText({ row, output, problem, expected, got }: Failure): string {
  const places = [output === undefined ? [] : [output], row === undefined ? [] : [`row ${row}`]].flat()
  const where = places.length === 0 ? '' : `${places.join(', ')}: `
  if (expected === undefined && got === undefined) return `${where}${problem}`
  return `${where}${problem}: expected ${shown(expected)}, got ${shown(got)}`
}

/** Texts in a verdict are shown as they are: the gate has quoted what it found. */
function shown(value: unknown): string {
  if (value === undefined) return 'nothing'
  const safe = jsonSafe(value)
  return shorten(typeof safe === 'string' ? safe : JSON.stringify(safe), valueCharactersMax)
}
