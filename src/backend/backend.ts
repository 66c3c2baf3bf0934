// What runs tensors through a model: an instance is one session with one placement. Nothing here knows how it does so.
import type { NamedTensor } from '../tensor/tensor.ts'

export type GraphOptimization = 'disabled' | 'basic' | 'extended' | 'all'

/** Where a session runs: on the HTTP thread, on a thread of its own, or in a process of its own. */
export type Placement = 'inline' | 'thread' | 'process'

export interface SessionOptions {
  /** The model's file; data files that it points to lie beside it. */
  readonly path: string
  readonly graphOptimization: GraphOptimization
  /** Threads that one run may use. */
  readonly threads: number
}

export interface RunResult {
  /** In the order that was asked for. */
  readonly outputs: readonly NamedTensor[]
  /** Time inside the runtime. */
  readonly runMs: number
}

/** A session as the thread that owns it sees it. Both calls block that thread. */
export interface ModelSession {
  /** Runs once. Throws the runtime's own error. */
  run(inputs: readonly NamedTensor[], outputs: readonly string[]): RunResult | Promise<RunResult>
  release(): Promise<void>
}

export type OpenSession = (options: SessionOptions) => Promise<ModelSession>

/** A session as the rest of the server sees it. */
export interface Instance {
  readonly placement: Placement
  /** How long it took to create the session. */
  readonly openMs: number
  /**
   * Runs once; callers wait for the answer before they run again. The memory of `inputs` may move away with the call.
   * Throws ServingError: RUN_FAILED where the model refused, INSTANCE_LOST where the instance went away meanwhile.
   */
  run(inputs: readonly NamedTensor[], outputs: readonly string[]): RunResult | Promise<RunResult>
  /** Waits for a run in progress, releases the session and ends the instance. */
  close(): Promise<void>
  /** Ends it at once, run or no run; undefined where that would take the server along. */
  readonly kill: (() => void) | undefined
  /** Settles when the instance ended: with its reason where nobody asked it to, or where releasing its session ended it. */
  readonly ended: Promise<Error | undefined>
  /** What its process has grown by since before it opened the session; absent where it has no process of its own. */
  readonly memoryBytes?: (() => Promise<number>) | undefined
}

/** Starts an instance; throws when the session cannot be created, with the runtime's message. */
export type StartInstance = (placement: Placement, options: SessionOptions) => Promise<Instance>
