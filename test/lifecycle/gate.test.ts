// Whole gates of real folders; what the model answers is in the hands of the test.
import t, { type Test } from 'tap'
import type { RunResult } from '../../src/backend/backend.ts'
import { readGate, runGate } from '../../src/lifecycle/gate.ts'
import type { GateVerdict } from '../../src/lifecycle/gate-verdict.ts'
import { featuresOf } from '../../src/schema/features.ts'
import type { NamedTensor } from '../../src/tensor/tensor.ts'
import { repository } from '../helpers/app.ts'
import { manifestOf, scannedVersion, signature } from '../helpers/fakes.ts'

const limits = { gateFilesMax: 8, gateBytesMax: 65_536, tensorsPerRequestMax: 4 }

type Answer = (x: NamedTensor) => NamedTensor

const same: Answer = x => ({ ...x, name: 'y' })
const plusOne: Answer = x => ({ ...x, name: 'y', data: (x.data as Float32Array).map(value => value + 1) })

interface Wishes {
  readonly answer?: Answer
  readonly manifest?: Readonly<Record<string, unknown>>
  readonly rowsMax?: number
  readonly rowsPerRun?: number
  readonly runMs?: number
}

function version(
  t: Test,
  files: Readonly<Record<string, string>>,
  tree: Readonly<Record<string, unknown>> = {}
) {
  const inside = Object.entries(files).map(([name, content]) => [`m/1/gate/${name}`, content] as const)
  const scanned = scannedVersion(1, { root: repository(t, Object.fromEntries([['m/1/x', ''], ...inside])) })
  const manifest = manifestOf(tree)
  const { features } = featuresOf(signature, manifest.inputs)
  return { scanned, validated: { graph: { signature } as never, manifest, features } }
}

/** What the gate says, and the rows of each run. */
async function gated(t: Test, files: Readonly<Record<string, string>>, wishes: Wishes = {}) {
  const { answer = same, manifest = {}, rowsMax = 1000, rowsPerRun = 2, runMs = 1 } = wishes
  const { scanned, validated } = version(t, files, manifest)
  const gate = await readGate(scanned, validated, limits)
  const runs: (number | undefined)[] = []
  const run = ([x]: readonly NamedTensor[]): Promise<RunResult> => {
    runs.push(x!.shape[0])
    return new Promise(resolve => resolve({ outputs: [answer(x!)], runMs }))
  }
  let nowMs = 0
  const verdict = await runGate(gate!, validated, { run, rowsMax, rowsPerRun, nowMs: () => nowMs++ })
  return { verdict, runs }
}

const aCase = (data: string): string =>
  `request: { inputs: [{ name: x, shape: [2, 1], datatype: FP32, data: [1, 2] }] }\nexpected: { y: ${data} }`
const set = (bound: string): string => `data: rows.csv\nlabel: truth\nmetric: MAE\n${bound}`

t.test('a version without a gate has none', async t => {
  const { scanned, validated } = version(t, {})
  t.equal(await readGate(scanned, validated, limits), undefined)
})

t.test('right answers pass, wrong ones are told', async t => {
  const { verdict } = await gated(t, { 'a.yaml': aCase('[1, 2]') })
  t.match(verdict, {
    passed: true,
    summary: '1 file passed, 2 rows',
    warnings: [],
    files: [{ kind: 'case', passed: true, rows: 2 }]
  })
  const refused = await gated(
    t,
    { 'a.yaml': aCase('[1, 2]'), 'b.yaml': aCase('[7, 2]') },
    { answer: plusOne }
  )
  t.match(refused.verdict, {
    passed: false,
    summary: 'gate/a.yaml: y, row 0: the value differs: expected 1, got 2 (and 1 more)'
  })
  t.strictSame(
    refused.verdict.files.map(file => file.failures.length),
    [2, 2],
    'every file is run'
  )
})

t.test('failures beyond the first ones are counted', async t => {
  const zeros = JSON.stringify(new Array(100).fill(0))
  const many = `request: { inputs: [{ name: x, shape: [100, 1], datatype: FP32, data: ${zeros} }] }\nexpected: { y: ${zeros} }`
  const { verdict } = await gated(t, { 'a.yaml': many }, { answer: plusOne })
  t.match(verdict.files, [{ failures: { length: 32 }, failuresLeftOut: 68 }])
})

t.test('a run that fails, fails the gate with the runtime’s words', async t => {
  const fail: Answer = () => {
    throw new Error('Non-zero status code')
  }
  const { verdict } = await gated(
    t,
    { 'a.yaml': aCase('[1, 2]'), 'b.yaml': set('atMost: 1'), 'rows.csv': 'x,truth\n1,1\n' },
    { answer: fail }
  )
  t.match(
    verdict.files.map(file => file.failures[0]?.problem),
    ['the run failed: Non-zero status code', 'the run failed: Non-zero status code']
  )
})

