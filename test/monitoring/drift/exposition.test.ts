import t from 'tap'
import { buildReference } from '../../../src/monitoring/drift/build-reference.ts'
import { expose } from '../../../src/monitoring/drift/exposition.ts'
import { driftMetricTable } from '../../../src/monitoring/drift/metric-table.ts'
import type { MonitorPlan } from '../../../src/monitoring/drift/plan.ts'
import type { Profile } from '../../../src/monitoring/drift/profile.ts'
import { type Phase, Subject } from '../../../src/monitoring/drift/subject.ts'
import { chiSquareQuantile } from '../../../src/monitoring/drift/tails.ts'
import { monitorStates } from '../../../src/monitoring/drift/view.ts'
import type { Watched } from '../../../src/monitoring/drift/watched.ts'
import type { NamedTensor } from '../../../src/tensor/tensor.ts'
import { normalProfile, normals, numbers, numericPlans, plansOf, watch } from '../../helpers/drift-world.ts'
import { fakeVersion } from '../../helpers/fakes.ts'

const all = { featuresExportedMax: 50 }

function subject(phase: Phase, model = 'm', version = 1): Subject {
  const each = new Subject(fakeVersion(model, version).version, 512)
  each.phase = phase
  return each
}

const watchedSubject = (watched: Watched, model = 'm', version = 1): Subject =>
  subject({ type: 'watched', watched }, model, version)

/** Lines of a metric, without its name. */
const lines = (text: string, metric: string): string[] =>
  text
    .split('\n')
    .filter(line => line.startsWith(`${metric}{`))
    .map(line => line.slice(metric.length))

const value = (text: string, metric: string, ...labels: readonly string[]): number | undefined => {
  const found = lines(text, metric).filter(line => labels.every(label => line.includes(label)))
  return found.length === 1 ? Number(found[0]!.split('} ').at(-1)) : undefined
}

/** One input of texts that are `a` twice and `b` once in the reference. */
function words(name = 'word', categories: readonly string[] = ['a', 'a', 'b']) {
  const inputs = [{ name, datatype: 'BYTES' as const, shape: ['n'] }]
  const plans: readonly MonitorPlan[] = plansOf({ inputs, outputs: [] }, { [name]: { nullable: true } })
  const reference = buildReference(plans[0]!, [...categories, ''])
  const base = normalProfile(numericPlans(1), 100)
  const profile: Profile = { ...base, monitors: [reference], pca: undefined }
  const watched = watch(plans, profile)
  const count = (...values: readonly string[]): void => {
    const tensor: NamedTensor = { name, datatype: 'BYTES', shape: [values.length], data: [...values] }
    watched.counter.countInputs([tensor], values.length)
  }
  return { watched, count, label: watched.profileId.slice(0, 8) }
}

t.test('the series of a watched version, to the line', async t => {
  const { watched, count, label } = words()
  count('a', 'b', 'b', '', 'new', 'new')
  const { alpha, rowsMin } = watched.monitors[0]!.terms
  const own = 'model="m",version="1"'
  const feature = `${own},feature="word"`
  const profile = `${own},profile="${label}",feature="word"`
  const expected: Record<string, string[]> = {
    kedge_feature_bin_total: ['00"} 1', '01"} 2', '02"} 0', '03"} 2'].map(end => `{${profile},bin="${end}`),
    kedge_feature_observations_total: [
      ['ok', 3],
      ['missing', 1],
      ['nan', 0],
      ['inf', 0],
      ['below', 0],
      ['above', 0],
      ['unseen', 2]
    ].map(([kind, rows]) => `{${feature},kind="${kind}"} ${rows}`),
    kedge_input_violations_total: ['type', 'shape', 'name', 'range'].map(kind => `{${own},kind="${kind}"} 0`),
    // Half a row more in each of four bins of three rows.
    kedge_reference_bin_ratio: ['00"} 0.5', '01"} 0.3', '02"} 0.1', '03"} 0.1'].map(
      end => `{${profile},bin="${end}`
    ),
    kedge_reference_rows: [`{${profile}} 3`],
    kedge_reference_observation_ratio: [
      ['missing', 0.25],
      ['nan', 0],
      ['inf', 0],
      ['below', 0],
      ['above', 0],
      ['unseen', 0]
    ].map(([kind, share]) => `{${profile},kind="${kind}"} ${share}`),
    kedge_drift_null_chi2: [`{${profile}} ${chiSquareQuantile(alpha, 3)}`],
    kedge_drift_threshold: [`{${profile},level="warning"} 0.1`, `{${profile},level="critical"} 0.2`],
    kedge_drift_rows_min: [`{${profile}} ${rowsMin}`],
    kedge_drift_score: [`{${feature},method="psi"} 0`, `{${feature},method="js_base2"} 0`],
    kedge_drift_state: monitorStates.map(
      state => `{${feature},state="${state}"} ${Number(state === 'insufficient_data')}`
    ),
    kedge_drift_design_effect: [`{${feature}} 1`],
    kedge_drift_window_rows: [`{${feature}} 0`],
    kedge_drift_sampling_ratio: [`{${own}} 1`],
    kedge_drift_features_dropped: [`{${own}} 0`],
    kedge_drift_state_changes_total: monitorStates.map(to => `{${own},to="${to}"} 0`),
    kedge_profile_info: [`{${own},profile="${label}",source="csv",created="2026-11-26T00:00:00.000Z"} 1`]
  }
  const text = expose([watchedSubject(watched)], all)
  t.strictSame(Object.keys(expected), Object.keys(driftMetricTable))
  const whole = Object.entries(driftMetricTable).map(
    ([name, { type, help }]) =>
      `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${expected[name]!.map(line => `${name}${line}\n`).join('')}`
  )
  t.equal(text, whole.join(''))
})

