import t from 'tap'
import { buildReference, categoriesMax } from '../../../src/monitoring/drift/build-reference.ts'
import type { MonitorPlan } from '../../../src/monitoring/drift/plan.ts'
import { plansOf } from '../../helpers/drift-world.ts'

const plan = (over: Partial<MonitorPlan> = {}): MonitorPlan => ({
  ...plansOf({ inputs: [{ name: 'x', datatype: 'FP32', shape: ['n', 1] }], outputs: [] })[0]!,
  ...over
})

const repeat = (count: number, value: number): number[] => new Array<number>(count).fill(value)

t.test('every kind of training data has its reference, and none of it holds NaN', async t => {
  const days = Array.from({ length: 300 }, (_, index) => `2026-01-${index}`)
  const cases: [name: string, over: Partial<MonitorPlan>, values: number[] | string[], expected: object][] = [
    [
      'nothing but missing values',
      { nullable: true },
      repeat(9, Number.NaN),
      { missing: 9, nan: 0, rows: 9 }
    ],
    [
      'NaN where none may be',
      { kind: 'numeric' },
      repeat(9, Number.NaN),
      { missing: 0, nan: 9, counts: [0] }
    ],
    ['a constant', { kind: 'numeric' }, repeat(60, 7), { counts: [0, 60, 0], deviation: 0, mean: 7 }],
    [
      'few numbers',
      {},
      [1, 2, 2, 3],
      { kind: 'categorical', categories: ['2', '1', '3'], counts: [2, 1, 1, 0] }
    ],
    ['few numbers that are declared to be numbers', { kind: 'numeric' }, [1, 2, 2, 3], { kind: 'numeric' }],
    [
      'infinities',
      { kind: 'numeric' },
      [1, 2, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
      { infinite: 2, max: 2 }
    ],
    [
      'the largest numbers',
      { kind: 'numeric' },
      [...repeat(30, 1.7e308), ...repeat(30, -1.7e308)],
      { min: -1.7e308, max: 1.7e308 }
    ],
    [
      'booleans',
      { kind: 'categorical', names: ['false', 'true'] },
      [0, 1, 1],
      { categories: ['true', 'false'] }
    ],
    ['dates', { kind: 'open', datatype: 'BYTES' }, days, { kind: 'numeric', of: 'length' }],
    [
      'texts that repeat',
      { kind: 'open', datatype: 'BYTES' },
      [...days, ...days, ...days],
      { kind: 'categorical', othersLeftOut: 0 }
    ],
    [
      'a text of a megabyte',
      { kind: 'open', datatype: 'BYTES' },
      ['a', 'x'.repeat(2 ** 20)],
      { of: 'length', max: 2 ** 20 }
    ],
    [
      'odd names',
      { kind: 'categorical', datatype: 'BYTES' },
      ['__proto__', 'constructor', '__proto__'],
      { categories: ['__proto__', 'constructor'] }
    ]
  ]
  for (const [name, over, values, expected] of cases) {
    const column =
      typeof values[0] === 'string' ? (values as string[]) : Float64Array.from(values as number[])
    const reference = buildReference(plan(over), column)
    t.match(reference, expected, name)
    t.notMatch(JSON.stringify(reference), /null/, `${name}: no NaN`)
    const sum = reference.counts.reduce((all, count) => all + count, 0)
    t.equal(sum + reference.missing + reference.nan + reference.infinite, values.length, name)
  }
})

t.test(
  'a million categories: the most frequent, the names of some others, and how many more there are',
  async t => {
    const values = Array.from({ length: 1_000_000 }, (_, index) => String(index))
    const reference = buildReference(plan({ kind: 'categorical', datatype: 'BYTES' }), [
      ...values,
      'often',
      'often'
    ])
    t.equal(reference.kind, 'categorical')
    if (reference.kind !== 'categorical') return
    t.equal(reference.categories[0], 'often')
    t.strictSame(
      [reference.categories.length, reference.others.length, reference.othersLeftOut],
      [categoriesMax, 1000, 1_000_001 - categoriesMax - 1000]
    )
  }
)
