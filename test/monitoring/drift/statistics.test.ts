import fc from 'fast-check'
import t from 'tap'
import { seededRandom } from '../../../src/base/random.ts'
import {
  chiSquare,
  designEffect,
  jsBase2,
  ks,
  ksTail,
  linf,
  psi,
  psiRowsMin,
  psiTail,
  rateTail,
  totalOf,
  wasserstein
} from '../../../src/monitoring/drift/statistics.ts'
import { logChiSquareTail } from '../../../src/monitoring/drift/tails.ts'
import { distance, scipy } from '../../helpers/drift-fixture.ts'

const filled = (count: number, value: number): number[] => new Array<number>(count).fill(value)

/** As the published vectors have it: probabilities in six digits, all else in decimals. */
function printed(name: string, value: number): string {
  if (name === 'p' || name === 'chi2P') return value.toPrecision(6)
  return value.toFixed(name === 'chi2' ? 8 : 10)
}

t.test('golden vectors, to the digits that were printed', async t => {
  const cases: [a: number[], b: number[], expected: Record<string, number>][] = [
    [
      filled(10, 100),
      [90, 110, 95, 105, 100, 100, 120, 80, 100, 100],
      {
        psi: 0.0105098822,
        p: 0.811542,
        js: 0.0437240897,
        chi2: 5.29306665,
        chi2P: 0.808049,
        linf: 0.02,
        ks: 0.02
      }
    ],
    [
      filled(4, 250),
      [10, 20, 30, 40],
      {
        psi: 0.2179942132,
        p: 1.85171e-4,
        js: 0.2005033225,
        chi2: 18.23124991,
        chi2P: 3.94091e-4,
        linf: 0.15,
        ks: 0.2
      }
    ],
    [
      filled(20, 1000),
      [...filled(10, 0), ...filled(10, 100)],
      { psi: 2.6253984693, p: 0, js: 0.5579230453, chi2: 954.54545455, linf: 0.05, ks: 0.5 }
    ],
    [
      [900, 100],
      [80, 20],
      {
        psi: 0.0846167361,
        p: 0.00554529,
        js: 0.1199102184,
        chi2: 9.3537415,
        chi2P: 0.00222531,
        linf: 0.1,
        ks: 0.1
      }
    ],
    [
      [500, 300, 150, 50, 0],
      [40, 30, 20, 5, 5],
      { psi: 0.2875845855, p: 2.9597e-5, js: 0.1777662771, linf: 0.1, ks: 0.1 }
    ]
  ]
  for (const [a, b, expected] of cases) {
    const index = psi(a, b)
    const test = chiSquare(a, b)
    const got: Record<string, number> = {
      psi: index,
      p: psiTail(index, totalOf(a), totalOf(b), a.length),
      js: jsBase2(a, b),
      chi2: test.statistic,
      chi2P: test.p,
      linf: linf(a, b).value,
      ks: ks(a, b)
    }
    for (const [name, value] of Object.entries(expected))
      t.equal(printed(name, got[name]!), printed(name, value), `${name} of ${b.join()}: ${got[name]}`)
  }
})

t.test('every statistic and its tail agrees with scipy', async t => {
  for (const { a, b, aMeans, bMeans, chi2, ...expected } of scipy.pairs) {
    const [n, m] = [totalOf(a), totalOf(b)]
    const name = `${a.length} bins, ${n} and ${m} rows`
    const index = psi(a, b)
    t.ok(distance(index, expected.psi) < 1e-9, `${name}: psi`)
    const logP = logChiSquareTail(index / (1 / n + 1 / m), a.length - 1)
    if (expected.psiLogP === null) t.ok(logP < -700, `${name}: p of psi`)
    else {
      t.ok(Math.abs(logP - expected.psiLogP) < 1e-7, `${name}: p of psi`)
      if (logP > -460) t.ok(distance(psiTail(index, n, m, a.length), Math.exp(logP)) < 1e-12)
    }
    t.ok(distance(ks(a, b), expected.ks) < 1e-9, `${name}: ks`)
    t.ok(distance(ksTail(ks(a, b), n, m), expected.ksP) < 1e-7, `${name}: p of ks`)
    t.ok(distance(jsBase2(a, b), expected.js) < 1e-9, `${name}: js`)
    t.ok(distance(linf(a, b).value, expected.linf) < 1e-9, `${name}: linf`)
    t.ok(distance(wasserstein(a, aMeans, b, bMeans), expected.wasserstein) < 1e-9, `${name}: wasserstein`)
    if (chi2 === undefined) continue
    const test = chiSquare(a, b)
    t.ok(distance(test.statistic, chi2.statistic) < 1e-9, `${name}: χ²`)
    t.equal(test.degreesOfFreedom, chi2.degreesOfFreedom, `${name}: degrees of freedom`)
    t.ok(distance(test.p, chi2.p) < 1e-7, `${name}: p of χ²`)
  }
  for (const { k, m, k0, n, p } of scipy.tails.rate)
    t.ok(distance(rateTail(k, m, k0, n), p) < 1e-9, `${k} of ${m} against ${k0} of ${n}`)
})

