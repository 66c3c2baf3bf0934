import t from 'tap'
import { coordinate, scaleUpTo } from '../../../../src/monitoring/drift/report/scale.ts'

t.test('a scale holds what it is for, in few round steps', async t => {
  const cases: [number, number[]][] = [
    [1, [0, 0.25, 0.5, 0.75, 1]],
    [0.3, [0, 0.1, 0.2, 0.3]],
    [0.34, [0, 0.1, 0.2, 0.3, 0.4]],
    [0.081, [0, 0.025, 0.05, 0.075, 0.1]],
    [0.24, [0, 0.1, 0.2, 0.3]],
    [17, [0, 5, 10, 15, 20]],
    [0, [0, 0.25, 0.5, 0.75, 1]],
    [Number.NaN, [0, 0.25, 0.5, 0.75, 1]]
  ]
  for (const [max, ticks] of cases) t.strictSame(scaleUpTo(max), { top: ticks.at(-1), ticks }, String(max))
})

t.test('tops are never below what they are for', async t => {
  for (let max = 1e-6; max < 1e6; max *= 1.37) {
    const { top, ticks } = scaleUpTo(max)
    t.ok(top >= max * (1 - 1e-9) && top <= max * 2.5 && ticks.length <= 5, `${max}: ${ticks.join(' ')}`)
  }
})

t.test('coordinates have two decimals', async t => {
  t.equal(coordinate(1 / 3), 0.33)
})
