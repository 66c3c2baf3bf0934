// A pipeline before one version whose instance the test plays.
import type { RunResult } from '../../src/backend/backend.ts'
import { ServingError } from '../../src/errors/serving-error.ts'
import type { RequestReport } from '../../src/inference/observer.ts'
import { Permits } from '../../src/inference/permits.ts'
import { type InferenceCall, makePipeline } from '../../src/inference/pipeline.ts'
import { Holds } from '../../src/lifecycle/handle.ts'
import type { Target } from '../../src/routing/resolve.ts'
import { FakeClock } from './fake-clock.ts'
import { column, fakeVersion, manifestOf } from './fakes.ts'

export const request = { inputs: [column('x', 1, 2, 3)], parameters: {} }
export const ran: RunResult = { outputs: [column('y', 4, 5, 6)], runMs: 7 }

const MiB = 2 ** 20

/** One permit, room for two requests in the queue. */
export function pipelineBench(manifest = manifestOf({ queue: { rowsMax: 6 } })) {
  const clock = new FakeClock()
  const { version, instance } = fakeVersion('churn', 7, { manifest, clock })
  const holds = new Holds(version, clock)
  const permits = new Permits({ requestsInFlightMax: 1, bodyBytesInFlightMax: MiB })
  const reports: RequestReport[] = []
  const targets: Target[] = []
  const { admit, infer } = makePipeline({
    resolve: target => {
      targets.push(target)
      if (target.model !== 'churn') throw new ServingError('MODEL_NOT_FOUND', 'unknown')
      return holds.acquire()
    },
    demand: () => undefined,
    permits,
    // What is still held when the report comes would be counted as in progress.
    observer: { finished: report => reports.push(Object.assign(report, { left: holds.count })) },
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
  return { admit, call, version, instance, holds, permits, clock, reports, targets }
}
