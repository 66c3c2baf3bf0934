// Every metric's name, type, help and labels: the table that docs/metrics.md is checked against.

export interface MetricFacts {
  readonly type: 'counter' | 'histogram' | 'gauge'
  readonly help: string
  readonly labels: readonly string[]
}

const perVersion = ['model', 'version'] as const

export const metricTable = {
  kedge_http_requests_total: {
    type: 'counter',
    help: 'HTTP requests answered.',
    labels: ['route', 'method', 'status']
  },
  kedge_http_request_duration_seconds: {
    type: 'histogram',
    help: 'Time from the head of an HTTP request to the end of its answer.',
    labels: ['route', 'method', 'status']
  },
  kedge_auth_refusals_total: {
    type: 'counter',
    help: 'Requests refused for who sent them, by what was wrong.',
    labels: ['reason']
  },
  kedge_requests_total: {
    type: 'counter',
    help: 'Predictions asked for, by outcome. Model and version are empty where the request named none that was ready.',
    labels: [...perVersion, 'protocol', 'outcome']
  },
  kedge_request_duration_seconds: {
    type: 'histogram',
    help: 'Time from the whole body of a successful prediction to its outputs: decoding and queueing included.',
    labels: perVersion
  },
  kedge_queue_duration_seconds: {
    type: 'histogram',
    help: 'Time that predictions waited for an instance.',
    labels: perVersion
  },
  kedge_run_duration_seconds: {
    type: 'histogram',
    help: 'Time inside the model runtime.',
    labels: perVersion
  },
  kedge_rows_total: { type: 'counter', help: 'Rows predicted.', labels: perVersion },
  kedge_batches_total: { type: 'counter', help: 'Runs of the model.', labels: perVersion },
  kedge_batch_rows: { type: 'histogram', help: 'Rows in one run of the model.', labels: perVersion },
  kedge_queue_rows: { type: 'gauge', help: 'Rows that wait for an instance.', labels: perVersion },
  kedge_inflight_requests: { type: 'gauge', help: 'Predictions in progress.', labels: perVersion },
  kedge_instances: { type: 'gauge', help: 'Model instances.', labels: [...perVersion, 'placement'] },
  kedge_model_state: {
    type: 'gauge',
    help: '1 for the state that the version is in.',
    labels: [...perVersion, 'state']
  },
  kedge_load_duration_seconds: {
    type: 'histogram',
    help: 'Time from the start of a load to readiness.',
    labels: ['model']
  },
  kedge_gate_total: {
    type: 'counter',
    help: 'Gates that versions came to, by what they found: passed or failed.',
    labels: ['model', 'verdict']
  },
  kedge_repository_last_scan_timestamp_seconds: {
    type: 'gauge',
    help: 'When the repositories were last looked at, in seconds since the epoch.',
    labels: []
  },
  kedge_repository_problems: {
    type: 'gauge',
    help: 'Problems that the last look at the repositories found: models and versions that cannot serve, folders that were ignored.',
    labels: []
  },
  kedge_prediction_log_records_total: {
    type: 'counter',
    help: 'Records of the prediction log, by what became of them: written or dropped.',
    labels: ['outcome']
  },
  kedge_drift_webhook_total: {
    type: 'counter',
    help: 'Drift events for the webhook, by what became of them: delivered, failed or dropped.',
    labels: ['outcome']
  },
  kedge_build_info: {
    type: 'gauge',
    help: 'Always 1; the labels tell what runs.',
    labels: ['version', 'runtime', 'node']
  }
} as const satisfies Record<string, MetricFacts>

export type MetricName = keyof typeof metricTable

/** Seconds, from 100 µs: a small model on the same machine answers within a millisecond. */
export const durationBounds = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30
] as const

export const rowBounds = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024] as const
