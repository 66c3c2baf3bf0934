import t from 'tap'
import { seededRandom } from '../../../src/base/random.ts'
import { RowBudget } from '../../../src/monitoring/drift/row-budget.ts'

t.test('without a limit every row is looked at', async t => {
  const budget = new RowBudget(0, () => 0)
  budget.spent(1, 1e9)
  t.strictSame(budget.take(100_000), { first: 0, stride: 1, count: 100_000 })
  t.equal(budget.take(0), undefined)
})

t.test('rows are left out evenly, so that a request takes no longer than it may', async t => {
  for (const rows of [1, 7, 1000, 50_000]) {
    const budget = new RowBudget(50, seededRandom(rows))
    // A row costs 20 µs: two and a half fit.
    for (let times = 0; times < 200; times++) budget.spent(1, 20)
    let [seen, taken, most] = [0, 0, 0]
    const places = new Set<number>()
    for (let request = 0; request < 4000; request++) {
      const pick = budget.take(rows)
      seen += rows
      taken += pick?.count ?? 0
      most = Math.max(most, pick?.count ?? 0)
      if (pick !== undefined) {
        places.add(pick.first)
        if (pick.first + (pick.count - 1) * pick.stride >= rows) t.fail('beyond the end')
      }
    }
    t.ok(most <= 3, `${rows} rows: ${most} at most`)
    if (rows === 1) t.equal(taken, seen, 'one row fits')
    else t.ok(places.size > 1, 'another start each time')
  }
})

t.test('where not even one row fits, some requests are passed over', async t => {
  const budget = new RowBudget(50, seededRandom(1))
  for (let times = 0; times < 400; times++) budget.spent(1, 200)
  let taken = 0
  for (let request = 0; request < 10_000; request++) taken += budget.take(1)?.count ?? 0
  t.ok(taken > 2000 && taken < 3200, `${taken} of 10000, about a quarter`)
})

t.test('a pause in the middle of a measurement does not end the counting', async t => {
  const budget = new RowBudget(50, () => 0)
  for (let times = 0; times < 100; times++) budget.spent(1, 1)
  budget.spent(1, 1e6)
  t.equal(budget.take(30)?.count, 30)
})
