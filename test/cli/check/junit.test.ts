import t from 'tap'
import { checkJUnit } from '../../../src/cli/check/junit.ts'
import { checkedModel, checkedVersion, checkReport, verdict } from '../../helpers/check-reports.ts'

/** The attributes of the first element that `pattern` finds. */
function attributes(xml: string, pattern: RegExp): Record<string, string> {
  const [element = ''] = pattern.exec(xml) ?? []
  const found = element.matchAll(/ ([\w-]+)="([^"]*)"/g)
  return Object.fromEntries([...found].map(([, key = '', value = '']) => [key, value]))
}

t.test('one suite a model, one case a version, and one for what belongs to no version', async t => {
  const failure = { row: 1, output: 'y', problem: 'differs', expected: 1, got: 2 }
  const xml = checkJUnit(
    checkReport(
      [
        checkedModel('fine', [
          checkedVersion(2, { verdict: verdict(), warning: 'slow', unbatched: 'it mixes rows' }),
          checkedVersion(1, { durationMs: 1234.5 })
        ]),
        checkedModel('broken', [
          checkedVersion(3, {
            passed: false,
            failedAt: 'gating',
            reason: 'a value differs',
            verdict: verdict({ failures: [failure, failure] })
          })
        ]),
        checkedModel('empty', [], { problems: ['no version', 'no sense'] })
      ],
      { warnings: ["folder 'v2' is ignored"] }
    )
  )
  t.equal(
    xml,
    `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="kedge check" tests="7" failures="2" errors="0">
  <testsuite name="repository" tests="1" failures="0" errors="0" time="0.000">
    <testcase name="repository" classname="repository" time="0.000"><system-out>folder 'v2' is ignored</system-out></testcase>
  </testsuite>
  <testsuite name="fine" tests="3" failures="0" errors="0" time="1.247">
    <testcase name="model fine" classname="fine" time="0.000"/>
    <testcase name="version 2" classname="fine" time="0.012"><system-out>warning: slow
requests do not share runs: it mixes rows
gate: 1 case passed</system-out></testcase>
    <testcase name="version 1" classname="fine" time="1.234"/>
  </testsuite>
  <testsuite name="broken" tests="2" failures="1" errors="0" time="0.012">
    <testcase name="model broken" classname="broken" time="0.000"/>
    <testcase name="version 3" classname="broken" time="0.012"><failure message="gating: a value differs" type="gating">gating: a value differs
gate/a.yaml: y, row 1: differs: expected 1, got 2
gate/a.yaml: y, row 1: differs: expected 1, got 2</failure><system-out>gate: gate/a.yaml: a value differs</system-out></testcase>
  </testsuite>
  <testsuite name="empty" tests="1" failures="1" errors="0" time="0.000">
    <testcase name="model empty" classname="empty" time="0.000"><failure message="no version" type="problem">no version
no sense</failure></testcase>
  </testsuite>
</testsuites>
`
  )
})

t.test('a repository without models is a failure of its own', async t => {
  const xml = checkJUnit(checkReport([], { passed: false, problems: ['no models found'] }))
  t.match(attributes(xml, /<testsuites[^>]*>/), { tests: '1', failures: '1' })
  t.match(attributes(xml, /<failure[^>]*>/), { message: 'no models found' })
})

t.test('text that XML gives a meaning, or has no form for', async t => {
  const cases: [reason: string, written: string][] = [
    ['a < b && "c" > \'d\'', "a &lt; b &amp;&amp; &quot;c&quot; &gt; 'd'"],
    [']]>', ']]&gt;'],
    ['bell \u0007, escape \u001b[31m, null \u0000', 'bell ?, escape ?[31m, null ?'],
    ['tab \t stays', 'tab \t stays'],
    ['noncharacters \ufffe\uffff', 'noncharacters ??'],
    ['half \ud83d of a pair', 'half \ufffd of a pair'],
    ['a pair \u{1f6a2}', 'a pair \u{1f6a2}']
  ]
  for (const [reason, written] of cases) {
    const version = checkedVersion(1, { passed: false, failedAt: 'loading', reason })
    const xml = checkJUnit(checkReport([checkedModel('m', [version])]))
    t.equal(attributes(xml, /<failure[^>]*>/)['message'], `loading: ${written}`)
    t.ok(xml.includes(`>loading: ${written}</failure>`), reason)
  }
})

t.test('a failure without step or reason still is one', async t => {
  const xml = checkJUnit(checkReport([checkedModel('m', [checkedVersion(1, { passed: false })])]))
  t.match(attributes(xml, /<failure[^>]*>/), { message: 'failed: no reason', type: 'failed' })
})
