// The result of `kedge check` for people and as JSON. Pure.
import { jsonSafe } from '../../base/json-safe.ts'
import type { CheckedModel, CheckedVersion, CheckReport } from '../../offline.ts'
import { gateLines } from './failures.ts'

const gateLinesMax = 8
/** Reasons stand below the names, not below the verdicts. */
const indent = ' '.repeat(9)
/** On a terminal narrower than this, lines are left to it. */
const columnsMin = 40

/** One line a version, what is wrong with it below, and a closing line; folded to `columns` where there is a terminal. */
export function checkText(report: CheckReport, columns?: number): string {
  const lines = [
    ...report.problems.map(problem => `FAILED   ${problem}`),
    ...report.models.flatMap(modelLines),
    ...report.warnings.map(warning => `warning  ${warning}`),
    closingLine(report)
  ]
  const width = columns !== undefined && columns >= columnsMin ? columns : Number.POSITIVE_INFINITY
  return lines.map(line => `${folded(line, width)}\n`).join('')
}

function closingLine({ models, warnings }: CheckReport): string {
  const versions = models.flatMap(model => model.versions)
  const failed = versions.filter(({ passed }) => !passed).length
  const broken = models.filter(({ problems }) => problems.length > 0).length
  const leftOut = models.reduce((sum, model) => sum + model.leftOut.length, 0)
  const counts = [`${counted(versions.length - failed, 'version')} passed`, `${failed} failed`]
  if (broken > 0) counts.push(`${counted(broken, 'model')} with problems`)
  if (warnings.length > 0) counts.push(counted(warnings.length, 'warning'))
  if (leftOut > 0) counts.push(`${leftOut} not checked (nothing asks for them; --every-version does)`)
  return counts.join(', ')
}

const counted = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`

function modelLines({ name, problems, versions }: CheckedModel): string[] {
  const whole =
    problems.length === 0 ? [] : [`FAILED   ${name}`, ...problems.map(problem => `${indent}${problem}`)]
  return [...whole, ...versions.flatMap(version => versionLines(name, version))]
}

function versionLines(model: string, version: CheckedVersion): string[] {
  const { passed, failedAt, reason, warning, unbatched, verdict, durationMs } = version
  const gate = verdict === undefined ? 'no gate' : `gate: ${verdict.summary}`
  // A failed gate is the reason below.
  const facts = [...(passed ? [gate] : []), `${Math.round(durationMs)} ms`].join(', ')
  const details = passed
    ? [
        ...(warning === undefined ? [] : [`warning: ${warning}`]),
        ...(unbatched === undefined ? [] : [`requests do not share runs: ${unbatched}`])
      ]
    : [`${failedAt ?? 'failed'}: ${reason ?? 'no reason'}`, ...gateLines(verdict, gateLinesMax)]
  for (const line of verdict?.warnings ?? []) details.push(`warning: ${line}`)
  const title = `${passed ? 'passed ' : 'FAILED '}  ${model} ${version.version}  ${facts}`
  return [title, ...details.map(line => `${indent}${line}`)]
}

/** Breaks a line between words, and where it has breaks of its own; what follows stands below the text. */
function folded(line: string, width: number): string {
  const rows: string[] = []
  for (const part of line.trimEnd().split(/[\r\n]+/)) {
    let row = printable(rows.length === 0 ? part : `${indent}${part.trimStart()}`)
    while (row.length > width) {
      const before = row.lastIndexOf(' ', width)
      // A word that is longer than the line stays whole.
      const at = before > indent.length ? before : row.indexOf(' ', width)
      if (at < 0) break
      rows.push(row.slice(0, at).trimEnd())
      row = `${indent}${row.slice(at + 1).trimStart()}`
    }
    rows.push(row)
  }
  return rows.join('\n')
}

/** Names and messages come out of files: what would steer a terminal is spelt out. */
function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what has to go
  const hidden = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g
  return text.replace(hidden, character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** Every key is always there, null where there is nothing to say; a verdict is as the gate route has it. */
export function checkJson({ passed, problems, warnings, models }: CheckReport): string {
  const document = { schema: 1, passed, problems, warnings, models: models.map(modelJson) }
  return `${JSON.stringify(jsonSafe(document), null, 2)}\n`
}

function modelJson({ name, problems, versions, leftOut }: CheckedModel): object {
  return { name, problems, versions: versions.map(versionJson), versionsLeftOut: leftOut }
}

function versionJson(version: CheckedVersion): object {
  return {
    version: version.version,
    passed: version.passed,
    failedAt: version.failedAt ?? null,
    reason: version.reason ?? null,
    warning: version.warning ?? null,
    unbatched: version.unbatched ?? null,
    placement: version.placement ?? null,
    digests: version.digests ?? null,
    gate: version.verdict ?? null,
    durationMs: Math.round(version.durationMs)
  }
}