t.test('a scored set is run in batches, up to its rows', async t => {
  const rows = `x,truth,else\n${[1, 2, 3, 4, 5].map(n => `${n},${n},-`).join('\n')}\n`
  const { verdict, runs } = await gated(t, { 'a.yaml': set('atMost: 0.1'), 'rows.csv': rows })
  t.strictSame(runs, [2, 2, 1])
  t.match(verdict.files, [
    { kind: 'scored', passed: true, rows: 5, rowsLeftOut: 0, metric: { name: 'MAE', value: 0, atMost: 0.1 } }
  ])
  const some = await gated(
    t,
    { 'a.yaml': set('atMost: 0.1'), 'rows.csv': rows },
    { rowsMax: 3, rowsPerRun: 64 }
  )
  t.match([some.runs, some.verdict.files[0]], [[3], { rows: 3, rowsLeftOut: 2 }])
  const less = await gated(t, { 'a.yaml': set('atMost: 0.1\nrowsMax: 1'), 'rows.csv': rows })
  t.match(less.verdict.files, [{ rows: 1, rowsLeftOut: 4 }])
})

t.test('a score beyond its bound is refused', async t => {
  const files = { 'rows.jsonl': '{"x":1,"truth":1}\n{"x":2,"truth":2}\n' }
  const bad = await gated(
    t,
    { 'a.yaml': set('atMost: 0.5').replace('csv', 'jsonl'), ...files },
    { answer: plusOne }
  )
  t.match(bad.verdict, { passed: false, summary: 'gate/a.yaml: y: MAE: expected at most 0.5, got 1' })
  const low = await gated(
    t,
    { 'a.yaml': set('atLeast: 2').replace('csv', 'jsonl'), ...files },
    { answer: plusOne }
  )
  t.match(low.verdict.summary, /expected at least 2, got 1$/)
})

t.test('data that does not fit is a failure with its place', async t => {
  const cases: [rows: string, problem: RegExp][] = [
    ['x,truth\n', /gate\/rows\.csv has no rows/],
    ['x\n1\n', /expected a label in column 'truth', got nothing \(columns: x\)/],
    ['x,truth\nabc,1\n', /rows\[0\]\.x: .*expected .*got "abc"/],
    ['truth\n1\n', /rows\[0\]\.x: the feature is missing/],
    ['x,truth\n1,abc\n', /label "abc" is no number/],
    ['x,truth\n1\n', /line 2: expected as many cells/],
    ['', /got an empty file/]
  ]
  for (const [rows, problem] of cases) {
    const { verdict } = await gated(t, { 'a.yaml': set('atMost: 1'), 'rows.csv': rows })
    t.equal(verdict.passed, false, rows)
    t.match(verdict.summary, problem)
  }
  const cut: Answer = x => ({ ...same(x), shape: [1, 1], data: Float32Array.of(1) })
  const { verdict } = await gated(
    t,
    { 'a.yaml': set('atMost: 1'), 'rows.csv': 'x,truth\n1,1\n2,2\n' },
    { answer: cut }
  )
  t.match(verdict.summary, /expected 2 rows of output, got shape 1,1/)
})

t.test('a slow run is a warning, unless it is to fail', async t => {
  const files = { 'a.yaml': aCase('[1, 2]') }
  const within = await gated(t, files, { manifest: { gate: { runMsMax: 5 } }, runMs: 4 })
  t.match(within.verdict, { passed: true, warnings: [], runMs: { median: 4, max: 5, passed: true } })
  const slow = await gated(t, files, { manifest: { gate: { runMsMax: 5 } }, runMs: 6 })
  t.match(slow.verdict, { passed: true, runMs: { passed: false } })
  t.match(slow.verdict.warnings, ['the median run takes 6.00 ms, at most 5 are allowed (gate.runMsMax)'])
  const refused: { verdict: GateVerdict } = await gated(t, files, {
    manifest: { gate: { runMsMax: 5, slowRun: 'fail' } },
    runMs: 6
  })
  t.match(refused.verdict, { passed: false, summary: /^the median run takes 6\.00 ms/, warnings: [] })
})

t.test('what cannot be asked of the model is refused when it is read', async t => {
  const wrong = aCase('[1]').replace('name: x', 'name: z')
  const { scanned, validated } = version(t, {
    'a.yaml': wrong,
    'b.yaml': set('atMost: 1\noutput: no'),
    'rows.csv': 'x'
  })
  await t.rejects(readGate(scanned, validated, limits), {
    message:
      /^gate\/b\.yaml: output: .*'no'|gate\/a\.yaml: request: inputs\[0\]\.name: .*; gate\/b\.yaml: output: the model has no output 'no'/
  })
})
