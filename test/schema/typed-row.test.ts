import t from 'tap'
import type { Feature } from '../../src/schema/features.ts'
import { typedRow } from '../../src/schema/typed-row.ts'

const feature = (type: Feature['type'], rules: Feature['rules'] = {}): Feature => ({
  name: 'f',
  input: 'x',
  column: 0,
  type,
  rules
})

t.test('cells become what their feature takes; what they cannot become stays as it is', async t => {
  const cases: [feature: Feature, cell: unknown, value: unknown][] = [
    [feature('number'), '1.5', 1.5],
    [feature('number'), ' 2 ', 2],
    [feature('number'), '1e308', 1e308],
    [feature('number'), 'inf', 'inf'],
    [feature('number'), 'NaN', undefined],
    [feature('number'), 'NA', undefined],
    [feature('number'), undefined, undefined],
    [feature('number'), null, undefined],
    [feature('number'), '2026-01-01', '2026-01-01'],
    [feature('number'), 7n, 7],
    [feature('integer'), '42', 42],
    [feature('integer'), '1.5', 1.5],
    [feature('integer'), '9007199254740993', '9007199254740993'],
    [feature('integer'), 9007199254740993n, '9007199254740993'],
    [feature('boolean'), 'True', true],
    [feature('boolean'), '0', false],
    [feature('boolean'), 'yes', 'yes'],
    [feature('string'), 'null', 'null'],
    [feature('string'), '7', '7'],
    [feature('category', { values: [1, 2] }), '2', 2],
    [feature('category', { values: ['a'] }), 'b', 'b'],
    [feature('tensor'), '[[1,2]]', [[1, 2]]],
    [feature('tensor'), '[1', '[1'],
    [feature('number'), 3, 3]
  ]
  for (const [of, cell, value] of cases) {
    const row = typedRow({ f: cell, other: 1 }, [of])
    t.strictSame({ ...row }, value === undefined ? {} : { f: value }, `${of.type} ${String(cell)}`)
  }
})

t.test('columns that are no features are left out, whatever their names', async t => {
  const row = JSON.parse('{"__proto__":"x","f":"1"}') as Record<string, unknown>
  t.strictSame(Object.keys(typedRow(row, [feature('number')])), ['f'])
})
