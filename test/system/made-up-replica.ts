// A server that is no Kedge and exposes each of its metrics, with counters that grow by the same steps at each scrape: whatever asks for a
// metric or a label that exists finds something.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'
import { driftMetricTable } from '../../src/monitoring/drift/metric-table.ts'
import { monitorStates } from '../../src/monitoring/drift/view.ts'
import { durationBounds, type MetricFacts, metricTable } from '../../src/monitoring/metric-table.ts'
import { Metrics } from '../../src/monitoring/metrics.ts'

type Labels = Readonly<Record<string, string>>

const labelValues: Readonly<Record<string, readonly string[]>> = {
  model: ['m', 'n'],
  version: ['1', '2'],
  profile: ['aa'],
  feature: ['height', 'width', 'output:label'],
  bin: ['00', '01'],
  kind: ['ok', 'missing', 'unseen', 'shape'],
  level: ['warning', 'critical'],
  method: ['psi', 'js_base2', 'ks', 'wasserstein'],
  state: [...monitorStates, 'ready', 'failed'],
  to: ['ok', 'warning'],
  outcome: ['success', 'invalid', 'rejected', 'failed'],
  verdict: ['passed', 'failed']
}

/** Steps of counters that should differ; of all others 1. */
const steps: Readonly<Record<string, number>> = { 'bin=00': 30, 'bin=01': 10, 'kind=ok': 40 }

const gauges: Readonly<Record<string, number>> = {
  kedge_reference_bin_ratio: 0.5,
  kedge_reference_rows: 10_000,
  kedge_reference_observation_ratio: 0.001,
  kedge_drift_null_chi2: 24,
  kedge_drift_rows_min: 20,
  kedge_drift_design_effect: 2
}

/** Every combination of the labels' values. A label without any is told of by its own name. */
function combinations(labels: readonly string[]): readonly Labels[] {
  return labels.reduce<Labels[]>(
    (all, label) =>
      all.flatMap(some => (labelValues[label] ?? [label]).map(value => ({ ...some, [label]: value }))),
    [{}]
  )
}

function gaugeValue(name: string, labels: Labels): number {
  if (name === 'kedge_drift_threshold') return labels['level'] === 'critical' ? 0.2 : 0.1
  if (name === 'kedge_repository_last_scan_timestamp_seconds') return Date.now() / 1000
  return gauges[name] ?? 1
}

const line = (name: string, labels: Labels, value: number): string => {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${text}"`)
  return `${name}{${pairs.join()}} ${value}\n`
}

function linesOf(name: string, { type, labels }: MetricFacts, scrapes: number): string {
  const each = (lines: (own: Labels) => string): string => combinations(labels).map(lines).join('')
  if (type === 'gauge') return each(own => line(name, own, gaugeValue(name, own)))
  if (type === 'counter')
    return each(own => {
      const step = Object.entries(own).reduce((most, [label, value]) => steps[`${label}=${value}`] ?? most, 1)
      return line(name, own, scrapes * step)
    })
  return each(own => {
    const buckets = [...durationBounds, Number.POSITIVE_INFINITY].map((bound, index) =>
      line(`${name}_bucket`, { ...own, le: Number.isFinite(bound) ? String(bound) : '+Inf' }, scrapes * index)
    )
    const count = line(`${name}_count`, own, scrapes * durationBounds.length)
    return buckets.join('') + line(`${name}_sum`, own, scrapes) + count
  })
}

export interface MadeUpReplica {
  readonly address: string
  /** Settles at the next scrape. */
  scraped(): Promise<unknown>
}

export async function madeUpReplica(t: Pick<Test, 'teardown'>): Promise<MadeUpReplica> {
  const process = await new Metrics().render()
  const ofProcess = process.split('\n').filter(text => /^(process|nodejs)_/.test(text))
  let scrapes = 0
  const server = createServer((_, response) => {
    const own = Object.entries<MetricFacts>({ ...metricTable, ...driftMetricTable })
    const lines = own.map(([name, facts]) => linesOf(name, facts, scrapes))
    scrapes++
    response.setHeader('content-type', 'text/plain; version=0.0.4')
    response.end(`${ofProcess.join('\n')}\n${lines.join('')}`)
    server.emit('scraped')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  const { port } = server.address() as AddressInfo
  return { address: `http://127.0.0.1:${port}`, scraped: () => once(server, 'scraped') }
}
