// How often clean data alarms, and how soon a shift does, beside the customary rule (PSI above 0.1 each hour) and a dummy that alarms now and
// then whatever comes. Everything is drawn from one seed; a week is simulated minute by minute.
import { seededRandom } from '../../src/base/random.ts'
import { psi } from '../../src/monitoring/drift/statistics.ts'
import { type Benchmark, type Figure, median, wholeNumber } from '../harness.ts'
import { Draws, Stream } from './streams.ts'
import { count, isAlarm, rowsOfTick, shipped, tick, ticksPerHour, ticksPerWeek, watch } from './watching.ts'

const perKind = 5
const slack = 1.5
const customary = 0.1
/** The dummy alarms once in so many minutes. */
const dummyEvery = 24 * 60
/** Simulated weeks of each size; more take as many minutes. */
const weeks = wholeNumber('BENCH_WEEKS', 1)

interface Week {
  readonly alarms: number
  readonly small: number
  readonly customary: number
}

function week(reference: number, rowsPerHour: number, copies: number, seed: number): Week {
  const stream = new Stream(perKind)
  const draws = new Draws(seededRandom(seed))
  const watched = watch(stream, stream.profile(reference, draws))
  let [alarms, small, naive] = [0, 0, 0]
  for (let at = 0; at < ticksPerWeek; at++) {
    count(watched, rowsOfTick(at, rowsPerHour), { stream, draws, copies })
    for (const change of tick(watched)) {
      if (isAlarm(change)) alarms++
      else if (change.to === 'significant_small' && change.from === 'ok') small++
    }
    if (at % ticksPerHour !== ticksPerHour - 1) continue
    for (const monitor of watched.monitors) {
      const { counts } = watched.scores(monitor, 1)
      const base =
        monitor.reference.kind === 'numeric' ? monitor.reference.counts : [...monitor.reference.counts, 0]
      if (psi(base, counts) > customary) naive++
    }
  }
  return { alarms, small, customary: naive }
}

const traffics = [
  { reference: 1000, rowsPerHour: 1000, copies: 1 },
  { reference: 10_000, rowsPerHour: 200, copies: 1 },
  { reference: 10_000, rowsPerHour: 1000, copies: 1 },
  { reference: 10_000, rowsPerHour: 200, copies: 5 }
]

/** False alarms of a week of clean data. */
export const driftNull: Benchmark = {
  name: 'drift-null',
  run() {
    const budget = shipped.falseAlarmsPerWeek * slack
    const figures: Figure[] = []
    let [alarms, runs] = [0, 0]
    for (const { reference, rowsPerHour, copies } of traffics) {
      const found = Array.from({ length: weeks }, (_, index) =>
        week(reference, rowsPerHour, copies, index + 1)
      )
      const mean = (of: (week: Week) => number): number =>
        found.reduce((sum, one) => sum + of(one), 0) / weeks
      const what = `30 clean features, reference ${reference}, ${rowsPerHour} rows/h${copies > 1 ? `, each ${copies} times` : ''}`
      alarms += mean(({ alarms }) => alarms)
      runs++
      figures.push(
        { what: `${what}: alarms`, value: mean(({ alarms }) => alarms), unit: 'a week' },
        { what: `${what}: told as small`, value: mean(({ small }) => small), unit: 'a week' },
        {
          what: `${what}: by PSI > 0.1 each hour`,
          value: mean(({ customary }) => customary),
          unit: 'a week'
        }
      )
    }
    figures.push(
      { what: 'a dummy that alarms once a day', value: ticksPerWeek / dummyEvery, unit: 'a week' },
      {
        what: 'alarms, mean of all',
        value: alarms / runs,
        unit: 'a week',
        budget: `≤ ${budget}`,
        ratio: alarms / runs / budget
      }
    )
    return Promise.resolve(figures)
  }
}

const hundredRowsASecond = 360_000
const seeds = wholeNumber('BENCH_SEEDS', 5)

/** Minutes from a shift of one feature to the state, after an hour of clean data; more than `most` where it is not reached. */
function delay(shift: number, states: readonly string[], most: number, seed: number): number {
  const stream = new Stream(perKind)
  const draws = new Draws(seededRandom(1000 + seed))
  const watched = watch(stream, stream.profile(10_000, draws))
  for (let at = 0; at < ticksPerHour; at++) {
    count(watched, rowsOfTick(at, hundredRowsASecond), { stream, draws })
    tick(watched)
  }
  const changes = { normal0: (value: number) => value + shift }
  for (let minute = 1; minute <= most; minute++) {
    count(watched, rowsOfTick(minute, hundredRowsASecond), { stream, draws, changes })
    tick(watched)
    const monitor = watched.monitors.find(({ plan }) => plan.name === 'normal0')
    if (monitor !== undefined && states.includes(monitor.state)) return minute
  }
  return most + 1
}

/** How soon a shift is told at a hundred rows a second. */
export const driftDelay: Benchmark = {
  name: 'drift-delay',
  run() {
    const cases = [
      { shift: 0.5, states: ['warning', 'critical'], budget: 10, name: 'warning' },
      {
        shift: 0.2,
        states: ['significant_small', 'warning', 'critical'],
        budget: 25,
        name: 'significant_small'
      }
    ]
    return Promise.resolve(
      cases.flatMap(({ shift, states, budget, name }): Figure[] => {
        const all = Array.from({ length: seeds }, (_, seed) => delay(shift, states, budget + 20, seed))
        const worst = Math.max(...all)
        return [
          {
            what: `+${shift}σ at 100 rows/s to ${name}, median of ${seeds}`,
            value: median(all),
            unit: 'min',
            rounds: all
          },
          { what: 'the slowest', value: worst, unit: 'min', budget: `≤ ${budget} min`, ratio: worst / budget }
        ]
      })
    )
  }
}
