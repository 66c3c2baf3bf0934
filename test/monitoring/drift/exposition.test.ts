import t from 'tap'
import { exportGroups } from '../../../src/monitoring/drift/export-bins.ts'
import { expose } from '../../../src/monitoring/drift/exposition.ts'
import { driftMetricTable } from '../../../src/monitoring/drift/metric-table.ts'
import type { Subject } from '../../../src/monitoring/drift/subject.ts'
import { normalProfile, numbers, plansOf, watch } from '../../helpers/drift-world.ts'

const odd = 'say "hi"\n\\'
const plans = plansOf(
  { inputs: [{ name: 'x', datatype: 'FP32', shape: ['n', 3] }], outputs: [] },
  {
    x: {
      columns: [
        { name: odd, type: 'number' },
        { name: '__proto__', type: 'number' },
        { name: 'c', type: 'number' }
      ]
    }
  }
)
const profile = normalProfile(plans, 1000)

function subject(version = 1) {
  const watched = watch(plans, profile)
  const one = {
    version: { model: 'm', version },
    leftOut: 2,
    violations: { type: 1, shape: 0, name: 0, range: 7 },
    changes: new Map([['warning', 3]]),
    phase: { type: 'watched', watched }
  }
  return { watched, one: one as unknown as Subject }
}

const exposed = (subjects: readonly Subject[], featuresExportedMax = 50): string[] =>
  expose(subjects, { featuresExportedMax }).split('\n')

t.test('every bin is there at 0 from the start, and counts what comes', async t => {
  const { watched, one } = subject()
  const bins = (lines: readonly string[]): number[] =>
    lines
      .filter(line => line.startsWith('kedge_feature_bin_total{') && line.includes('feature="c"'))
      .map(line => Number(line.split(' ').at(-1)))
  t.strictSame(bins(exposed([one])), new Array(10).fill(0))
  watched.counter.countInputs(
    numbers(4, 3, () => 0),
    4
  )
  watched.tick()
  watched.counter.countInputs(
    numbers(3, 3, () => -9),
    3
  )
  const counts = bins(exposed([one]))
  t.equal(counts[0], 3)
  t.equal(
    counts.reduce((sum, count) => sum + count, 0),
    7
  )
  t.ok(
    exposed([one]).includes(
      'kedge_feature_observations_total{model="m",version="1",feature="c",kind="below"} 3'
    )
  )
  t.ok(
    exposed([one]).includes('kedge_feature_observations_total{model="m",version="1",feature="c",kind="ok"} 4')
  )
})

t.test('names that people chose are escaped, and are no magic', async t => {
  const lines = exposed([subject().one])
  const escaped = String.raw`feature="say \"hi\"\n\\"`
  t.ok(lines.some(line => line.startsWith('kedge_reference_rows{') && line.includes(escaped)))
  t.ok(lines.some(line => line.startsWith('kedge_reference_rows{') && line.includes('feature="__proto__"')))
  for (const line of lines)
    t.match(
      line,
      /^$|^# (HELP|TYPE) kedge_\w+ .+$|^kedge_\w+\{(\w+="([^"\\\n]|\\["\\n])*",?)+\} -?[\d.]+(e-?\d+)?$/
    )
})

t.test('each metric stands once, with its help, over all versions', async t => {
  const lines = exposed([subject(1).one, subject(2).one])
  const heads = lines.filter(line => line.startsWith('# TYPE')).map(line => line.split(' ')[2])
  t.strictSame(heads, [...new Set(heads)])
  t.strictSame(
    heads.filter(name => !Object.hasOwn(driftMetricTable, name!)),
    []
  )
  for (const version of [1, 2])
    t.ok(lines.includes(`kedge_input_violations_total{model="m",version="${version}",kind="range"} 7`))
  t.ok(lines.includes('kedge_drift_state_changes_total{model="m",version="1",to="warning"} 3'))
})

t.test('beyond the limit features have no series, and how many is told; what is gone has none', async t => {
  const { one } = subject()
  const lines = exposed([one], 2)
  const features = new Set(lines.flatMap(line => /feature="([^"]*)"/.exec(line)?.[1] ?? []))
  // What is derived comes first: it speaks for all.
  t.strictSame(features.has('derived:pca_residual') && !features.has('c'), true)
  t.ok(
    lines.includes('kedge_drift_features_dropped{model="m",version="1"} 4'),
    'two here, and two that are not watched'
  )
  t.equal(expose([], { featuresExportedMax: 50 }), '')
})

t.test('bins that share a series', async t => {
  const place = (kind: 'numeric' | 'categorical', count: number) =>
    exportGroups({ kind, bins: { count } } as Parameters<typeof exportGroups>[0])
  t.strictSame(place('numeric', 3), [[0], [1], [2]])
  t.strictSame(place('numeric', 20).at(-1), [18, 19])
  t.strictSame(place('numeric', 11), [[0, 1], [2, 3], [4, 5], [6, 7], [8, 9], [10]])
  t.strictSame(place('categorical', 4), [[0], [1], [2], [3]], 'two categories, other, unseen')
  t.strictSame(place('categorical', 15).slice(-3), [[9], [10, 11, 12, 13], [14]])
})
