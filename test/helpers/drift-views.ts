// Views of drift made by hand: whole versions as people meet them, and as nobody should.
import type { DriftView, MonitorState, MonitorView, RateView } from '../../src/monitoring/drift/view.ts'
import {
  categoricalReference,
  emptyWindow,
  monitorView,
  plans,
  rateView,
  timelineTo,
  windowView
} from './drift-monitors.ts'

export const madeAt = '2025-11-27T07:30:00.000Z'

export function driftView(monitors: readonly MonitorView[], wishes: Partial<DriftView> = {}): DriftView {
  return {
    model: 'churn',
    version: 3,
    state: monitors[0]?.state ?? 'ok',
    reason: undefined,
    profile: {
      id: '9f2c41d7aa01bb23',
      source: 'train-2025-10.parquet',
      rows: 10_000,
      createdAt: '2025-11-02T14:05:00Z'
    },
    rowsSeen: 214_380,
    rowsCounted: 214_380,
    falseAlarmsPerWeek: 0.5,
    evaluatedAt: '2025-11-27T07:25:00.000Z',
    violations: { type: 12, shape: 0, name: 3, range: 41 },
    monitors,
    ...wishes
  }
}

/** One monitor and more of each state that a version with a baseline can have, in no order. */
export function everyState(): DriftView {
  const bad: RateView = { ...rateView('missing', 107, 1340), p: 3e-14, severity: 'critical' }
  const income = monitorView('monthly_charges', 'critical')
  const withRates = income.windows.map(window =>
    window.window === '1h' ? { ...window, rates: [bad, ...window.rates.slice(1)] } : window
  )
  const planWindows = [
    windowView('10m', plans, [22, 14, 21, 9, 2, 1, 1, 0]),
    windowView('1h', plans, [422, 248, 391, 134, 68, 51, 24, 3]),
    windowView('24h', plans, [9610, 6040, 9000, 3120, 1590, 1180, 560, 64]),
    emptyWindow('7d', plans.bins.length)
  ]
  return driftView(
    [
      monitorView('tenure_months', 'ok'),
      monitorView('plan', 'warning', {
        reference: plans,
        explanation: 'Fewer customers have the basic plan and more are students than in the baseline.',
        windows: planWindows,
        timeline: timelineTo(planWindows[1]!.psi!)
      }),
      { ...income, windows: withRates },
      monitorView('output:probability', 'significant_small'),
      monitorView('support_calls', 'insufficient_data'),
      monitorView('derived:pca_residual', 'ok'),
      monitorView('contract', 'ok', { reference: plans })
    ],
    { state: 'critical', rowsCounted: 180_112 }
  )
}

/** A hundred monitors; a few are not well. */
export function manyMonitors(): DriftView {
  const stateAt = (index: number): MonitorState =>
    index % 31 === 5
      ? 'critical'
      : index % 23 === 7
        ? 'warning'
        : index % 29 === 3
          ? 'insufficient_data'
          : 'ok'
  const monitors = Array.from({ length: 100 }, (_, index) =>
    monitorView(`sensor_${String(index).padStart(3, '0')}`, stateAt(index))
  )
  return driftView(monitors, { model: 'turbine', state: 'critical' })
}

/** Names, sources and reasons that are markup, keys of objects, or written from right to left. */
export const hostileNames = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' onload='alert(1)",
  '__proto__',
  'constructor',
  '\u202egnp.exe',
  '\u0000\u001b[31m\ud800',
  '</style></title></svg>&amp;',
  'x'.repeat(300),
  ''
]

export function hostileView(): DriftView {
  const monitors = hostileNames.map(name =>
    monitorView(name, 'critical', {
      explanation: name,
      reference: categoricalReference(hostileNames, [...hostileNames.map((_, index) => 100 - index), 5])
    })
  )
  const profile = { id: hostileNames[0]!, source: hostileNames[1]!, rows: 1, createdAt: hostileNames[2]! }
  return driftView(monitors, {
    model: hostileNames[0]!,
    reason: hostileNames[1]!,
    evaluatedAt: hostileNames[0]!,
    profile
  })
}

export function learningView(): DriftView {
  return driftView([monitorView('a', 'learning'), monitorView('output:y', 'learning')], {
    state: 'learning',
    reason: '1,204 of 5,000 rows seen; at the earliest complete at 2025-11-28 07:00 UTC',
    profile: undefined,
    rowsSeen: 1204,
    rowsCounted: 1204,
    evaluatedAt: undefined
  })
}

export function noBaselineView(): DriftView {
  return driftView([], {
    state: 'no_baseline',
    reason: 'the version has no reference.json, and monitoring.learn is off',
    profile: undefined,
    rowsSeen: 0,
    rowsCounted: 0,
    evaluatedAt: undefined
  })
}
