// A batcher whose runs, turns and time are in the hands of the test.
import { type Deferred, deferred } from '../../src/base/deferred.ts'
import { Batcher, type BatcherOptions, type Runner, type RunOutcome } from '../../src/batching/batcher.ts'
import type { Job, JobResult } from '../../src/batching/job.ts'
import { Turns } from '../../src/batching/turns.ts'
import { ServingError } from '../../src/errors/serving-error.ts'
import type { NamedTensor } from '../../src/tensor/tensor.ts'
import { FakeClock } from './fake-clock.ts'
import { turn } from './turn.ts'

/** One value a row, named `x`. */
export function rowsOfX(...values: readonly number[]): NamedTensor {
  return { name: 'x', datatype: 'FP32', shape: [values.length, 1], data: Float32Array.from(values) }
}

/** A job of these values, without a deadline, merging with others like it. */
export function jobOf(values: readonly number[], over: Partial<Job> = {}): Job {
  return {
    inputs: [rowsOfX(...values)],
    outputs: ['y'],
    rows: values.length,
    bytes: values.length * 4,
    mergeKey: '',
    priority: 5,
    deadlineMs: Number.POSITIVE_INFINITY,
    cancellation: { cancelled: false },
    ...over
  }
}

/** What the fake model makes of inputs: `y` is ten times `x`, row by row. */
function tenfold(inputs: readonly NamedTensor[]): NamedTensor[] {
  const { shape, data } = inputs[0]!
  return [{ name: 'y', datatype: 'FP32', shape, data: (data as Float32Array).map(value => value * 10) }]
}

interface Run extends Deferred<RunOutcome> {
  readonly values: readonly number[]
  readonly outputs: readonly string[]
  /** Ends it well. */
  answer(runMs?: number): Promise<void>
  /** Ends it with an error; RUN_FAILED unless told otherwise. */
  fail(error?: Error): Promise<void>
}

export const runFailed = (): ServingError => new ServingError('RUN_FAILED', 'no')
export const instanceLost = (): ServingError => new ServingError('INSTANCE_LOST', 'gone')

/** Keeps each batch until the test answers. */
export class HeldRunner implements Runner {
  readonly runs: Run[] = []

  run(inputs: readonly NamedTensor[], outputs: readonly string[]): Promise<RunOutcome> {
    const settle = deferred<RunOutcome>()
    this.runs.push({
      ...settle,
      values: Array.from(inputs[0]!.data as Float32Array),
      outputs,
      answer(runMs = 1) {
        settle.resolve({ outputs: tenfold(inputs), runMs })
        return turn()
      },
      fail(error = runFailed()) {
        settle.reject(error)
        return turn()
      }
    })
    return settle.promise
  }

  get last(): Run {
    return this.runs.at(-1)!
  }

  /** The values of each batch so far. */
  get batches(): (readonly number[])[] {
    return this.runs.map(({ values }) => values)
  }
}

/** Answers at once, as an inline session does. */
export class InlineRunner implements Runner {
  readonly batches: number[][] = []
  /** Thrown by the next runs whose batch has this value. */
  readonly poison = new Map<number, Error>()

  run(inputs: readonly NamedTensor[]): RunOutcome {
    const values = Array.from(inputs[0]!.data as Float32Array)
    this.batches.push(values)
    for (const value of values) {
      const error = this.poison.get(value)
      if (error !== undefined) throw error
    }
    return { outputs: tenfold(inputs), runMs: 1 }
  }
}

/** How a job ended, once it has. */
export type Ending = { readonly result: JobResult } | { readonly code: string; readonly error: Error }

export class BatchBench {
  readonly clock = new FakeClock()
  readonly batcher: Batcher
  readonly #turnEnds: (() => void)[] = []

  constructor(over: Partial<BatcherOptions> = {}) {
    const turns = new Turns({
      turnMaxMs: 4,
      nowMs: () => this.clock.monotonicMs(),
      atTurnEnd: action => void this.#turnEnds.push(action)
    })
    this.batcher = new Batcher({
      limits: { rowsMax: 100, bytesMax: 10_000 },
      rowsMax: 8,
      delayMaxMs: 0,
      turns,
      clock: this.clock,
      ...over
    })
  }

  /** Whether anything waits for the end of the turn. */
  get turnAsked(): boolean {
    return this.#turnEnds.length > 0
  }

  /** Ends the turn of the event loop; what asks meanwhile waits for the next one. */
  endTurn(): Promise<void> {
    for (const action of this.#turnEnds.splice(0)) action()
    return turn()
  }

  /** Adds runners and pushes jobs, then ends the turn. */
  async begin(runners: readonly Runner[], ...jobs: readonly Job[]): Promise<Pushed[]> {
    for (const runner of runners) this.batcher.add(runner)
    const pushed = jobs.map(job => this.push(job))
    await this.endTurn()
    return pushed
  }

  push(job: Job): Pushed {
    return new Pushed(this.batcher.push(job))
  }
}

/** A job on its way. */
export class Pushed {
  readonly endings: Ending[] = []

  constructor(promise: Promise<JobResult>) {
    promise.then(
      result => this.endings.push({ result }),
      (error: unknown) => {
        const code = error instanceof ServingError ? error.code : 'no code'
        this.endings.push({ code, error: error instanceof Error ? error : new Error(String(error)) })
      }
    )
  }

  /** `waits`, the code of its error, or its values. */
  get state(): string | number[] {
    const [ending] = this.endings
    if (ending === undefined) return 'waits'
    return 'code' in ending ? ending.code : Array.from(ending.result.outputs[0]!.data as Float32Array)
  }

  get result(): JobResult {
    const [ending] = this.endings
    if (ending === undefined || 'code' in ending) throw new Error('it has no result')
    return ending.result
  }

  get error(): Error {
    const [ending] = this.endings
    if (ending === undefined || 'result' in ending) throw new Error('it has not failed')
    return ending.error
  }
}
