// A prediction from end to end, free of any transport: permit → handle → read → run → answer. Reads from top to bottom.
import type { Clock } from '../base/clock.ts'
import { ServingError } from '../errors/serving-error.ts'
import type { Handle } from '../lifecycle/handle.ts'
import type { Target } from '../routing/resolve.ts'
import type { Signature } from '../schema/signature.ts'
import { type InferenceRequest, type InferenceResponse, rowsOf } from '../tensor/tensor.ts'
import type { InferenceObserver, Outcome, RequestReport } from './observer.ts'
import type { Permits } from './permits.ts'

export interface PipelineOptions {
  readonly resolve: (target: Target) => Handle
  readonly permits: Permits
  readonly observer: InferenceObserver
  readonly clock: Clock
}

export interface InferenceCall {
  readonly target: Target
  /** The dialect's name, for the metrics. */
  readonly protocol: string
  /** Decodes the body against the signature of the version that answers; throws ServingError. */
  readonly read: (signature: Signature) => InferenceRequest
}

export type Infer = (call: InferenceCall) => Promise<InferenceResponse>

/** Every way out gives back the handle and the permit and is reported once. The result throws ServingError only. */
export function makePipeline({ resolve, permits, observer, clock }: PipelineOptions): Infer {
  return async ({ target, protocol, read }) => {
    const startedMs = clock.monotonicMs()
    let handle: Handle | undefined
    let ran: RequestReport['ran']
    let outcome: Outcome = 'failed'
    try {
      permits.take()
      try {
        handle = resolve(target)
        const { version } = handle
        const request = read(version.signature)
        const rows = rowsOf(request.inputs[0])
        const { outputs, queueMs, runMs } = await version.run(request)
        ran = { rows, queueMs, runMs }
        outcome = 'success'
        const echo = request.id === undefined ? {} : { id: request.id }
        return { ...echo, model: version.model, version: version.version, outputs }
      } finally {
        permits.giveBack()
        handle?.release()
      }
    } catch (caught) {
      const error = ServingError.from(caught)
      outcome = outcomeOf(error)
      throw error
    } finally {
      observer.finished({
        version: handle?.version,
        protocol,
        outcome,
        durationMs: clock.monotonicMs() - startedMs,
        ran
      })
    }
  }
}

function outcomeOf(error: ServingError): Outcome {
  switch (error.kind.fault) {
    case 'caller':
      return 'invalid'
    case 'load':
      return 'rejected'
    case 'server':
      return 'failed'
  }
}
