// Tries a version in a process of its own before it comes near the server: a model that crashes or hangs the native runtime while its
// session is created, runs or is released takes that process along and nothing else. Whatever happens, the process has a time limit.
import type { Instance } from '../backend/backend.ts'
import type { Trial } from '../backend/process-pool.ts'
import { type Clock, settlesWithin } from '../base/clock.ts'
import { messageOf, ServingError } from '../errors/serving-error.ts'
import { LoadFailure } from './validate.ts'

export interface ProbeOptions {
  /** Starts to open the version's session; `fresh` wants a process in which nothing was tried before. */
  readonly start: (fresh: boolean) => Trial
  /** Warms the instance up. What it rejects with fails the probe; losing the instance does in any case. */
  readonly tryOut: (instance: Instance) => Promise<unknown>
  readonly limitMs: number
  readonly clock: Clock
  /** Calls the probe off: nobody wants the version any more. */
  readonly signal?: AbortSignal | undefined
}

export interface ProbeResult {
  /** What the process grew by until the model was warm. */
  readonly memoryBytes: number
}

/** Throws LoadFailure with what the model did, or with the runtime's own words. */
export async function probe(options: ProbeOptions): Promise<ProbeResult> {
  const startedMs = options.clock.monotonicMs()
  const first = new Attempt(options, options.start(false))
  try {
    return await first.within(options.limitMs)
  } catch (error) {
    if (!(error instanceof ModelCrash) || !first.reused) throw error
  }
  // It may have been an earlier model that left the process in disorder: in one of its own this model speaks for itself.
  const leftMs = options.limitMs - (options.clock.monotonicMs() - startedMs)
  return new Attempt(options, options.start(true)).within(leftMs)
}

class ModelCrash extends LoadFailure {}

class Attempt {
  readonly #options: ProbeOptions
  readonly #trial: Trial
  #doing = 'its session is created'

  constructor(options: ProbeOptions, trial: Trial) {
    this.#options = options
    this.#trial = trial
  }

  get reused(): boolean {
    return this.#trial.reused
  }

  async within(leftMs: number): Promise<ProbeResult> {
    const { clock, limitMs, signal } = this.#options
    const work = this.#work()
    const calledOff = whenAborted(signal)
    // A process that cannot even be killed, since it waits for a disk, is not waited for either.
    const settled = await settlesWithin(clock, leftMs, Promise.race([work, calledOff.promise]))
    calledOff.stop()
    if (settled && signal?.aborted !== true) return work
    this.#trial.kill()
    if (settled) throw new LoadFailure('the probe was called off: the version is not wanted any more')
    throw new LoadFailure(
      `the probe was killed after ${Math.round(limitMs)} ms (lifecycle.loadMaxMs): the model hangs while ${this.#doing}`
    )
  }

  async #work(): Promise<ProbeResult> {
    const instance = await this.#opened()
    this.#doing = 'it runs the warm-up'
    let memoryBytes = 0
    let failure: { readonly error: unknown } | undefined
    try {
      await this.#options.tryOut(instance)
      memoryBytes = (await instance.memoryBytes?.()) ?? 0
      this.#doing = 'its session is released'
    } catch (error) {
      failure = { error }
    }
    await instance.close()
    // However the loss of the instance looked to those who used it.
    const reason = await instance.ended
    if (reason !== undefined) throw this.#crash(reason)
    if (failure !== undefined) throw asLoadFailure(failure.error)
    return { memoryBytes }
  }

  async #opened(): Promise<Instance> {
    try {
      return await this.#trial.instance
    } catch (error) {
      if (error instanceof ServingError && error.code === 'INSTANCE_LOST') throw this.#crash(error.cause)
      throw new LoadFailure(`the runtime cannot load the model: ${messageOf(error)}`, { cause: error })
    }
  }

  #crash(reason: unknown): LoadFailure {
    const how = messageOf(reason)
    // Errors of the operating system: there was no process in which the model could do anything.
    if (reason instanceof Error && 'syscall' in reason)
      return new LoadFailure(`the probe has no process: ${how}`, { cause: reason })
    const hint = how.includes('SIGKILL') ? ', perhaps for want of memory' : ''
    return new ModelCrash(`the model crashed the probe while ${this.#doing}: ${how}${hint}`, {
      cause: reason
    })
  }
}

function asLoadFailure(error: unknown): LoadFailure {
  return error instanceof LoadFailure ? error : new LoadFailure(messageOf(error), { cause: error })
}

/** A promise that resolves when the signal is given. */
function whenAborted(signal: AbortSignal | undefined): { promise: Promise<void>; stop: () => void } {
  let stop = (): void => {}
  const promise = new Promise<void>(resolve => {
    if (signal?.aborted === true) resolve()
    const listener = (): void => resolve()
    signal?.addEventListener('abort', listener)
    stop = () => signal?.removeEventListener('abort', listener)
  })
  return { promise, stop }
}
