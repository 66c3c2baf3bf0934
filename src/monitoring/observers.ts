// Turns what the pipeline and the manager report into counts. Rows of counters are kept by version, so that the request path
// looks nothing up by label.
import { type InferenceObserver, type Outcome, outcomes, type RequestReport } from '../inference/observer.ts'
import type { LifecycleListener } from '../lifecycle/events.ts'
import type { ModelVersion } from '../lifecycle/model-version.ts'
import type { Metrics } from './metrics.ts'

/** Counters by protocol and outcome. */
type Counts = Map<string, Record<Outcome, Float64Array>>

/** The rows of one version. */
interface VersionRows {
  readonly counts: Counts
  readonly request: Float64Array
  readonly queue: Float64Array
  readonly run: Float64Array
  readonly batchRows: Float64Array
  readonly rows: Float64Array
  readonly batches: Float64Array
}

export function inferenceObserver(metrics: Metrics): InferenceObserver {
  const requests = metrics.counter('kedge_requests_total')
  const requestSeconds = metrics.histogram('kedge_request_duration_seconds')
  const queueSeconds = metrics.histogram('kedge_queue_duration_seconds')
  const runSeconds = metrics.histogram('kedge_run_duration_seconds')
  const batchRows = metrics.histogram('kedge_batch_rows')
  const known = new WeakMap<ModelVersion, VersionRows>()
  const nowhere: Counts = new Map()

  function rowsFor(version: ModelVersion): VersionRows {
    const before = known.get(version)
    if (before !== undefined) return before
    const labels = { model: version.model, version: String(version.version) }
    const rows = {
      counts: new Map(),
      request: requestSeconds.row(labels),
      queue: queueSeconds.row(labels),
      run: runSeconds.row(labels),
      batchRows: batchRows.row(labels),
      rows: metrics.counter('kedge_rows_total').row(labels),
      batches: metrics.counter('kedge_batches_total').row(labels)
    }
    known.set(version, rows)
    return rows
  }

  /** The row of each outcome. All begin at 0 together: Prometheus takes a series that begins at 1 for one that has always been there. */
  function countsOf(counts: Counts, version: ModelVersion | undefined, protocol: string) {
    let rows = counts.get(protocol)
    if (rows === undefined) {
      const own = {
        model: version?.model ?? '',
        version: version === undefined ? '' : String(version.version)
      }
      rows = Object.fromEntries(
        outcomes.map(outcome => [outcome, requests.row({ ...own, protocol, outcome })])
      ) as Record<Outcome, Float64Array>
      counts.set(protocol, rows)
    }
    return rows
  }

  return {
    finished({ version, protocol, outcome, durationMs, ran }: RequestReport) {
      if (version === undefined) {
        countsOf(nowhere, undefined, protocol)[outcome][0]! += 1
        return
      }
      const rows = rowsFor(version)
      countsOf(rows.counts, version, protocol)[outcome][0]! += 1
      if (ran === undefined) return
      requestSeconds.observe(rows.request, durationMs / 1000)
      const { result } = ran
      queueSeconds.observe(rows.queue, result.queueMs / 1000)
      rows.rows[0]! += ran.rows
      // A batch is one run, whoever shares it.
      if (!result.firstOfBatch) return
      runSeconds.observe(rows.run, result.runMs / 1000)
      batchRows.observe(rows.batchRows, result.batchRows)
      rows.batches[0]! += 1
    }
  }
}

export function loadDurations(metrics: Metrics): LifecycleListener {
  const seconds = metrics.histogram('kedge_load_duration_seconds')
  return event => {
    if (event.type !== 'state' || event.to !== 'ready' || event.loadMs === undefined) return
    seconds.observe(seconds.row({ model: event.model }), event.loadMs / 1000)
  }
}

/** Counts each gate once, when the load that it belongs to ends. Both verdicts are there, at 0, from a model's first event. */
export function gateCounts(metrics: Metrics): LifecycleListener {
  const gates = metrics.counter('kedge_gate_total')
  return event => {
    if (event.type !== 'state') return
    const { model, from, to, verdict } = event
    // An alert on the first version that fails needs the 0 before it.
    const rows = {
      passed: gates.row({ model, verdict: 'passed' }),
      failed: gates.row({ model, verdict: 'failed' })
    }
    if (verdict === undefined) return
    const isLoaded = to === 'ready' || (to === 'failed' && from !== 'ready')
    if (isLoaded) rows[verdict.passed ? 'passed' : 'failed'][0]! += 1
  }
}
