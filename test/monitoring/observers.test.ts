import t from 'tap'
import type { LifecycleEvent } from '../../src/lifecycle/events.ts'
import { Metrics } from '../../src/monitoring/metrics.ts'
import { gateCounts, inferenceObserver, loadDurations } from '../../src/monitoring/observers.ts'
import { lifecycleEvent, verdict } from '../helpers/fakes.ts'

/** The lines of one metric in an exposition. */
async function linesOf(metrics: Metrics, name: string): Promise<string[]> {
  return (await metrics.render()).split('\n').filter(line => line.startsWith(name))
}

const passed = verdict()
const failed = verdict({ passed: false })

t.test('each gate is counted once, by what it found', async t => {
  const metrics = new Metrics()
  const listen = gateCounts(metrics)
  const life: Partial<LifecycleEvent>[] = [
    { from: 'warming', to: 'gating' },
    { from: 'gating', to: 'ready', verdict: passed },
    { from: 'ready', to: 'draining', verdict: passed },
    { from: 'draining', to: 'unloading', verdict: passed },
    { from: 'unloading', to: 'unloaded' },
    { from: 'gating', to: 'failed', verdict: failed },
    { from: 'gating', to: 'failed', verdict: failed },
    // It passed, and something else went wrong afterwards.
    { from: 'gating', to: 'failed', verdict: passed, model: 'other' },
    { from: 'loading', to: 'failed' },
    { from: 'ready', to: 'failed', verdict: passed },
    { from: 'warming', to: 'ready' }
  ]
  for (const event of life) listen(lifecycleEvent(event))
  listen({ type: 'label', model: 'm', label: 'stable', from: undefined, to: 1, cause: 'start' })
  t.strictSame(await linesOf(metrics, 'kedge_gate_total'), [
    'kedge_gate_total{model="m",verdict="passed"} 1',
    'kedge_gate_total{model="m",verdict="failed"} 2',
    'kedge_gate_total{model="other",verdict="passed"} 1',
    'kedge_gate_total{model="other",verdict="failed"} 0'
  ])
})

t.test(
  'a model has counts of gates from its first event, so that the first gate that fails is an increase',
  async t => {
    const metrics = new Metrics()
    gateCounts(metrics)(lifecycleEvent({ from: 'discovered', to: 'validating' }))
    t.strictSame(await linesOf(metrics, 'kedge_gate_total'), [
      'kedge_gate_total{model="m",verdict="passed"} 0',
      'kedge_gate_total{model="m",verdict="failed"} 0'
    ])
  }
)

t.test('every outcome has a count from the first request of its protocol', async t => {
  const metrics = new Metrics()
  const { finished } = inferenceObserver(metrics)
  const report = { durationMs: 1, ran: undefined, error: undefined, key: undefined }
  finished({ ...report, version: undefined, protocol: 'v2', outcome: 'invalid' })
  finished({ ...report, version: undefined, protocol: 'v2', outcome: 'invalid' })
  const expected = { success: 0, invalid: 2, rejected: 0, expired: 0, cancelled: 0, failed: 0 }
  t.strictSame(
    await linesOf(metrics, 'kedge_requests_total'),
    Object.entries(expected).map(
      ([outcome, count]) =>
        `kedge_requests_total{model="",version="",protocol="v2",outcome="${outcome}"} ${count}`
    )
  )
})

t.test('the time of a load that ended in readiness is counted', async t => {
  const metrics = new Metrics()
  const listen = loadDurations(metrics)
  listen(lifecycleEvent({ to: 'ready', loadMs: 1500 }))
  listen(lifecycleEvent({ to: 'failed', loadMs: 7000 }))
  listen(lifecycleEvent({ to: 'loading' }))
  listen({ type: 'label', model: 'm', label: 'stable', from: undefined, to: 1, cause: 'start' })
  const lines = await linesOf(metrics, 'kedge_load_duration_seconds')
  t.ok(lines.includes('kedge_load_duration_seconds_sum{model="m"} 1.5'))
  t.ok(lines.includes('kedge_load_duration_seconds_count{model="m"} 1'))
})
