import t from 'tap'
import { checkJson, checkText } from '../../../src/cli/check/report.ts'
import { checkedModel, checkedVersion, checkReport, verdict } from '../../helpers/check-reports.ts'

const failure = { row: 1, output: 'y', problem: 'differs', expected: 1, got: 2 }

t.test('a line a version, with what is wrong below', async t => {
  const report = checkReport(
    [
      checkedModel('fine', [checkedVersion(2, { verdict: verdict() }), checkedVersion(1)], {
        leftOut: [0]
      }),
      checkedModel('broken', [
        checkedVersion(3, {
          passed: false,
          failedAt: 'gating',
          reason: 'a value differs',
          verdict: verdict({ failures: [failure], failuresLeftOut: 4 }, { warnings: ['a run takes long'] })
        })
      ]),
      checkedModel('noisy', [checkedVersion(1, { warning: 'zeros failed', unbatched: 'it mixes rows' })]),
      checkedModel('empty', [], { problems: ['no version', 'no sense'] })
    ],
    { warnings: ["folder 'v2' is ignored"] }
  )
  t.equal(
    checkText(report),
    `passed   fine 2  gate: 1 case passed, 12 ms
passed   fine 1  no gate, 12 ms
FAILED   broken 3  12 ms
         gating: a value differs
         gate/a.yaml: y, row 1: differs: expected 1, got 2
         and 4 more
         warning: a run takes long
passed   noisy 1  no gate, 12 ms
         warning: zeros failed
         requests do not share runs: it mixes rows
FAILED   empty
         no version
         no sense
warning  folder 'v2' is ignored
3 versions passed, 1 failed, 1 model with problems, 1 warning, 1 not checked (nothing asks for them; --every-version does)
`
  )
})

t.test('what the closing line counts', async t => {
  const passing = checkedVersion(1)
  const failing = checkedVersion(1, { passed: false })
  const cases: [report: Parameters<typeof checkText>[0], line: string][] = [
    [checkReport([checkedModel('m', [passing])]), '1 version passed, 0 failed'],
    [checkReport([checkedModel('m', [failing, passing, passing])]), '2 versions passed, 1 failed'],
    [checkReport([], { warnings: ['a', 'b'] }), '0 versions passed, 0 failed, 2 warnings'],
    [
      checkReport(['a', 'b'].map(name => checkedModel(name, [], { problems: ['no'] }))),
      '0 versions passed, 0 failed, 2 models with problems'
    ]
  ]
  for (const [report, line] of cases) t.equal(checkText(report).trimEnd().split('\n').at(-1), line)
})

t.test('a repository without models says so first', async t => {
  const report = checkReport([], { passed: false, problems: ['no models found'] })
  t.match(checkText(report), /^FAILED {3}no models found\n/)
})

t.test('only the first rows that failed are shown', async t => {
  const failures = Array.from({ length: 30 }, (_, row) => ({ ...failure, row }))
  const version = checkedVersion(1, { passed: false, verdict: verdict({ failures }) })
  const lines = checkText(checkReport([checkedModel('m', [version])])).split('\n')
  t.equal(lines.filter(line => line.includes('differs')).length, 8)
  t.ok(lines.includes('         and 22 more'))
})

t.test('lines are folded to a terminal between words, below the text', async t => {
  const reason =
    'the runtime cannot load the model: something with many words and a/very/long/path/that/has/no/blank/inside/of/it and more words'
  const version = checkedVersion(1, { passed: false, failedAt: 'loading', reason })
  const report = checkReport([checkedModel('m', [version])])
  const rows = (columns?: number): string[] => checkText(report, columns).trimEnd().split('\n')
  t.strictSame(rows(48), [
    'FAILED   m 1  12 ms',
    '         loading: the runtime cannot load the',
    '         model: something with many words and',
    '         a/very/long/path/that/has/no/blank/inside/of/it',
    '         and more words',
    '0 versions passed, 1 failed'
  ])
  for (const columns of [48, 60, 100, 200])
    for (const row of rows(columns)) t.ok(row.length <= Math.max(columns, 56), row)
  t.equal(rows(39).length, 3, 'a terminal too narrow for words folds by itself')
  t.equal(rows().length, 3, 'a file gets whole lines')
})

t.test('a reason of several lines stays below its version', async t => {
  const version = checkedVersion(1, { passed: false, failedAt: 'loading', reason: 'one\r\n  two\n\nthree' })
  t.match(
    checkText(checkReport([checkedModel('m', [version])])),
    '         loading: one\n         two\n         three\n0 versions'
  )
})

t.test('what would steer a terminal is spelt out', async t => {
  const cases: [reason: string, shown: string][] = [
    ['\u001b[2Jgone', '\\u001b[2Jgone'],
    ['bell\u0007 and tab\t', 'bell\\u0007 and tab'],
    ['\u009b31m', '\\u009b31m'],
    ['right \u202e to left', 'right \\u202e to left'],
    ['é, 漢, \u{1f6a2}', 'é, 漢, \u{1f6a2}']
  ]
  for (const [warning, shown] of cases) {
    const text = checkText(checkReport([checkedModel('m', [checkedVersion(1, { warning })])]))
    t.ok(text.includes(`         warning: ${shown}\n`), JSON.stringify(text))
  }
})

t.test('JSON has every key, whatever there is to say', async t => {
  const failing = verdict(
    {
      failures: [
        { row: undefined, output: undefined, problem: 'no' },
        { ...failure, expected: Number.NaN, got: 2n }
      ],
      metric: { name: 'accuracy', value: 0.5, atLeast: 0.9 }
    },
    { runMs: { median: 1.5, passed: true } }
  )
  const report = checkReport(
    [
      checkedModel('m', [
        checkedVersion(2, { passed: false, failedAt: 'gating', reason: 'no', verdict: failing }),
        checkedVersion(1, {
          verdict: verdict(),
          warning: 'w',
          unbatched: 'u',
          digests: { 'model.onnx': 'ab' }
        }),
        checkedVersion(0, { placement: undefined, digests: undefined })
      ])
    ],
    { warnings: ['w'] }
  )
  const text = checkJson(report)
  t.match(text, /^\{\n {2}"schema": 1,\n {2}"passed": false,.*\}\n$/s)
  const { models, ...rest } = JSON.parse(text) as { models: { versions: { gate: unknown }[] }[] }
  t.strictSame(rest, { schema: 1, passed: false, problems: [], warnings: ['w'] })
  const [gated, noted, bare] = models[0]!.versions
  t.strictSame(Object.keys(gated!), Object.keys(noted!))
  t.strictSame(Object.keys(gated!), Object.keys(bare!))
  t.strictSame(bare, {
    version: 0,
    passed: true,
    failedAt: null,
    reason: null,
    warning: null,
    unbatched: null,
    placement: null,
    digests: null,
    gate: null,
    durationMs: 12
  })
  t.match(noted, { warning: 'w', unbatched: 'u', digests: { 'model.onnx': 'ab' }, placement: 'thread' })
  t.match(gated!.gate, {
    passed: false,
    summary: 'gate/a.yaml: a value differs',
    files: [
      {
        file: 'gate/a.yaml',
        kind: 'case',
        passed: false,
        rows: 3,
        failuresLeftOut: 0,
        metric: { name: 'accuracy', value: 0.5, atLeast: 0.9 },
        failures: [{ problem: 'no' }, { row: 1, output: 'y', problem: 'differs', expected: 'NaN', got: 2 }]
      }
    ],
    runMs: { median: 1.5, passed: true }
  })
})