t.test('the same shares of more rows, and nothing in common, are the ends of the scale', async t => {
  const random = seededRandom(11)
  for (let repeat = 0; repeat < 200; repeat++) {
    const a = Array.from({ length: 7 }, () => Math.floor(random() * 100) + 1)
    // In fractions, so that the shares differ by a rounding.
    const more = a.map(count => count * 0.1)
    const same = [jsBase2(a, more), ks(a, more), linf(a, more).value]
    t.ok(
      same.every(value => value >= 0 && value < 1e-7),
      `${a.join()}: ${same.join()}`
    )
    const [early, late] = [
      [...a, ...filled(7, 0)],
      [...filled(7, 0), ...more]
    ]
    const apart = [jsBase2(early, late), ks(early, late)]
    t.ok(
      apart.every(value => value <= 1 && value > 1 - 1e-12),
      `${a.join()}: ${apart.join()}`
    )
  }
})

t.test('rows from which the threshold lies above the noise', async t => {
  // The table of critical values: B = 10 and 20, α = 2e-4.
  t.equal(Math.ceil(psiRowsMin(0.1, 31.99, 10_000)), 331)
  t.equal(Math.ceil(psiRowsMin(0.1, 48.75, 10_000)), 513)
  t.equal(Math.ceil(psiRowsMin(0.1, 48.75, 1000)), 952)
  t.equal(psiRowsMin(0.1, 48.75, 100), Number.POSITIVE_INFINITY)
})

t.test('rows that come twice are worth half', async t => {
  const random = seededRandom(7)
  const effect = (copies: number): number => {
    let sum = 0
    for (let repeat = 0; repeat < 200; repeat++) {
      const slots = Array.from({ length: 12 }, () => filled(10, 0))
      for (const slot of slots) for (let row = 0; row < 100; row++) slot[Math.floor(random() * 10)]! += copies
      sum += designEffect(slots)
    }
    return sum / 200
  }
  // Never below 1, so its mean over independent rows lies a little above.
  t.ok(effect(1) < 1.15, String(effect(1)))
  t.ok(Math.abs(effect(2) - 2) < 0.1)
  t.ok(Math.abs(effect(5) - 5) < 0.25)
  t.equal(designEffect([]), 1)
  t.equal(designEffect([[1, 2]]), 1, 'one slot varies from nothing')
  t.equal(
    designEffect([
      [5, 0],
      [0, 0],
      [7, 0]
    ]),
    1,
    'one bin varies from nothing'
  )
})

const counts = (bins: number) => fc.array(fc.nat({ max: 1e6 }), { minLength: bins, maxLength: bins })

t.test('whatever the counts: no NaN, and everything in its range', async t => {
  const any = fc.nat({ max: 30 }).chain(bins => fc.tuple(counts(bins), counts(bins)))
  fc.assert(
    fc.property(any, ([a, b]) => {
      const [n, m] = [totalOf(a), totalOf(b)]
      const index = psi(a, b)
      const test = chiSquare(a, b)
      const p = [
        psiTail(index, n, m, a.length),
        ksTail(ks(a, b), n, m),
        test.p,
        rateTail(a[0] ?? 0, n, b[0] ?? 0, m)
      ]
      const means = a.map((_, bin) => bin)
      const shares = [jsBase2(a, b), ks(a, b), linf(a, b).value]
      const positive = [index, test.statistic, wasserstein(a, means, b, means)]
      return (
        [...p, ...shares].every(value => value >= 0 && value <= 1) &&
        positive.every(value => value >= 0 && Number.isFinite(value)) &&
        designEffect([a, b]) >= 1
      )
    })
  )
  const filledPair = fc
    .integer({ min: 2, max: 20 })
    .chain(bins => fc.tuple(counts(bins), counts(bins)))
    .filter(([a, b]) => totalOf(a) > 0 && totalOf(b) > 0)
  const symmetric: readonly ((x: number[], y: number[]) => number)[] = [
    psi,
    jsBase2,
    ks,
    (x, y) => linf(x, y).value,
    (x, y) => chiSquare(x, y).statistic,
    (x, y) => wasserstein(x, [...x.keys()], y, [...y.keys()])
  ]
  fc.assert(
    fc.property(filledPair, ([a, b]) =>
      symmetric.every(of => Math.abs(of(a, b) - of(b, a)) < 1e-9 * Math.max(1, of(a, b)))
    )
  )
  t.pass()
})

