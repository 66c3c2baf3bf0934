// A prediction from end to end, free of any transport: handle → read → run → answer. Reads from top to bottom.
import { type Clock, settlesWithin } from '../base/clock.ts'
import type { Cancellation } from '../batching/job.ts'
import { ServingError } from '../errors/serving-error.ts'
import type { Handle } from '../lifecycle/handle.ts'
import type { Demanded, Target } from '../routing/resolve.ts'
import type { Contract } from '../schema/contract.ts'
import { type InferenceRequest, type InferenceResponse, rowsOf } from '../tensor/tensor.ts'
import type { InferenceObserver, Outcome, RequestReport, RequestTrace } from './observer.ts'
import type { Permit, Permits } from './permits.ts'

export interface PipelineOptions {
  readonly resolve: (target: Target) => Handle
  /** A model that loads on demand, on its way. */
  readonly demand: (target: Target) => Demanded | undefined
  readonly permits: Permits
  readonly observer: InferenceObserver
  readonly clock: Clock
}

export interface InferenceCall {
  readonly target: Target
  /** The dialect's name, for the metrics. */
  readonly protocol: string
  /**
   * Decodes the body against the contract of the version that answers; throws ServingError. A body that names a label has the
   * version of that label answer, whose contract `labelled` gives; it throws ServingError where there is none.
   */
  readonly read: (
    contract: Contract,
    labelled: (label: string) => Contract
  ) => InferenceRequest | Promise<InferenceRequest>
  /** How long the caller waits, as the transport says; the request itself may say less. */
  readonly timeoutMs: number | undefined
  /** Set by the transport when the caller has gone. */
  readonly cancellation: Cancellation
  /** Told as the observer is, of this one. */
  readonly trace?: RequestTrace | undefined
}

/** The response, and the version that gave it. */
export interface Inferred extends InferenceResponse {
  readonly from: Handle['version']
}

export interface Pipeline {
  /** Leave for one prediction, before its body is read. Throws OVERLOADED, which is counted. */
  admit(protocol: string, bytes: number): Permit
  /** Every way out gives back the handle and is reported once. Throws ServingError only. */
  infer(call: InferenceCall): Promise<Inferred>
}

export function makePipeline({ resolve, demand, permits, observer, clock }: PipelineOptions): Pipeline {
  function admit(protocol: string, bytes: number): Permit {
    try {
      return permits.take(bytes)
    } catch (caught) {
      const error = ServingError.from(caught)
      observer.finished(refusal(protocol, error))
      throw error
    }
  }

  async function infer({
    target,
    protocol,
    read,
    timeoutMs,
    cancellation,
    trace
  }: InferenceCall): Promise<Inferred> {
    const startedMs = clock.monotonicMs()
    let handle: Handle | undefined
    let request: InferenceRequest | undefined
    let ran: RequestReport['ran']
    let outcome: Outcome = 'failed'
    let failure: ServingError | undefined
    try {
      const demanded = demand(target)
      if (demanded !== undefined) await arrival(demanded, clock, timeoutMs)
      handle = resolve(target)
      const reading = read(handle.version.contract, label => {
        const other = resolve({ ...target, label })
        handle?.release()
        handle = other
        return other.version.contract
      })
      request = reading instanceof Promise ? await reading : reading
      const { version } = handle
      const readMs = clock.monotonicMs() - startedMs
      const rows = rowsOf(request.inputs[0])
      // Callers may shorten the time that the model grants, not lengthen it.
      const waitMs = Math.min(
        version.manifest.timeoutMs,
        timeoutMs ?? Number.POSITIVE_INFINITY,
        request.timeoutMs ?? Number.POSITIVE_INFINITY
      )
      // A model that loads on demand, or a large body, may have taken all of it: no instance is kept busy for that.
      if (readMs >= waitMs) throw tooLate(waitMs)
      observer.decoded?.({ version, request, rows, key: request })
      const result = await version.run(request, { deadlineMs: startedMs + waitMs, cancellation })
      ran = { rows, readMs, result }
      outcome = 'success'
      const { model, version: number } = version
      return { id: request.id, model, version: number, outputs: result.outputs, from: version }
    } catch (caught) {
      failure = blameFor(ServingError.from(caught), request)
      outcome = outcomeOf(failure)
      throw failure
    } finally {
      handle?.release()
      const durationMs = clock.monotonicMs() - startedMs
      const version = handle?.version
      const report = { version, protocol, outcome, durationMs, ran, error: failure, key: request }
      observer.finished(report)
      trace?.predicted(report)
    }
  }

  return { admit, infer }
}

/** Waits for a model on its way, as long as a request to it may take. What became of it, resolving tells. */
async function arrival(model: Demanded, clock: Clock, timeoutMs = model.timeoutMs): Promise<void> {
  const waitMs = Math.min(timeoutMs, model.timeoutMs)
  if (await settlesWithin(clock, waitMs, model.arrived)) return
  const message = `the model, which loads on demand, was not ready within ${waitMs} ms`
  throw new ServingError('DEADLINE_EXCEEDED', message, { retryAfterSeconds: 1 })
}

/** The report of a request that was not let in. */
function refusal(protocol: string, error: ServingError): RequestReport {
  const nothing = { version: undefined, ran: undefined, key: undefined }
  return { ...nothing, protocol, outcome: 'rejected', durationMs: 0, error }
}

/** Many models run on no rows and some cannot: that is nothing that an operator could mend. */
function blameFor(error: ServingError, request: InferenceRequest | undefined): ServingError {
  const isEmpty = request?.inputs.some(({ shape }) => shape.includes(0)) === true
  if (error.code !== 'RUN_FAILED' || !isEmpty) return error
  return new ServingError('INVALID_INPUT', 'the model cannot run on inputs without values', { cause: error })
}

function tooLate(waitMs: number): ServingError {
  const message = `no answer within ${waitMs} ms: they were over before the request could run`
  return new ServingError('DEADLINE_EXCEEDED', message)
}

function outcomeOf(error: ServingError): Outcome {
  if (error.code === 'CANCELLED') return 'cancelled'
  if (error.code === 'DEADLINE_EXCEEDED') return 'expired'
  switch (error.kind.fault) {
    case 'caller':
      return 'invalid'
    case 'load':
      return 'rejected'
    case 'server':
      return 'failed'
  }
}
