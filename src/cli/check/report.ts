// The result of `kedge check` for people, and as JUnit XML for CI. Pure.
import type { CheckedModel, CheckedVersion, CheckReport } from '../../offline.ts'

const linesPerGateMax = 8

/** One line a version, what is wrong with it below, and a closing line. */
export function checkText({ models, warnings }: CheckReport): string {
  const lines = models.flatMap(modelLines)
  for (const warning of warnings) lines.push(`warning  ${warning}`)
  const versions = models.flatMap(({ versions: own }) => own)
  const failed = versions.filter(({ passed }) => !passed).length
  const broken = models.filter(({ problems }) => problems.length > 0).length
  const counts = [`${versions.length - failed} versions passed`, `${failed} failed`]
  if (broken > 0) counts.push(`${broken} ${broken === 1 ? 'model has' : 'models have'} problems`)
  if (warnings.length > 0) counts.push(`${warnings.length} warnings`)
  if (models.length === 0) counts.push('no models found')
  return `${[...lines, counts.join(', ')].join('\n')}\n`
}

function modelLines({ name, problems, versions }: CheckedModel): string[] {
  return [
    ...problems.map(problem => `FAILED   ${name}\n         ${problem}`),
    ...versions.flatMap(version => versionLines(name, version))
  ]
}

function versionLines(model: string, version: CheckedVersion): string[] {
  const { passed, failedAt, reason, warning, unbatched, verdict, durationMs } = version
  const gate = verdict === undefined ? 'no gate' : `gate: ${verdict.summary}`
  const title = `${model} ${version.version}  ${gate}, ${Math.round(durationMs)} ms`
  const details: string[] = []
  if (!passed) details.push(`${failedAt ?? 'failed'}: ${reason ?? 'no reason'}`)
  if (passed && warning !== undefined) details.push(`warning: ${warning}`)
  if (passed && unbatched !== undefined) details.push(`requests do not share runs: ${unbatched}`)
  for (const line of verdict?.warnings ?? []) details.push(`warning: ${line}`)
  if (verdict !== undefined && !verdict.passed) details.push(...gateLines(version))
  return [`${passed ? 'passed ' : 'FAILED '}  ${title}`, ...details.map(line => `         ${line}`)]
}

function gateLines({ verdict }: CheckedVersion): string[] {
  const failures = (verdict?.files ?? []).flatMap(({ file, failures: own }) =>
    own.map(failure => `${file}: ${failureText(failure)}`)
  )
  const rest = failures.length - linesPerGateMax
  return rest > 0 ? [...failures.slice(0, linesPerGateMax), `and ${rest} more`] : failures
}

type Failure = NonNullable<CheckedVersion['verdict']>['files'][number]['failures'][number]

function failureText({ row, output, problem, expected, got }: Failure): string {
  const where = [
    ...(row === undefined ? [] : [`row ${row}`]),
    ...(output === undefined ? [] : [output])
  ].join(', ')
  const what =
    expected === undefined ? '' : `: expected ${JSON.stringify(expected)}, got ${JSON.stringify(got)}`
  return `${where === '' ? '' : `${where}: `}${problem}${what}`
}

/** One suite a model, one case a version; what common CI servers read. https://github.com/testmoapp/junitxml */
export function checkJUnit({ models }: CheckReport): string {
  const suites = models.map(({ name, problems, versions }) => {
    const whole = problems.map(problem => testCase('model', name, 0, problem))
    const cases = versions.map(version =>
      testCase(`version ${version.version}`, name, version.durationMs, failureOf(version))
    )
    const failures = problems.length + versions.filter(({ passed }) => !passed).length
    const facts = `name="${xml(name)}" tests="${whole.length + cases.length}" failures="${failures}"`
    return `  <testsuite ${facts}>\n${[...whole, ...cases].join('\n')}\n  </testsuite>`
  })
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="kedge check">\n${suites.join('\n')}\n</testsuites>\n`
}

function failureOf(version: CheckedVersion): string | undefined {
  if (version.passed) return undefined
  return [`${version.failedAt ?? 'failed'}: ${version.reason ?? 'no reason'}`, ...gateLines(version)].join(
    '\n'
  )
}

function testCase(name: string, model: string, durationMs: number, failure: string | undefined): string {
  const facts = `name="${xml(name)}" classname="${xml(model)}" time="${(durationMs / 1000).toFixed(3)}"`
  if (failure === undefined) return `    <testcase ${facts}/>`
  const [message = ''] = failure.split('\n')
  return `    <testcase ${facts}><failure message="${xml(message)}">${xml(failure)}</failure></testcase>`
}

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

/** Text for XML 1.0, without the control characters that it cannot hold. */
function xml(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what has to go
  const legal = text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '?')
  return legal.replace(/[&<>"]/g, character => entities[character]!)
}
