// The placement `inline`: the session on the thread that serves HTTP, for models whose run takes less time than the way to another
// thread. A run blocks everything else; who chooses this placement sees to it that runs are short.
import { ServingError } from '../errors/serving-error.ts'
import type { Instance, OpenSession, RunResult, SessionOptions } from './backend.ts'
import { runFailed } from './channel-instance.ts'

/** Throws the runtime's error when the session cannot be created. */
export async function startInlineInstance(options: SessionOptions, open: OpenSession): Promise<Instance> {
  const startedMs = performance.now()
  const session = await open(options)
  const openMs = performance.now() - startedMs
  let end!: () => void
  const ended = new Promise<undefined>(resolve => {
    end = () => resolve(undefined)
  })
  let running: Promise<RunResult> | undefined
  let closed: Promise<void> | undefined

  function run(...[inputs, outputs]: Parameters<Instance['run']>): RunResult | Promise<RunResult> {
    if (closed !== undefined) throw new ServingError('INSTANCE_LOST', 'the model instance has ended')
    try {
      const result = session.run(inputs, outputs)
      if (!(result instanceof Promise)) return result
      running = result.catch((error: unknown) => Promise.reject(runFailed(error)))
      return running
    } catch (error) {
      throw runFailed(error)
    }
  }

  return {
    placement: 'inline',
    openMs,
    kill: undefined,
    ended,
    run,
    close() {
      closed ??= Promise.allSettled([running])
        .then(() => session.release())
        .finally(end)
      return closed
    }
  }
}
