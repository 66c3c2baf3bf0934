// Which spans a prediction has, and when each began and ended: a pure reading of the pipeline's report.
import type { RequestReport } from '../../inference/observer.ts'

export interface SpanPlan {
  readonly name: 'read' | 'queue' | 'batch' | 'run'
  /** On the monotonic clock. */
  readonly startMs: number
  readonly endMs: number
  readonly attributes: Readonly<Record<string, number>>
  readonly children: readonly SpanPlan[]
}

/**
 * `read` is followed by `queue`, and that by `batch`, in which the rows of all requests that share it are put together, run, and taken
 * apart; the time inside the runtime is `run`. A request that never ran has none of them.
 */
export function predictionSpans({ durationMs, ran }: RequestReport, finishedMs: number): readonly SpanPlan[] {
  if (ran === undefined) return []
  const { readMs, rows, result } = ran
  const startMs = finishedMs - durationMs
  // Clocks of other threads took the times in between: no span may end before it began, or after its parent.
  const within = (ms: number): number => Math.min(finishedMs, Math.max(startMs, ms))
  const queuedMs = within(startMs + readMs)
  const batchMs = within(queuedMs + result.queueMs)
  const batchRows = { 'kedge.batch.rows': result.batchRows }
  const run: SpanPlan = {
    name: 'run',
    startMs: batchMs,
    endMs: within(batchMs + result.runMs),
    attributes: batchRows,
    children: []
  }
  return [
    { name: 'read', startMs, endMs: queuedMs, attributes: { 'kedge.rows': rows }, children: [] },
    { name: 'queue', startMs: queuedMs, endMs: batchMs, attributes: {}, children: [] },
    { name: 'batch', startMs: batchMs, endMs: finishedMs, attributes: batchRows, children: [run] }
  ]
}

/** Of the request's own span, once it is known what became of it. */
export function predictionAttributes({ version, protocol, outcome, error, ran }: RequestReport) {
  return {
    'kedge.protocol': protocol,
    'kedge.outcome': outcome,
    ...(version !== undefined && {
      'kedge.model.name': version.model,
      'kedge.model.version': version.version
    }),
    ...(ran !== undefined && { 'kedge.rows': ran.rows }),
    ...(error !== undefined && { 'kedge.error.code': error.code })
  }
}