t.test('a scrape shows what came since, across the end of a sub-window', async t => {
  const { watched, count } = words()
  const each = watchedSubject(watched)
  const bin = () => value(expose([each], all), 'kedge_feature_bin_total', 'bin="00"')
  t.equal(bin(), 0)
  count('a')
  t.equal(bin(), 1)
  watched.tick()
  t.equal(bin(), 1)
  count('a', 'a')
  t.equal(bin(), 3)
  each.violations.shape = 4
  each.changed('warning')
  const text = expose([each], all)
  t.equal(value(text, 'kedge_input_violations_total', 'kind="shape"'), 4)
  t.equal(value(text, 'kedge_drift_state_changes_total', 'to="warning"'), 1)
})

t.test('names and sources that people chose are escaped', async t => {
  const cases: [name: string, label: string][] = [
    ['__proto__', '__proto__'],
    ['a"b', 'a\\"b'],
    ['a\\b', 'a\\\\b'],
    ['a\nb', 'a\\nb'],
    ['\\n', '\\\\n'],
    ['} 1', '} 1'],
    ['ö\u2028', 'ö\u2028'],
    ['', '']
  ]
  for (const [name, label] of cases) {
    const text = expose([watchedSubject(words(name).watched)], all)
    t.ok(text.includes(`,feature="${label}",state="ok"} 0\n`), label)
    t.notOk(text.includes('\n\n'))
  }
})

t.test('numbers: ok is what lies within the range, declared or seen', async t => {
  const rules = { x: { columns: [{ name: 'f0', type: 'number' as const, min: -1, max: 1 }] } }
  const plans = plansOf({ inputs: [{ name: 'x', datatype: 'FP32', shape: ['n', 1] }], outputs: [] }, rules)
  const values = [0, 0.5, -2, 1e30, 3, Number.NaN, Number.POSITIVE_INFINITY]
  const at = (of: readonly MonitorPlan[]): string => {
    const watched = watch(of, normalProfile(of, 1000))
    const data = Float32Array.from(values)
    watched.counter.countInputs(
      [{ name: 'x', datatype: 'FP32', shape: [values.length, 1], data }],
      values.length
    )
    return expose([watchedSubject(watched)], all)
  }
  const declared = at(plans)
  const kinds = (text: string): (number | undefined)[] =>
    ['ok', 'missing', 'nan', 'inf', 'below', 'above', 'unseen'].map(kind =>
      value(text, 'kedge_feature_observations_total', `kind="${kind}"`)
    )
  t.strictSame(kinds(declared), [2, 0, 1, 1, 1, 2, 0])
  // Whoever reads a request counts what it violates; here nobody has read one.
  t.equal(value(declared, 'kedge_input_violations_total', 'kind="range"'), 0)
  t.equal(lines(declared, 'kedge_feature_bin_total').length, 10)
  t.strictSame(
    lines(declared, 'kedge_drift_score').map(line => /method="(\w+)"/.exec(line)?.[1]),
    ['psi', 'js_base2', 'ks', 'wasserstein']
  )
  const open = at(numericPlans(1))
  t.equal(value(open, 'kedge_feature_observations_total', 'kind="above"'), 1)
})

t.test('a decision has its state and scores, and all of them are numbers', async t => {
  const plans = numericPlans(2)
  const watched = watch(plans, normalProfile(plans, 10_000))
  const next = normals(6)
  for (let tick = 0; tick < 12; tick++) {
    watched.counter.countInputs(
      numbers(300, 2, column => next() + 2 * column),
      300
    )
    watched.tick()
    for (const _ of watched.evaluate(0));
  }
  const text = expose([watchedSubject(watched)], all)
  t.equal(value(text, 'kedge_drift_state', 'feature="f0"', 'state="ok"'), 1)
  t.equal(value(text, 'kedge_drift_state', 'feature="f1"', 'state="critical"'), 1)
  t.equal(value(text, 'kedge_drift_state', 'feature="f1"', 'state="ok"'), 0)
  t.ok(value(text, 'kedge_drift_score', 'feature="f1"', 'method="psi"')! > 1)
  t.ok(Math.abs(value(text, 'kedge_drift_score', 'feature="f1"', 'method="wasserstein"')! - 2) < 0.3)
  t.equal(value(text, 'kedge_drift_window_rows', 'feature="f1"'), 3000)
  t.ok(value(text, 'kedge_feature_bin_total', 'feature="f0"', 'bin="09"')! < 600)
  t.ok(value(text, 'kedge_feature_bin_total', 'feature="f1"', 'bin="09"')! > 1800)
  for (const line of text.trimEnd().split('\n'))
    if (!line.startsWith('#') && !/ -?\d+(\.\d+)?(e-?\d+)?$/.test(line)) t.fail(line)
})

