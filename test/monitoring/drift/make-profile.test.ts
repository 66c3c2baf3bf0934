import t from 'tap'
import { makeProfile } from '../../../src/monitoring/drift/make-profile.ts'
import { type MonitorPlan, pcaMonitorName } from '../../../src/monitoring/drift/plan.ts'
import type { Profile } from '../../../src/monitoring/drift/profile.ts'
import { readProfile } from '../../../src/monitoring/drift/profile-file.ts'
import type { Column } from '../../../src/monitoring/drift/reservoir.ts'
import { digest, normals, numericPlans, plansOf } from '../../helpers/drift-world.ts'

const facts = {
  model: 'm',
  modelVersion: 3,
  modelSha256: digest,
  createdAt: '2026-11-26T00:00:00.000Z',
  tool: 'kedge test',
  source: { kind: 'csv', name: 'a.csv', rows: 10, sampledRows: 5 },
  seed: 7
} as const

const make = (plans: readonly MonitorPlan[], columns: readonly (Column | undefined)[]): Profile =>
  makeProfile(
    plans,
    new Map(columns.flatMap((column, index) => (column === undefined ? [] : [[index, column] as const]))),
    facts
  )

const numbers = (rows: number, value: (row: number) => number): Float64Array =>
  Float64Array.from({ length: rows }, (_, row) => value(row))

const names = ({ monitors }: Profile): string[] => monitors.map(({ name }) => name)

t.test('the header says what it was made for and of', async t => {
  const { monitors, pca, ...header } = make(numericPlans(1), [numbers(5, row => row)])
  t.strictSame(header, { schema: 1, ...facts })
  t.match(monitors, [{ name: 'f0', kind: 'numeric', rows: 5, min: 0, max: 4 }])
  t.equal(pca, undefined)
})

t.test('monitors come in the order of the plan, and those without a sample are left out', async t => {
  const plans = plansOf({
    inputs: ['word', '__proto__', 'never', 'empty'].map(name => ({
      name,
      datatype: name === 'word' ? ('BYTES' as const) : ('FP64' as const),
      shape: ['n']
    })),
    outputs: []
  })
  const profile = make(plans, [['a', 'b', 'a'], numbers(3, row => row), undefined, new Float64Array(0)])
  t.strictSame(names(profile), ['word', '__proto__'])
  t.match(profile.monitors, [
    { categories: ['a', 'b'], counts: [2, 1, 0] },
    { categories: ['0', '1', '2'], counts: [1, 1, 1, 0] }
  ])
  t.strictSame(make(plans, []).monitors, [])
})

t.test('the residual is of the features that vary, where there are rows enough for them', async t => {
  const next = normals(2)
  const spread = (rows: number): Float64Array => numbers(rows, () => next())
  const constant = (rows: number): Float64Array => numbers(rows, () => 4)
  const cases: [name: string, columns: Float64Array[], features: string[] | undefined][] = [
    ['two that vary', [spread(10), spread(10)], ['f0', 'f1']],
    ['a row too few', [spread(9), spread(9)], undefined],
    ['a constant does not count', [spread(10), constant(10), spread(10)], ['f0', 'f2']],
    ['one that varies', [spread(100), constant(100)], undefined],
    ['none that varies', [constant(100), constant(100)], undefined]
  ]
  for (const [name, columns, features] of cases) {
    const profile = make(numericPlans(columns.length), columns)
    t.strictSame(profile.pca?.features, features, name)
    t.equal(names(profile).includes(pcaMonitorName), features !== undefined, name)
  }
})

t.test('features that move together leave no residual, and one that breaks away does', async t => {
  const next = normals(5)
  const first = numbers(200, () => next())
  const doubled = first.map(value => 2 * value + 3)
  const profile = make(numericPlans(2), [first, doubled])
  t.equal(profile.pca?.mean.length, 2)
  t.equal(profile.pca?.components.length, 1)
  t.ok(Math.abs(profile.pca!.explained - 1) < 1e-9)
  const together = profile.monitors.at(-1)
  t.match(together, { name: pcaMonitorName, kind: 'numeric', rows: 200, missing: 0, nan: 0 })
  t.ok(together?.kind === 'numeric' && together.max < 1e-6)
  const broken = make(numericPlans(2), [first, doubled.map((value, row) => (row === 17 ? -value : value))])
  const apart = broken.monitors.at(-1)
  t.ok(apart?.kind === 'numeric' && apart.max > 0.1)
})

t.test('what is no number stands at the mean for the residual', async t => {
  const next = normals(6)
  const [a, b] = [numbers(100, () => next()), numbers(100, () => next())]
  a[3] = Number.NaN
  a[4] = Number.POSITIVE_INFINITY
  const profile = make(numericPlans(2), [a, b])
  t.match(profile.monitors[0], { rows: 100, nan: 1, infinite: 1 })
  const { mean } = profile.monitors[0] as { readonly mean: number }
  const replaced = a.map(value => (Number.isFinite(value) ? value : mean))
  t.strictSame(profile.pca, make(numericPlans(2), [replaced, b]).pca)
  t.match(profile.monitors.at(-1), { rows: 100, nan: 0, infinite: 0 })
})

t.test('the same sample gives the same profile', async t => {
  const next = normals(9)
  const columns = [0, 1, 2].map(() => numbers(500, () => next()))
  t.strictSame(make(numericPlans(3), columns), make(numericPlans(3), columns))
})

t.test('whatever numbers come, the file can be read again', async t => {
  const next = normals(4)
  const some = numbers(60, () => next())
  const cases: [name: string, column: Float64Array][] = [
    ['the largest', numbers(60, row => (row % 2 === 0 ? 1e308 : -1e308))],
    ['the least', numbers(60, row => (row % 2 === 0 ? 5e-324 : 0))],
    ['nothing finite', numbers(60, row => (row % 2 === 0 ? Number.NaN : Number.NEGATIVE_INFINITY))],
    ['one number', numbers(60, row => (row === 0 ? 1 : Number.NaN))],
    ['−0', numbers(60, row => (row % 2 === 0 ? -0 : 0))],
    ['large and close', numbers(60, row => 1e15 + row)]
  ]
  for (const [name, column] of cases) {
    const plans = numericPlans(2)
    const text = JSON.stringify(make(plans, [column, some]))
    const read = readProfile(text, { modelSha256: digest, monitors: plans })
    t.notOk('problems' in read && read.problems, name)
  }
})
