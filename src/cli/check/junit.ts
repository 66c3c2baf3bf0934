// The result of `kedge check` as JUnit XML, as GitLab, Jenkins and the reporters of GitHub Actions read it. Pure.
// https://github.com/testmoapp/junitxml
import type { CheckedModel, CheckedVersion, CheckReport } from '../../offline.ts'
import { gateLines } from './failures.ts'

const gateLinesMax = 100

interface Case {
  readonly name: string
  readonly durationMs: number
  /** The step that failed, and why: the first line is the short form. */
  readonly failure?: { readonly type: string; readonly text: string } | undefined
  /** What people should know all the same. */
  readonly notes?: readonly string[]
}

/** One suite for the repository and one a model; in it one case a version, and one for the model as a whole. */
export function checkJUnit(report: CheckReport): string {
  const suites = [suite('repository', [wholeCase('repository', report.problems, report.warnings)])]
  for (const model of report.models) suites.push(suite(model.name, modelCases(model)))
  const tests = suites.reduce((sum, { count }) => sum + count, 0)
  const failures = suites.reduce((sum, { failed }) => sum + failed, 0)
  const facts = `name="kedge check" tests="${tests}" failures="${failures}" errors="0"`
  const body = suites.map(({ xml }) => xml).join('\n')
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites ${facts}>\n${body}\n</testsuites>\n`
}

function modelCases({ name, problems, versions }: CheckedModel): Case[] {
  return [wholeCase(`model ${name}`, problems, []), ...versions.map(versionCase)]
}

function wholeCase(name: string, problems: readonly string[], notes: readonly string[]): Case {
  const failure = problems.length === 0 ? undefined : { type: 'problem', text: problems.join('\n') }
  return { name, durationMs: 0, failure, notes }
}

function versionCase(version: CheckedVersion): Case {
  const { passed, failedAt, reason, warning, unbatched, verdict, durationMs } = version
  const notes = [
    ...(warning === undefined ? [] : [`warning: ${warning}`]),
    ...(unbatched === undefined ? [] : [`requests do not share runs: ${unbatched}`]),
    ...(verdict === undefined ? [] : [`gate: ${verdict.summary}`, ...verdict.warnings])
  ]
  const type = failedAt ?? 'failed'
  const text = [`${type}: ${reason ?? 'no reason'}`, ...gateLines(verdict, gateLinesMax)].join('\n')
  return {
    name: `version ${version.version}`,
    durationMs,
    failure: passed ? undefined : { type, text },
    notes
  }
}

interface Suite {
  readonly xml: string
  readonly count: number
  readonly failed: number
}

function suite(name: string, cases: readonly Case[]): Suite {
  const failed = cases.filter(({ failure }) => failure !== undefined).length
  const seconds = secondsOf(cases.reduce((sum, { durationMs }) => sum + durationMs, 0))
  const facts = `name="${escaped(name)}" tests="${cases.length}" failures="${failed}" errors="0" time="${seconds}"`
  const body = cases.map(each => caseXml(name, each)).join('\n')
  return { xml: `  <testsuite ${facts}>\n${body}\n  </testsuite>`, count: cases.length, failed }
}

function caseXml(classname: string, { name, durationMs, failure, notes = [] }: Case): string {
  const facts = `name="${escaped(name)}" classname="${escaped(classname)}" time="${secondsOf(durationMs)}"`
  const parts: string[] = []
  if (failure !== undefined) {
    const [message = ''] = failure.text.split('\n')
    const about = `message="${escaped(message)}" type="${escaped(failure.type)}"`
    parts.push(`<failure ${about}>${escaped(failure.text)}</failure>`)
  }
  if (notes.length > 0) parts.push(`<system-out>${escaped(notes.join('\n'))}</system-out>`)
  return parts.length === 0
    ? `    <testcase ${facts}/>`
    : `    <testcase ${facts}>${parts.join('')}</testcase>`
}

const secondsOf = (durationMs: number): string => (durationMs / 1000).toFixed(3)

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

/** Text for XML 1.0, without the characters that it cannot hold: control characters, lone surrogates, U+FFFE and U+FFFF. */
function escaped(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what has to go
  const legal = text.toWellFormed().replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '?')
  return legal.replace(/[&<>"]/g, character => entities[character]!)
}
