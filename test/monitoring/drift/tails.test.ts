import t from 'tap'
import {
  betaTail,
  chiSquareQuantile,
  chiSquareTail,
  kolmogorovTail,
  logChiSquareTail,
  logGamma
} from '../../../src/monitoring/drift/tails.ts'
import { distance, scipy } from '../../helpers/drift-fixture.ts'

const { tails } = scipy

t.test('the logarithm of Γ', async t => {
  for (const { x, log } of tails.gamma)
    t.ok(distance(logGamma(x), log) < 1e-12 || Math.abs(logGamma(x) - log) < 1e-13, `Γ(${x})`)
})

t.test('tails of χ² agree with scipy, far out as well', async t => {
  for (const { x, df, logP } of tails.chi2) {
    const got = logChiSquareTail(x, df)
    if (logP === null) {
      t.ok(got < -700 && Number.isFinite(got), `χ²(${df}) ≥ ${x}: ${got}`)
      continue
    }
    // A relative error of p is an absolute one of its logarithm.
    t.ok(Math.abs(got - logP) < 1e-9 + 1e-13 * Math.abs(logP), `χ²(${df}) ≥ ${x}: ${got}, expected ${logP}`)
    if (logP > -460) t.ok(distance(chiSquareTail(x, df), Math.exp(logP)) < 1e-7, `χ²(${df}) ≥ ${x}`)
  }
})

t.test('the logarithm of a tail of χ² goes on where the tail is zero', async t => {
  for (const { x, df, logP } of tails.chi2Far) {
    t.ok(distance(logChiSquareTail(x, df), logP) < 1e-12, `χ²(${df}) ≥ ${x}`)
    t.equal(chiSquareTail(x, df) > 0, logP > -745, `χ²(${df}) ≥ ${x}`)
  }
})

t.test('quantiles of χ² are where the tail is that large', async t => {
  for (const { alpha, df, x } of tails.chi2Quantile)
    t.ok(distance(chiSquareQuantile(alpha, df), x) < 1e-9, `χ²(${df}), ${alpha}`)
})

t.test('the tail of Kolmogorov’s statistic', async t => {
  for (const { x, p } of tails.kolmogorov)
    t.ok(distance(kolmogorovTail(x), p) < 1e-9, `${x}: ${kolmogorovTail(x)}, expected ${p}`)
  t.equal(kolmogorovTail(0), 1)
})

t.test('the incomplete beta function', async t => {
  for (const { x, a, b, p } of tails.beta) {
    const got = betaTail(x, a, b)
    // Below what scipy holds exactly nothing can be compared.
    if (p > 1e-290) t.ok(distance(got, p) < 1e-11, `I_${x}(${a}, ${b}): ${got}, expected ${p}`)
    else t.ok(got < 1e-280)
  }
  t.strictSame([betaTail(0, 2, 3), betaTail(1, 2, 3)], [0, 1])
})
