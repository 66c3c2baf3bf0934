// A thread for work that would hold up the HTTP thread and has nothing to do with the runtime. Started when it is first needed.
import { Worker } from 'node:worker_threads'
import { type Deferred, deferred } from '../base/deferred.ts'

/** What a task gives back, and the buffers that may move with it instead of being copied. */
export interface TaskDone {
  readonly output: unknown
  readonly transfer: readonly ArrayBuffer[]
}

/** A module whose functions can be run on a task thread: plain data in, plain data out. */
export interface TaskModule {
  readonly tasks: Readonly<Record<string, (input: never) => TaskDone>>
}

export interface TaskMessage {
  readonly id: number
  readonly task: string
  readonly input: never
}

export type TaskReply =
  | { readonly id: number; readonly output: unknown }
  | { readonly id: number; readonly error: unknown }

export class TaskThread {
  readonly #module: URL
  readonly #waiting = new Map<number, Deferred<unknown>>()
  #worker: Worker | undefined
  #id = 0

  /** `module` is the compiled file of a TaskModule. */
  constructor(module: URL) {
    this.#module = module
  }

  /** Rejects with what the task threw, as it survives the way between threads, or with the reason why the thread ended. */
  run(task: string, input: unknown, transfer: readonly ArrayBuffer[]): Promise<unknown> {
    this.#worker ??= this.#start()
    // Only what is under way keeps the process alive.
    this.#worker.ref()
    const id = this.#id++
    this.#worker.postMessage({ id, task, input }, [...transfer])
    const done = deferred<unknown>()
    this.#waiting.set(id, done)
    return done.promise
  }

  /** Ends the thread, whatever it does: it never is inside the runtime. */
  async close(): Promise<void> {
    const worker = this.#worker
    this.#worker = undefined
    await worker?.terminate()
  }

  #start(): Worker {
    const worker = new Worker(new URL('./task-worker.js', import.meta.url), {
      name: 'kedge-tasks',
      workerData: { module: this.#module.href }
    })
    let fault: Error | undefined
    worker.on('error', (error: Error) => {
      fault = error
    })
    worker.on('message', (reply: TaskReply) => {
      const done = this.#waiting.get(reply.id)
      this.#waiting.delete(reply.id)
      if (this.#waiting.size === 0) worker.unref()
      if ('error' in reply) done?.reject(reply.error as Error)
      else done?.resolve(reply.output)
    })
    worker.on('exit', code => {
      if (this.#worker === worker) this.#worker = undefined
      for (const done of this.#waiting.values())
        done.reject(fault ?? new Error(`the task thread ended with code ${code}`))
      this.#waiting.clear()
    })
    return worker
  }
}
