// Turns what the pipeline and the manager report into counts. Rows of counters are kept by version, so that the request path
// looks nothing up by label.
import type { InferenceObserver, Outcome, RequestReport } from '../inference/observer.ts'
import type { LifecycleListener } from '../lifecycle/events.ts'
import type { ModelVersion } from '../lifecycle/model-version.ts'
import type { Metrics } from './metrics.ts'

/** Counters by protocol and outcome. */
type Outcomes = Map<string, Map<Outcome, Float64Array>>

/** The rows of one version. */
interface VersionRows {
  readonly outcomes: Outcomes
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
  const nowhere: Outcomes = new Map()

  function rowsFor(version: ModelVersion): VersionRows {
    const before = known.get(version)
    if (before !== undefined) return before
    const labels = { model: version.model, version: String(version.version) }
    const rows = {
      outcomes: new Map(),
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

  function count(
    outcomes: Outcomes,
    version: ModelVersion | undefined,
    protocol: string,
    outcome: Outcome
  ): void {
    let ofProtocol = outcomes.get(protocol)
    if (ofProtocol === undefined) {
      ofProtocol = new Map()
      outcomes.set(protocol, ofProtocol)
    }
    let row = ofProtocol.get(outcome)
    if (row === undefined) {
      const of = version === undefined ? '' : String(version.version)
      row = requests.row({ model: version?.model ?? '', version: of, protocol, outcome })
      ofProtocol.set(outcome, row)
    }
    row[0]! += 1
  }

  return {
    finished({ version, protocol, outcome, durationMs, ran }: RequestReport) {
      if (version === undefined) {
        count(nowhere, undefined, protocol, outcome)
        return
      }
      const rows = rowsFor(version)
      count(rows.outcomes, version, protocol, outcome)
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

/** Counts each gate once, when the load that it belongs to ends. */
export function gateCounts(metrics: Metrics): LifecycleListener {
  const gates = metrics.counter('kedge_gate_total')
  return event => {
    if (event.type !== 'state' || event.verdict === undefined) return
    const { model, from, to, verdict } = event
    const isLoaded = to === 'ready' || (to === 'failed' && from !== 'ready')
    if (isLoaded) gates.row({ model, verdict: verdict.passed ? 'passed' : 'failed' })[0]! += 1
  }
}
