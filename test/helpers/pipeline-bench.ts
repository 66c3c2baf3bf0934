// A pipeline before one version whose instance the test plays.
import type { RunResult } from '../../src/backend/backend.ts'
import { ServingError } from '../../src/errors/serving-error.ts'
import type { DecodedRequest, RequestReport } from '../../src/inference/observer.ts'
import { Permits } from '../../src/inference/permits.ts'
import { type InferenceCall, makePipeline } from '../../src/inference/pipeline.ts'
import { Holds } from '../../src/lifecycle/handle.ts'
import type { Demanded, Target } from '../../src/routing/resolve.ts'
import type { Signature } from '../../src/schema/signature.ts'
import { FakeClock } from './fake-clock.ts'
import { column, fakeVersion, manifestOf } from './fakes.ts'

export const request = { inputs: [column('x', 1, 2, 3)], parameters: {} }
export const ran: RunResult = { outputs: [column('y', 4, 5, 6)], runMs: 7 }

const MiB = 2 ** 20

/** What else there is besides the version that answers by default. */
interface PipelineFacts {
  /** A model on its way; the version answers once it says so. */
  readonly demand?: (target: Target) => Demanded | undefined
  readonly isServed?: () => boolean
  /** The label of version 8, whose signature this is. */
  readonly labelled?: { readonly label: string; readonly signature: Signature }
}

/** One permit, room for two requests in the queue. */
export function pipelineBench(
  manifest = manifestOf({ queue: { rowsMax: 6 } }),
  { demand = () => undefined, isServed = () => true, labelled }: PipelineFacts = {}
) {
  const clock = new FakeClock()
  const { version, instance } = fakeVersion('churn', 7, { manifest, clock })
  const holds = new Holds(version, clock)
  const facts = labelled === undefined ? {} : { signature: labelled.signature }
  const other = fakeVersion('churn', 8, { manifest, clock, ...facts })
  const otherHolds = new Holds(other.version, clock)
  const permits = new Permits({ requestsInFlightMax: 1, bodyBytesInFlightMax: MiB })
  const reports: RequestReport[] = []
  const read: DecodedRequest[] = []
  const targets: Target[] = []
  const { admit, infer } = makePipeline({
    resolve: target => {
      targets.push(target)
      if (target.model !== 'churn') throw new ServingError('MODEL_NOT_FOUND', 'unknown')
      if (!isServed()) throw new ServingError('MODEL_NOT_READY', 'not ready')
      if (target.label === undefined) return holds.acquire()
      if (target.label !== labelled?.label) throw new ServingError('LABEL_NOT_FOUND', 'no such label')
      return otherHolds.acquire()
    },
    demand,
    permits,
    // What is still held when the report comes would be counted as in progress.
    observer: {
      decoded: event => void read.push(event),
      finished: report => reports.push(Object.assign(report, { left: holds.count + otherHolds.count }))
    },
    clock
  })
  const call = (over: Partial<InferenceCall> = {}) =>
    infer({
      target: { model: 'churn', version: undefined },
      protocol: 'v2',
      read: () => request,
      timeoutMs: undefined,
      cancellation: { cancelled: false },
      ...over
    })
  return { admit, call, version, instance, holds, permits, clock, read, reports, targets, other, otherHolds }
}
