// What one look at one window finds, at a significance of 1 %: how often where nothing has changed, and how often where something has.
// A window is ten sub-windows, as the shortest is, so that correlation is judged as it is in service.
import { seededRandom } from '../../src/base/random.ts'
import type { WatchedMonitor } from '../../src/monitoring/drift/watched.ts'
import { type Benchmark, type Figure, wholeNumber } from '../harness.ts'
import { type Change, Draws, type Kind, Stream } from './streams.ts'
import { count, tick, watch } from './watching.ts'

const alpha = 0.01
const subWindows = 10
/** Windows of each reference; a new one is drawn after so many, since each has noise of its own. */
const windowsPerReference = 50
const windows = wholeNumber('BENCH_WINDOWS', 1000)

interface Looks {
  readonly stream: Stream
  readonly reference: number
  readonly rows: number
  readonly copies?: number
  readonly changes?: Readonly<Record<string, Change>>
  readonly seed: number
}

type Look = ReturnType<ReturnType<typeof watch>['scores']>

/** Each monitor's scores in window after window, none of which has rows of another. */
function look(
  { stream, reference, rows, copies = 1, changes, seed }: Looks,
  see: (monitor: WatchedMonitor, scores: Look) => void
): void {
  const draws = new Draws(seededRandom(seed))
  const perSubWindow = Math.round(rows / subWindows)
  for (let done = 0; done < windows; done += windowsPerReference) {
    const watched = watch(stream, stream.profile(reference, draws))
    for (let window = 0; window < Math.min(windowsPerReference, windows - done); window++) {
      for (let at = 0; at < subWindows; at++) {
        count(watched, perSubWindow, { stream, draws, copies, ...(changes !== undefined && { changes }) })
        if (at < subWindows - 1) watched.tick()
        else tick(watched)
      }
      for (const monitor of watched.monitors) see(monitor, watched.scores(monitor, 0))
    }
  }
}

const tests = ['psiP', 'ksP', 'chi2P'] as const

interface Counted {
  looks: number
  significant: number
}

/** Shares of looks whose test says less than 1 %, by test, where nothing has changed. */
function falsePositives(of: Omit<Looks, 'stream' | 'seed'>): Map<string, number> {
  const found = new Map<string, Counted>()
  look({ ...of, stream: new Stream(2), seed: of.reference + of.rows }, (_, scores) => {
    for (const test of tests) {
      const p = scores[test]
      if (p === undefined) continue
      const counted = found.get(test) ?? { looks: 0, significant: 0 }
      counted.looks++
      if (p < alpha) counted.significant++
      found.set(test, counted)
    }
  })
  return new Map([...found].map(([test, { looks, significant }]) => [test, (1000 * significant) / looks]))
}

const share = (what: string, value: number, budget?: string, bound?: number): Figure => ({
  what,
  value,
  unit: 'of 1000 looks',
  ...(budget !== undefined && bound !== undefined && { budget, ratio: value / bound })
})

const names = { psiP: 'PSI', ksP: 'KS', chi2P: 'χ²' } as const
const falsePositivesMost = 15
const falsePositivesMostCopied = 30

/** False positives of each test at 1 %; those of binned KS are fewer by its nature. */
export const driftTests: Benchmark = {
  name: 'drift-tests',
  run() {
    const cases = [1000, 10_000, 100_000].flatMap(reference =>
      [200, 500, 1000, 5000].map(rows => ({ reference, rows }))
    )
    const figures = cases.flatMap(({ reference, rows }) => {
      const found = falsePositives({ reference, rows })
      return tests.map(test =>
        share(
          `${names[test]}, reference ${reference}, ${rows} rows`,
          found.get(test) ?? 0,
          `≤ ${falsePositivesMost}`,
          falsePositivesMost
        )
      )
    })
    const copied = falsePositives({ reference: 10_000, rows: 1000, copies: 5 })
    for (const test of tests)
      figures.push(
        share(
          `${names[test]}, reference 10000, 1000 rows, each 5 times`,
          copied.get(test) ?? 0,
          `≤ ${falsePositivesMostCopied}`,
          falsePositivesMostCopied
        )
      )
    return Promise.resolve(figures)
  }
}

interface PowerCase {
  readonly what: string
  readonly kind: Kind
  readonly change: Change
  readonly by: 'distance' | 'missing' | 'unseen'
  readonly target?: number
}

const everyFiftieth = 1 / 50
const powerCases: readonly PowerCase[] = [
  { what: 'mean + 0.2σ', kind: 'normal', change: value => value + 0.2, by: 'distance', target: 0.9 },
  { what: 'mean + 0.5σ', kind: 'normal', change: value => value + 0.5, by: 'distance', target: 0.999 },
  { what: 'σ × 1.25', kind: 'normal', change: value => value * 1.25, by: 'distance', target: 0.95 },
  {
    what: 'missing 1 % → 3 %',
    kind: 'gaps',
    change: (value, { random }) => (random() < everyFiftieth ? Number.NaN : value),
    by: 'missing',
    target: 0.95
  },
  {
    what: 'a new category in 1 %',
    kind: 'category',
    change: (value, { random }) => (random() < 0.01 ? 1000 : value),
    by: 'unseen',
    target: 0.99
  },
  {
    what: '5 points from one of ten values to another',
    kind: 'integer',
    change: (value, { random }) => (value === 0 && random() < 0.5 ? 1 : value),
    by: 'distance',
    target: 0.95
  },
  {
    // The most frequent has 22 %. No test of all fifty together can see this often in a thousand rows.
    what: '5 points from one of fifty values to another',
    kind: 'category',
    change: (value, { random }) => (value === 0 && random() < 0.05 / 0.2223 ? 1 : value),
    by: 'distance'
  }
]

/** Shares of looks at a thousand rows that find a change. */
export const driftPower: Benchmark = {
  name: 'drift-power',
  run() {
    return Promise.resolve(
      powerCases.map(({ what, kind, change, by, target }, index) => {
        let [looks, found] = [0, 0]
        const changes = { [`${kind}0`]: change }
        const stream = new Stream(1, [kind])
        look({ stream, reference: 10_000, rows: 1000, changes, seed: index + 1 }, ({ plan }, scores) => {
          if (plan.name !== `${kind}0`) return
          looks++
          const ps =
            by === 'distance'
              ? tests.map(test => scores[test])
              : scores.rates.filter(rate => rate.kind === by).map(({ p }) => p)
          if (ps.some(p => p !== undefined && p < alpha)) found++
        })
        const power = Math.round((1000 * found) / looks)
        return target === undefined
          ? share(what, power)
          : share(what, power, `≥ ${target * 1000}`, target * 1000)
      })
    )
  }
}
