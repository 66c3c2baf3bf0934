// The prediction log: of a sample of requests, what was asked and what was answered, as lines for a sink. Whatever goes wrong here
// costs records, which are counted and warned of, and never a request.
import { type Clock, settlesWithin } from '../../base/clock.ts'
import { messageOf } from '../../errors/serving-error.ts'
import type { DecodedRequest, InferenceObserver, RequestReport } from '../../inference/observer.ts'
import type { ModelVersion } from '../../lifecycle/model-version.ts'
import type { Metrics } from '../metrics.ts'
import { type Capture, type CaptureLimits, capture } from './capture.ts'
import { keyedHash } from './hash.ts'
import { type LogPlan, planOf } from './plan.ts'
import { type PredictionSink, RecordQueue } from './queue.ts'
import { type PredictionRecord, recordLine } from './record.ts'

export interface PredictionLogOptions {
  readonly limits: CaptureLimits & { readonly queueBytesMax: number }
  /** Share of the requests that is logged, where model.yaml says no other. */
  readonly sampleRatio: number
  readonly sink: PredictionSink
  readonly hashKey: Uint8Array
  /** From 0 up to but not including 1. */
  readonly random: () => number
  readonly newId: () => string
  /** Calls `slice` once the requests of this turn of the event loop were seen to. */
  readonly defer: (slice: () => void) => void
  readonly clock: Clock
  readonly log: { warn(facts: object, message: string): void }
  readonly metrics: Metrics
}

export interface PredictionLog extends InferenceObserver {
  decoded(event: DecodedRequest): void
  /** Writes what waits, as far as the sink takes it within a few seconds. */
  close(): Promise<void>
}

/** What a sink has at the end for the records that wait. */
export const closeMaxMs = 5000
/** Warnings of dropped records come so far apart at least. */
export const warningsApartMs = 60_000
/** A caller's id is cut beyond this. */
export const idCharsMax = 256

/** The inputs of a request in progress. */
interface Begun {
  readonly plan: LogPlan
  readonly id: string | undefined
  readonly rows: number
  readonly inputs: Capture
}

export function predictionLog(options: PredictionLogOptions): PredictionLog {
  const { limits, random, newId, clock, log } = options
  const losses = lossWarnings(options)
  const records = options.metrics.counter('kedge_prediction_log_records_total')
  const written = records.row({ outcome: 'written' })
  const hash = keyedHash(options.hashKey)
  const queue = new RecordQueue<PredictionRecord>({
    render: record => recordLine(record, hash, limits.recordBytesMax),
    sink: options.sink,
    bytesMax: limits.queueBytesMax,
    defer: options.defer,
    nowMs: () => clock.monotonicMs(),
    onWritten(count) {
      written[0]! += count
    },
    onDropped: losses
  })
  const begun = new WeakMap<object, Begun>()
  const planFor = plans(log)

  function begin({ version, request, rows, key }: DecodedRequest): void {
    const { enabled, sampleRatio = options.sampleRatio } = version.manifest.predictionLog
    if (!enabled || random() >= sampleRatio) return
    const plan = planFor(version)
    const inputs = capture(request.inputs, plan.inputs, rows, limits)
    if (!queue.hold(inputs.bytes)) return
    const id = request.id === undefined ? undefined : shortId(request.id)
    begun.set(key, { plan, id, rows, inputs })
  }

  function end(report: RequestReport, version: ModelVersion, { plan, id, rows, inputs }: Begun): void {
    const outputs = capture(report.ran?.result.outputs ?? [], plan.outputs, rows, limits)
    if (!queue.hold(outputs.bytes)) {
      queue.release(inputs.bytes)
      return
    }
    const { model, version: number } = version
    const time = new Date(clock.now()).toISOString()
    const facts = { time, model, version: number, ...factsOf(report), id, predictionId: newId(), rows }
    const rowsKept = Math.min(inputs.rowsKept, outputs.rowsKept)
    const record = { facts, inputs: inputs.entries, outputs: outputs.entries, rowsKept }
    queue.push(record, inputs.bytes + outputs.bytes)
  }

  return {
    decoded(event) {
      try {
        begin(event)
      } catch (error) {
        losses(1, messageOf(error))
      }
    },
    finished(report) {
      const before = report.key === undefined ? undefined : begun.get(report.key)
      if (before === undefined || report.version === undefined) return
      begun.delete(report.key!)
      try {
        end(report, report.version, before)
      } catch (error) {
        queue.release(before.inputs.bytes)
        losses(1, messageOf(error))
      }
    },
    async close() {
      await settlesWithin(clock, closeMaxMs, queue.flush())
    }
  }
}

function factsOf({ protocol, outcome, durationMs }: RequestReport) {
  return { protocol, outcome, durationMs: Math.round(durationMs * 1000) / 1000 }
}

/** Counts what is dropped, and says so now and then. */
function lossWarnings({
  metrics,
  clock,
  log
}: PredictionLogOptions): (records: number, reason: string) => void {
  const dropped = metrics.counter('kedge_prediction_log_records_total').row({ outcome: 'dropped' })
  let unsaid = 0
  let quietUntilMs = Number.NEGATIVE_INFINITY
  return (records, reason) => {
    dropped[0]! += records
    unsaid += records
    const nowMs = clock.monotonicMs()
    if (nowMs < quietUntilMs) return
    log.warn({ recordsDropped: unsaid, reason }, 'records of the prediction log are dropped')
    quietUntilMs = nowMs + warningsApartMs
    unsaid = 0
  }
}

/** Each version's plan, made anew when its model.yaml changes. */
function plans(log: PredictionLogOptions['log']): (version: ModelVersion) => LogPlan {
  const known = new WeakMap<ModelVersion, { readonly manifest: object; readonly plan: LogPlan }>()
  return version => {
    const { manifest } = version
    const before = known.get(version)
    if (before?.manifest === manifest) return before.plan
    const plan = planOf(version)
    known.set(version, { manifest, plan })
    if (plan.unknownNames.length > 0) {
      const { model, version: number } = version
      const facts = { model, version: number, unknownNames: plan.unknownNames.slice(0, 16) }
      log.warn(
        facts,
        'predictionLog.features has names that the version has not: all without a rule is redacted'
      )
    }
    return plan
  }
}

function shortId(id: string): string {
  return id.length <= idCharsMax ? id : Buffer.from(`${id.slice(0, idCharsMax)}…`).toString()
}
