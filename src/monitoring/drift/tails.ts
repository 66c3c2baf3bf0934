// Tails of the distributions that chance follows, accurate in relative terms far out, where the decisions are made. Compared with
// scipy's in the tests.

/** Iterations after which a series has long converged for every argument that counts can make. */
const stepsMax = 100_000
const precision = 1e-16
const tiny = 1e-300

/** Lanczos' approximation with g = 7 and nine coefficients (P. Godfrey's). */
const lanczos = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7
] as const

/** ln Γ(x) for x > 0. */
export function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x)
  const z = x - 1
  let sum: number = lanczos[0]
  for (let index = 1; index < lanczos.length; index++) sum += lanczos[index]! / (z + index)
  const t = z + 7.5
  return 0.5 * Math.log(2 * Math.PI) + (z + 0.5) * Math.log(t) - t + Math.log(sum)
}

/** ln Q(a, x), Q the regularised upper incomplete gamma function; a > 0, x ≥ 0 (DLMF 8.11.4 and 8.9.2). */
function logGammaTail(a: number, x: number): number {
  if (x <= 0) return 0
  if (x === Number.POSITIVE_INFINITY) return Number.NEGATIVE_INFINITY
  const scale = a * Math.log(x) - x - logGamma(a)
  if (x < a + 1) {
    let term = 1 / a
    let sum = term
    for (let step = 1; step < stepsMax && term > sum * precision; step++) {
      term *= x / (a + step)
      sum += term
    }
    return Math.log1p(-Math.min(1 - precision, Math.exp(scale + Math.log(sum))))
  }
  // Lentz' method.
  let b = x + 1 - a
  let c = 1 / tiny
  let d = 1 / b
  let fraction = d
  for (let step = 1; step < stepsMax; step++) {
    const numerator = -step * (step - a)
    b += 2
    d = 1 / nonZero(numerator * d + b)
    c = nonZero(b + numerator / c)
    const change = d * c
    fraction *= change
    if (Math.abs(change - 1) < precision) break
  }
  return scale + Math.log(fraction)
}

/** P(χ² ≥ x) with so many degrees of freedom, of which there may be fractions. */
export function chiSquareTail(x: number, degreesOfFreedom: number): number {
  return Math.exp(logChiSquareTail(x, degreesOfFreedom))
}

export function logChiSquareTail(x: number, degreesOfFreedom: number): number {
  return logGammaTail(degreesOfFreedom / 2, x / 2)
}

/** The x for which `chiSquareTail(x, degreesOfFreedom)` is `alpha`, 0 < alpha < 1: bisection of the logarithm. */
export function chiSquareQuantile(alpha: number, degreesOfFreedom: number): number {
  const wanted = Math.log(alpha)
  let [low, high] = [0, degreesOfFreedom + 10]
  while (logChiSquareTail(high, degreesOfFreedom) > wanted) high *= 2
  for (let step = 0; step < 200; step++) {
    const middle = (low + high) / 2
    if (middle === low || middle === high) break
    if (logChiSquareTail(middle, degreesOfFreedom) > wanted) low = middle
    else high = middle
  }
  return (low + high) / 2
}

/** The limit of P(√n·D ≥ x) of Kolmogorov's statistic for large samples: scipy's `kstwobign.sf`. */
export function kolmogorovTail(x: number): number {
  if (x <= 0) return 1
  if (x < 1) {
    let sum = 0
    for (let k = 1; k < 100; k += 2) sum += Math.exp(-(k * k * Math.PI * Math.PI) / (8 * x * x))
    return Math.max(0, 1 - (Math.sqrt(2 * Math.PI) / x) * sum)
  }
  let sum = 0
  for (let k = 1; k < 100; k++) {
    const term = Math.exp(-2 * k * k * x * x)
    sum += k % 2 === 1 ? term : -term
    if (term < sum * precision) break
  }
  return Math.min(1, 2 * sum)
}

/**
 * I_x(a, b), the regularised incomplete beta function, for a, b > 0 and 0 ≤ x ≤ 1 (DLMF 8.17.22). With a = k and b = n − k + 1 it is
 * P(Bin(n, x) ≥ k).
 */
export function betaTail(x: number, a: number, b: number): number {
  if (x <= 0) return 0
  if (x >= 1) return 1
  const scale = logBetaPower(x, a, b)
  if (x < (a + 1) / (a + b + 2)) return Math.min(1, Math.exp(scale + Math.log(betaFraction(x, a, b) / a)))
  return Math.max(0, 1 - Math.exp(scale + Math.log(betaFraction(1 - x, b, a) / b)))
}

/**
 * ln(xᵃ(1 − x)ᵇ / B(a, b)). Millions of rows make logarithms of Γ whose digits cancel: what is left of each once Stirling's formula is
 * taken away is small, and the formulas themselves cancel on paper.
 */
function logBetaPower(x: number, a: number, b: number): number {
  const excess = x * b - (1 - x) * a
  const powers = a * logOf((x / a) * (a + b), excess / a) + b * logOf(((1 - x) / b) * (a + b), -excess / b)
  const rests = stirlingRest(a + b) - stirlingRest(a) - stirlingRest(b)
  return powers + rests + 0.5 * (Math.log(a) + Math.log(b / (a + b)) - Math.log(2 * Math.PI))
}

/** ln(ratio), of which `excess`, ratio − 1, has more digits where the two are close. */
function logOf(ratio: number, excess: number): number {
  return Math.abs(excess) < 0.5 ? Math.log1p(excess) : Math.log(ratio)
}

/** lnΓ(x) − ((x − ½)·ln x − x + ½·ln 2π), for x > 0 (DLMF 5.11.1). */
function stirlingRest(x: number): number {
  if (x < 10) return logGamma(x) - (x - 0.5) * Math.log(x) + x - 0.5 * Math.log(2 * Math.PI)
  const y = 1 / (x * x)
  return (1 / 12 - y * (1 / 360 - y * (1 / 1260 - y * (1 / 1680 - y * (1 / 1188 - (y * 691) / 360360))))) / x
}

function betaFraction(x: number, a: number, b: number): number {
  let c = 1
  let d = 1 / nonZero(1 - ((a + b) * x) / (a + 1))
  let fraction = d
  for (let m = 1; m < stepsMax; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    d = 1 / nonZero(1 + even * d)
    c = nonZero(1 + even / c)
    fraction *= d * c
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    d = 1 / nonZero(1 + odd * d)
    c = nonZero(1 + odd / c)
    const change = d * c
    fraction *= change
    if (Math.abs(change - 1) < precision) break
  }
  return fraction
}

function nonZero(value: number): number {
  return Math.abs(value) < tiny ? tiny : value
}
