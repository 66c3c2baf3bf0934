// Instances and versions that need no runtime: what they answer, and when they end, is in the hands of the test.
import type { Instance, Placement, RunResult } from '../../src/backend/backend.ts'
import { type Deferred, deferred } from '../../src/base/deferred.ts'
import { Batcher } from '../../src/batching/batcher.ts'
import { Turns } from '../../src/batching/turns.ts'
import type { LifecycleEvent } from '../../src/lifecycle/events.ts'
import type { GateVerdict } from '../../src/lifecycle/gate-verdict.ts'
import { type ModelVersion, modelVersion } from '../../src/lifecycle/model-version.ts'
import type { Prints } from '../../src/repository/fingerprint.ts'
import { type Manifest, modelManifest } from '../../src/repository/manifest.ts'
import type { ScannedVersion } from '../../src/repository/scan.ts'
import type { Feature } from '../../src/schema/features.ts'
import type { Signature } from '../../src/schema/signature.ts'
import type { NamedTensor } from '../../src/tensor/tensor.ts'
import { FakeClock } from './fake-clock.ts'

/** The manifest of a model.yaml with this content. */
export function manifestOf(tree: Readonly<Record<string, unknown>> = {}): Manifest {
  const { manifest, problems } = modelManifest({ file: 'model.yaml', tree, problems: [] })
  if (manifest === undefined) throw new Error(problems.join('; '))
  return manifest
}

/** Of a version whose files nobody looked at. */
export const unseen: Prints = { model: '', checks: '', reference: '', manifest: '', changedMs: 0 }

/** A version folder as a scan would report it. */
export function scannedVersion(version: number, over: Partial<ScannedVersion> = {}): ScannedVersion {
  const folder = `m/${version}`
  const file = `${folder}/model.onnx`
  const base = { version, root: '/nowhere', folder, file, problems: [], prints: unseen }
  return { ...base, manifest: manifestOf(), ...over }
}

/** A gate's verdict that says no more than whether it passed. */
export function gateVerdict(passed = true): GateVerdict {
  const summary = passed ? '1 case passed' : '1 of 1 cases failed'
  return { passed, summary, files: [], runMs: undefined, warnings: [], durationMs: 1 }
}

/** What the manager tells of version 1 of `m` on its way. */
export function lifecycleEvent(over: Partial<LifecycleEvent> = {}): LifecycleEvent {
  return {
    type: 'state',
    model: 'm',
    version: 1,
    from: 'warming',
    to: 'ready',
    reason: undefined,
    loadMs: undefined,
    cause: 'start',
    digests: undefined,
    verdict: undefined,
    ...over
  }
}

/** What a gate of one file found; it passed unless the test says otherwise. */
export function verdict(over: Partial<GateVerdict> = {}): GateVerdict {
  return {
    passed: true,
    summary: '3 rows passed',
    files: [],
    runMs: undefined,
    warnings: [],
    durationMs: 1,
    ...over
  }
}

/** A tensor of `values`, one row each. */
export function column(name: string, ...values: readonly number[]): NamedTensor {
  return { name, datatype: 'FP32', shape: [values.length, 1], data: Float32Array.from(values) }
}

/** `x` in, `y` out. */
export const signature: Signature = {
  inputs: [{ name: 'x', datatype: 'FP32', shape: ['batch', 1] }],
  outputs: [{ name: 'y', datatype: 'FP32', shape: ['batch', 1] }]
}

interface Run extends Deferred<RunResult> {
  readonly inputs: readonly NamedTensor[]
  readonly outputs: readonly string[]
}

export class FakeInstance implements Instance {
  readonly placement: Placement
  readonly openMs: number = 1
  readonly kill: (() => void) | undefined
  /** Every run so far; the test settles them. */
  readonly runs: Run[] = []
  /** How often it was asked to close. */
  closes = 0
  kills = 0
  readonly #ended = deferred<Error | undefined>()
  readonly ended = this.#ended.promise

  /** One of the placement `process` can be killed. */
  constructor(placement: Placement = 'thread') {
    this.placement = placement
    this.kill = placement === 'process' ? () => void this.kills++ : undefined
  }

  run(inputs: readonly NamedTensor[], outputs: readonly string[]): Promise<RunResult> {
    const run = { ...deferred<RunResult>(), inputs, outputs }
    this.runs.push(run)
    return run.promise
  }

  close(): Promise<void> {
    this.closes++
    this.#ended.resolve(undefined)
    return Promise.resolve()
  }

  /** Ends it under its owner. */
  lose(reason: Error): void {
    this.#ended.resolve(reason)
  }
}

/** Turns of the event loop as they come, with as much time as anybody wants. */
export function endlessTurns(): Turns {
  return new Turns({ turnMaxMs: 1, nowMs: () => 0, atTurnEnd: action => void setImmediate(action) })
}

export interface FakeVersion {
  readonly version: ModelVersion
  readonly instance: FakeInstance
}

interface FakeFacts {
  readonly manifest?: Manifest
  readonly signature?: Signature
  /** Inputs that it has answered. */
  readonly example?: readonly NamedTensor[]
  readonly features?: readonly Feature[]
  readonly warning?: string
  readonly unbatched?: string
  readonly verdict?: GateVerdict
  readonly clock?: FakeClock
  /** Since when its instance is stuck. */
  readonly stuckSinceMs?: number
}

/** A real ModelVersion and a real batcher before one fake instance; runs begin at the end of the turn. */
export function fakeVersion(model = 'm', version = 1, facts: FakeFacts = {}): FakeVersion {
  const { manifest = manifestOf(), clock = new FakeClock() } = facts
  const instance = new FakeInstance()
  const header = {
    irVersion: 8,
    opsets: [],
    producerName: '',
    producerVersion: '',
    domain: '',
    modelVersion: 0,
    docString: '',
    metadata: new Map<string, string>(),
    inputs: [],
    outputs: [],
    externalData: []
  }
  const all = {
    model,
    version,
    signature: facts.signature ?? signature,
    features: facts.features ?? [],
    manifest,
    header,
    threads: 1,
    unbatched: facts.unbatched,
    warning: facts.warning,
    example: () => facts.example,
    digests: {},
    verdict: facts.verdict
  }
  const { rowsMax, delayMaxMs } = manifest.batching
  const batcher = new Batcher({ limits: manifest.queue, rowsMax, delayMaxMs, turns: endlessTurns(), clock })
  batcher.add(instance)
  const instances = {
    choice: { placement: instance.placement, reason: 'the test says so' },
    size: 1,
    stuckSinceMs: facts.stuckSinceMs,
    ended: instance.ended,
    close: () => instance.close()
  }
  return { version: modelVersion(all, batcher, instances), instance }
}