t.test(
  'of more monitors than may have series: what is derived first, then inputs, and how many are left out',
  async t => {
    const plans = numericPlans(5)
    const profile = normalProfile(plans, 1000)
    const features = (text: string): string[] => [
      ...new Set(lines(text, 'kedge_drift_state').map(line => /feature="([^"]*)"/.exec(line)![1]!))
    ]
    const cases: [max: number, features: string[], dropped: number][] = [
      [50, ['derived:pca_residual', 'f0', 'f1', 'f2', 'f3', 'f4'], 0],
      [6, ['derived:pca_residual', 'f0', 'f1', 'f2', 'f3', 'f4'], 0],
      [2, ['derived:pca_residual', 'f0'], 4],
      [0, [], 6]
    ]
    for (const [featuresExportedMax, expected, dropped] of cases) {
      const text = expose([watchedSubject(watch(plans, profile))], { featuresExportedMax })
      t.strictSame(features(text), expected, `at most ${featuresExportedMax}`)
      t.equal(value(text, 'kedge_drift_features_dropped'), dropped)
      for (const metric of ['kedge_feature_bin_total', 'kedge_drift_score', 'kedge_reference_rows'])
        t.equal(
          new Set(lines(text, metric).map(line => /feature="([^"]*)"/.exec(line)![1]!)).size,
          expected.length
        )
    }
  }
)

t.test('monitors that the plan left out are counted with those that have no series', async t => {
  const { version } = fakeVersion('m', 1, {
    features: [{ name: 'x', input: 'x', column: 0, type: 'number', rules: {} }]
  })
  const each = new Subject(version, 1)
  each.phase = { type: 'watched', watched: words().watched }
  t.equal(each.leftOut, 1)
  t.equal(value(expose([each], all), 'kedge_drift_features_dropped'), 1)
})

t.test('the share of rows that were counted', async t => {
  const { watched } = words()
  watched.counter.rowsSeen = 8
  watched.counter.rowsCounted = 2
  t.equal(value(expose([watchedSubject(watched)], all), 'kedge_drift_sampling_ratio'), 0.25)
})

t.test('without a baseline one state of no feature, and nothing where nobody wants one', async t => {
  const none = (wanted: boolean): Phase => ({ type: 'none', reason: 'because', wanted })
  t.equal(expose([], all), '')
  t.equal(expose([subject(none(false))], all), '')
  const text = expose([subject(none(true))], all)
  t.strictSame(
    text.split('\n').filter(line => line.startsWith('# TYPE')),
    [
      '# TYPE kedge_input_violations_total counter',
      '# TYPE kedge_drift_state gauge',
      '# TYPE kedge_drift_state_changes_total counter'
    ]
  )
  t.strictSame(
    lines(text, 'kedge_drift_state').filter(line => line.endsWith(' 1')),
    ['{model="m",version="1",feature="",state="no_baseline"} 1']
  )
  const learning = subject({ type: 'learning', learning: undefined as never })
  t.strictSame(
    lines(expose([learning], all), 'kedge_drift_state').filter(line => line.endsWith(' 1')),
    ['{model="m",version="1",feature="",state="learning"} 1']
  )
})

t.test(
  'a metric of several versions is one block, and a version that went takes its series along',
  async t => {
    const one = watchedSubject(words().watched)
    const two = watchedSubject(words().watched, 'm"', 2)
    const text = expose([one, two], all)
    const types = text.split('\n').filter(line => line.startsWith('# TYPE'))
    t.equal(types.length, new Set(types).size)
    t.strictSame(lines(text, 'kedge_drift_sampling_ratio'), [
      '{model="m",version="1"} 1',
      '{model="m\\"",version="2"} 1'
    ])
    const after = expose([two], all)
    t.notMatch(after, /version="1"/)
    t.equal(
      after.split('\n').filter(line => line.startsWith('kedge')).length * 2,
      text.split('\n').filter(line => line.startsWith('kedge')).length
    )
    // Another baseline of the same version has its own series.
    const [before, later] = [words(), words('word', ['c', 'd'])]
    t.not(before.label, later.label)
    one.phase = { type: 'watched', watched: later.watched }
    t.notMatch(expose([one], all), new RegExp(before.label))
  }
)