t.test('rows that are too few to be a column join the smallest one', async t => {
  // One row in 200 that the reference's 100,000 never had: chance, which a column of its own would deny with p = 2e-106.
  const test = chiSquare([60_000, 40_000, 0], [119, 80, 1])
  t.equal(test.degreesOfFreedom, 1)
  t.ok(test.p > 0.5, `p = ${test.p}`)
  t.strictSame(test, chiSquare([60_000, 40_000], [119, 81]))
  // Enough of them are a column.
  t.equal(chiSquare([60_000, 40_000, 1500, 1500], [119, 75, 3, 3]).degreesOfFreedom, 2)
})

t.test('an empty side has distance 0 and probability 1', async t => {
  const [some, none, means] = [[3, 0, 4], filled(3, 0), [0, 1, 2]]
  for (const [a, b] of [
    [some, none],
    [none, some],
    [none, none],
    [[], []]
  ] as const) {
    const [n, m] = [totalOf(a), totalOf(b)]
    const distances = [psi(a, b), ks(a, b), jsBase2(a, b), linf(a, b).value, wasserstein(a, means, b, means)]
    t.strictSame(distances, filled(5, 0))
    t.strictSame(chiSquare(a, b), { statistic: 0, degreesOfFreedom: 0, p: 1 })
    t.strictSame([psiTail(0.1, n, m, 3), ksTail(0.1, n, m), rateTail(0, m, 0, n)], filled(3, 1))
  }
})

t.test('what is moved as a whole lies as far away as it was moved', async t => {
  const means = fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 20, maxLength: 20 })
  const distances = fc.integer({ min: -1000, max: 1000 })
  fc.assert(
    fc.property(counts(20), means, distances, (a, at, by) => {
      fc.pre(totalOf(a) > 0)
      const moved = at.map(value => value + by)
      return Math.abs(wasserstein(a, at, a, moved) - Math.abs(by)) < 1e-9 * 1000
    })
  )
  t.pass()
})

t.test('a rate is the less likely the more events there are in fewer rows', async t => {
  const positive = (max: number) => fc.double({ min: 0.01, max, noNaN: true })
  const cases = fc.tuple(positive(1e4), positive(1e6), fc.nat({ max: 1e4 }), positive(1e6), positive(100))
  // Not more than rounding: the tail comes from one of two fractions.
  const atMost = (p: number, q: number): boolean => p <= q * (1 + 1e-9) + 1e-15
  fc.assert(
    fc.property(cases, ([events, rows, before, referenceRows, more]) => {
      const p = rateTail(events, rows, before, referenceRows)
      return (
        p >= 0 &&
        p <= 1 &&
        atMost(rateTail(events + more, rows, before, referenceRows), p) &&
        atMost(rateTail(events, rows, before, referenceRows + more), p) &&
        atMost(p, rateTail(events, rows + more, before, referenceRows)) &&
        atMost(p, rateTail(events, rows, before + more, referenceRows))
      )
    })
  )
  t.pass()
})

t.test('one jump within a window is not taken for correlation', async t => {
  const random = seededRandom(17)
  let sum = 0
  for (let repeat = 0; repeat < 200; repeat++) {
    const slots = Array.from({ length: 12 }, () => filled(10, 0))
    for (const [index, slot] of slots.entries())
      for (let row = 0; row < 100; row++) slot[Math.floor(random() * (index < 6 ? 10 : 5))]! += 1
    sum += designEffect(slots)
  }
  t.ok(sum / 200 < 1.2, String(sum / 200))
})
