import t from 'tap'
import { explain, overall } from '../../../src/monitoring/drift/explain.ts'
import type { MonitorView, RateView, WindowView } from '../../../src/monitoring/drift/view.ts'

type Facts = Parameters<typeof explain>[0]

const hour: WindowView = {
  window: '1h',
  rows: 1000,
  effectiveRows: 1000,
  rowsMin: 513,
  designEffect: 1,
  severity: 'ok',
  counts: [700, 300],
  psi: 0.02,
  psiP: 0.4,
  ks: undefined,
  ksP: undefined,
  chi2: undefined,
  chi2P: undefined,
  jsBase2: 0.1,
  wasserstein: undefined,
  linf: 0.2,
  linfBin: 0,
  rates: []
}

const missing: RateView = {
  kind: 'missing',
  count: 80,
  share: 0.08,
  referenceShare: 0.001,
  p: 1e-20,
  severity: 'critical'
}

/** What is said of one window that decides. */
function said(
  state: MonitorView['state'],
  window: Partial<WindowView>,
  decides: string | null = '1h'
): string {
  const facts: Facts = {
    name: 'age',
    kind: 'numeric',
    state,
    window: decides ?? undefined,
    thresholds: { warning: 0.1, critical: 0.2 },
    windows: [{ ...hour, ...window }],
    reference: {
      rows: 10_000,
      counts: [5000, 5000],
      edges: [10],
      bins: ['below 10', '10 and above'],
      mean: 10,
      deviation: 1
    }
  }
  return explain(facts)
}

const cases: [name: string, said: string, expected: string][] = [
  ['nothing came', said('insufficient_data', { rows: 0, effectiveRows: 0 }, null), 'No rows yet.'],
  [
    'too few',
    said('insufficient_data', { effectiveRows: 40.7 }, null),
    'Too few rows to tell: 40 of about 513 that it takes.'
  ],
  [
    'enough since the latest evaluation',
    said('insufficient_data', { effectiveRows: 600 }, null),
    'There were too few rows at the latest evaluation; there are 600 now, of about 513 that it takes.'
  ],
  ['alike', said('ok', {}), 'Looks like the reference over the last 1h (score 0.02).'],
  [
    'far, but by chance',
    said('ok', { psi: 0.15 }),
    'May be like the reference: that so few rows differ so much can be chance (score 0.15).'
  ],
  [
    'a little',
    said('significant_small', { severity: 'significant_small' }),
    'Differs a little from the reference, and not by chance: 70 % of the rows are below 10, where the reference has 50 % (score 0.02, below the warning at 0.1).'
  ],
  [
    'a warning',
    said('warning', { severity: 'warning', psi: 0.13 }),
    'Looks different from the reference: 70 % of the rows are below 10, where the reference has 50 % (score 0.13, warning from 0.1).'
  ],
  [
    'critical',
    said('critical', { severity: 'critical', psi: 0.5 }),
    'Looks different from the reference: 70 % of the rows are below 10, where the reference has 50 % (score 0.5, critical from 0.2).'
  ],
  [
    'a rate',
    said('critical', { severity: 'critical', rates: [missing] }),
    'Values are missing in 8 % of the rows of the last 1h, where the reference has 0.1 %.'
  ],
  [
    'a rate of which the state does not know yet',
    said('ok', { severity: 'critical', rates: [missing] }),
    'Values are missing in 8 % of the rows of the last 1h, where the reference has 0.1 %. That is new: the state is ok until it lasts.'
  ],
  [
    'a score that has gone down while the state lasts',
    said('critical', { severity: 'warning', psi: 0.13 }),
    'Looks different from the reference: 70 % of the rows are below 10, where the reference has 50 % (score 0.13, warning from 0.1). That is new: the state is critical until it lasts.'
  ],
  [
    'the first window with enough rows',
    said('insufficient_data', {}),
    'Looks like the reference over the last 1h (score 0.02). That is new: the state is that of too few rows until it lasts.'
  ]
]

for (const [name, text, expected] of cases) t.test(name, async t => t.equal(text, expected))

t.test('the whole is as bad as the worst', async t => {
  t.equal(overall([]), 'insufficient_data')
  t.equal(overall(['ok', 'insufficient_data']), 'ok')
  t.equal(overall(['ok', 'critical', 'warning']), 'critical')
})
